//===- AccessAsIntegers.cpp - Narrow floats in memory become integers -----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Codegen/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_ACCESSASINTEGERS
#include "ptq/Codegen/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

/// `type` with i16 or i8 in place of a narrow float; null if it has none.
static Type getIntegerType(Type type) {
  Type element = getElementTypeOrSelf(type);
  if (!isa<FloatType>(element) || element.getIntOrFloatBitWidth() > 16)
    return nullptr;
  Type integer =
      IntegerType::get(type.getContext(), element.getIntOrFloatBitWidth());
  if (auto shaped = dyn_cast<ShapedType>(type))
    return shaped.clone(integer);
  return integer;
}

/// A memref of floats has the same descriptor as one of integers: the cast
/// disappears when both are converted to LLVM.
static void accessAsIntegers(Operation *op) {
  OpBuilder builder(op);
  for (OpOperand &operand : op->getOpOperands()) {
    Type integer = getIntegerType(operand.get().getType());
    if (!integer)
      continue;
    if (isa<MemRefType>(integer))
      operand.set(UnrealizedConversionCastOp::create(builder, op->getLoc(),
                                                     integer, operand.get())
                      .getResult(0));
    else
      operand.set(arith::BitcastOp::create(builder, op->getLoc(), integer,
                                           operand.get()));
  }
  builder.setInsertionPointAfter(op);
  for (Value result : op->getResults()) {
    Type type = result.getType();
    Type integer = getIntegerType(type);
    if (!integer)
      continue;
    result.setType(integer);
    auto cast = arith::BitcastOp::create(builder, op->getLoc(), type, result);
    result.replaceAllUsesExcept(cast, cast);
  }
}

namespace {

struct AccessAsIntegers : ptq::impl::AccessAsIntegersBase<AccessAsIntegers> {
  void runOnOperation() override {
    getOperation()->walk([](Operation *op) {
      if (isa<memref::LoadOp, memref::StoreOp, vector::LoadOp, vector::StoreOp,
              vector::MaskedLoadOp, vector::MaskedStoreOp>(op))
        accessAsIntegers(op);
    });
  }
};

} // namespace
