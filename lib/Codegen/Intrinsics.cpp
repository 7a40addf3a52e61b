//===- Intrinsics.cpp - What microkernels are built of --------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Intrinsics.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ptq;

Value ptq::callIntrinsic(ImplicitLocOpBuilder &b, StringRef name, Type type,
                         ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr(name), operands)
      .getResult(0);
}

Value ptq::bitcastTo(ImplicitLocOpBuilder &b, Value value, Type element) {
  auto type = cast<VectorType>(value.getType());
  int64_t bits = type.getNumElements() * type.getElementTypeBitWidth();
  return vector::BitCastOp::create(
      b, VectorType::get(bits / element.getIntOrFloatBitWidth(), element),
      value);
}

SmallVector<Value> ptq::separateHalves(ImplicitLocOpBuilder &b, Value bytes) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(cast<VectorType>(bytes.getType()),
                                  b.getI8IntegerAttr(value)));
  };
  return {arith::AndIOp::create(b, bytes, constant(15)),
          arith::ShRUIOp::create(b, bytes, constant(4))};
}
