//===- SVE.cpp - Kernels for Arm with vectors of any length ---------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ArmMicrokernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// `sdot` by lane on registers of 128 to 2048 bits. Every 128 bits are four
/// columns, so that one order of the bytes serves every length: a panel of 16
/// columns is four registers, two, or one.
class SVE : public ArmMicrokernel {
public:
  ArrayRef<StringRef> getFeatures() const override {
    static constexpr StringRef features[] = {"sve"};
    return features;
  }
  std::string getRefusal(ProductFormats formats) const override {
    std::string refusal = ArmMicrokernel::getRefusal(formats);
    if (refusal.empty() && !formats.isInteger())
      return "activations are floats, which the kernels of neon take";
    return refusal;
  }
  LayoutAttr getLayout(MLIRContext *context,
                       ProductFormats formats) const override {
    int64_t bits = formats.getWeightBits();
    return LayoutAttr::get(context, 16, getDotDepth(), bits,
                           /*centered=*/bits == 8);
  }

  int64_t getNumRows(ProductFormats) const override { return 8; }
  bool keepsTotalsInMemory(ProductFormats, int64_t) const override {
    return true;
  }
  int64_t getDotsPerLoad(ProductFormats) const override { return 4; }
  bool isScalable() const override { return true; }

  Value dot(ImplicitLocOpBuilder &, ProductFormats, Value, Value,
            Value) const override {
    llvm_unreachable("a scalable kernel multiplies by lanes");
  }
  Value dotByLane(ImplicitLocOpBuilder &b, Value accumulator, Value weights,
                  Value activations, int64_t lane) const override {
    Type type = weights.getType();
    Value repeated = vector::ScalableInsertOp::create(
        b, activations, LLVM::PoisonOp::create(b, type), 0);
    Value first = arith::ConstantOp::create(b, b.getI64IntegerAttr(0));
    repeated =
        callIntrinsic(b, "llvm.aarch64.sve.dupq.lane", type, {repeated, first});
    Value number = arith::ConstantOp::create(b, b.getI32IntegerAttr(lane));
    return callIntrinsic(b, "llvm.aarch64.sve.sdot.lane", accumulator.getType(),
                         {accumulator, weights, repeated, number});
  }

protected:
  int64_t getDotDepth() const override { return 4; }
};

} // namespace

const Microkernel &ptq::getSVEMicrokernel() {
  static const SVE microkernel;
  return microkernel;
}
