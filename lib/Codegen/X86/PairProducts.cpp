//===- PairProducts.cpp - Dot products of pairs, before VNNI --------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PairProducts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::ptq;

SmallVector<Value> PairProducts::expand(ImplicitLocOpBuilder &b,
                                        ProductFormats formats,
                                        Value bytes) const {
  if (formats.getWeightBits() == 4)
    return X86Microkernel::expand(b, formats, bytes);
  auto type = cast<VectorType>(bytes.getType()).clone(b.getI16Type());
  return {arith::ExtUIOp::create(b, type, bytes)};
}

Value PairProducts::dot(ImplicitLocOpBuilder &b, ProductFormats formats,
                        Value accumulator, Value weights,
                        Value activations) const {
  Value products;
  if (formats.getWeightBits() == 4) {
    auto type = VectorType::get(2 * getNumLanes(), b.getI16Type());
    products =
        callIntrinsic(b, multiplyBytes, type,
                      {weights, bitcastTo(b, activations, b.getI8Type())});
  } else {
    products =
        callIntrinsic(b, multiplyWords, activations.getType(),
                      {weights, bitcastTo(b, activations, b.getI16Type())});
  }
  return arith::AddIOp::create(b, accumulator, products);
}

Value PairProducts::endSpan(ImplicitLocOpBuilder &b, ProductFormats,
                            Value accumulator, Value span) const {
  Value ones = arith::ConstantOp::create(
      b, DenseElementsAttr::get(cast<VectorType>(span.getType()),
                                b.getI16IntegerAttr(1)));
  Value sums =
      callIntrinsic(b, multiplyWords, accumulator.getType(), {span, ones});
  return arith::AddIOp::create(b, accumulator, sums);
}

Value PairProducts::endMultipliedSpan(ImplicitLocOpBuilder &b, ProductFormats,
                                      Value accumulator, Value span,
                                      Value multipliers) const {
  Value sums = callIntrinsic(b, multiplyWords, accumulator.getType(),
                             {span, multipliers});
  return arith::AddIOp::create(b, accumulator, sums);
}
