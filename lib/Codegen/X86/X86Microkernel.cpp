//===- X86Microkernel.cpp - What kernels for x86 share --------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "X86Microkernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ptq;

LayoutAttr X86Microkernel::getLayout(MLIRContext *context,
                                     ProductFormats formats) const {
  int64_t depth = formats.isInteger() ? getDotDepth(formats) : 1;
  return LayoutAttr::get(context, 2 * getNumLanes(), depth,
                         formats.getWeightBits());
}

SmallVector<Value> X86Microkernel::expand(ImplicitLocOpBuilder &b,
                                          ProductFormats formats,
                                          Value bytes) const {
  if (formats.getWeightBits() != 4)
    return {bytes};
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(cast<VectorType>(bytes.getType()),
                                  b.getI8IntegerAttr(value)));
  };
  return {arith::AndIOp::create(b, bytes, constant(15)),
          arith::ShRUIOp::create(b, bytes, constant(4))};
}

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
