//===- NEON.cpp - Kernels for Arm without dot products --------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ArmMicrokernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// `smlal`: eight products of signed bytes, two neighbours along K of four
/// columns, added in i16; `sadalp` adds the neighbours to sums in i32.
class NEON : public ArmMicrokernel {
public:
  ArrayRef<StringRef> getFeatures() const override {
    static constexpr StringRef features[] = {"neon"};
    return features;
  }

  /// Of 32 registers, sums in i16 take as many as sums in i32.
  int64_t getNumRows(ProductFormats formats) const override {
    if (!formats.isInteger())
      return 8;
    return formats.getWeightBits() == 4 ? 5 : 6;
  }
  bool keepsTotalsInMemory(ProductFormats formats,
                           int64_t numRows) const override {
    return numRows > (formats.isInteger() ? 2 : 4);
  }

  /// Each lane of i16 gets one product of a dot product: with codes of 4 bits,
  /// 16 * 15 * 128 = 30720, with codes of 8, 2 * 128 * 127 = 32512, or one if
  /// activations may be -128.
  int64_t getSpan(ProductFormats formats) const override {
    if (formats.getWeightBits() == 4)
      return 16;
    return formats.getLhsFormat().getStorageMin() == -128 ? 1 : 2;
  }
  int64_t getDotsPerLoad(ProductFormats formats) const override {
    return formats.getWeightBits() == 4 ? 8 : getSpan(formats);
  }

  Value dot(ImplicitLocOpBuilder &b, ProductFormats, Value accumulator,
            Value weights, Value activations) const override {
    Type type = accumulator.getType();
    Value products = arith::MulIOp::create(
        b, arith::ExtSIOp::create(b, type, weights),
        arith::ExtSIOp::create(b, type,
                               bitcastTo(b, activations, b.getI8Type())));
    return arith::AddIOp::create(b, accumulator, products);
  }
  Value endSpan(ImplicitLocOpBuilder &b, ProductFormats, Value accumulator,
                Value span) const override {
    Value sums = callIntrinsic(b, "llvm.aarch64.neon.saddlp",
                               accumulator.getType(), span);
    return arith::AddIOp::create(b, accumulator, sums);
  }

protected:
  int64_t getDotDepth() const override { return 2; }
};

} // namespace

const Microkernel &ptq::getNEONMicrokernel() {
  static const NEON microkernel;
  return microkernel;
}
