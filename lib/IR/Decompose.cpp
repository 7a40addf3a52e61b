//===- Decompose.cpp - Quantized ops as integer linalg
//-----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/PTQ.h"

using namespace mlir;
using namespace mlir::ptq;

FailureOr<SmallVector<Value>> QuantizeOp::decomposeOperation(OpBuilder &) {
  return failure();
}
FailureOr<SmallVector<Value>> DequantizeOp::decomposeOperation(OpBuilder &) {
  return failure();
}
FailureOr<SmallVector<Value>>
DynamicQuantizeOp::decomposeOperation(OpBuilder &) {
  return failure();
}
FailureOr<SmallVector<Value>> FakeQuantizeOp::decomposeOperation(OpBuilder &) {
  return failure();
}
FailureOr<SmallVector<Value>> RequantizeOp::decomposeOperation(OpBuilder &) {
  return failure();
}
FailureOr<SmallVector<Value>> MatmulOp::decomposeOperation(OpBuilder &) {
  return failure();
}
FailureOr<SmallVector<Value>> BatchMatmulOp::decomposeOperation(OpBuilder &) {
  return failure();
}
FailureOr<SmallVector<Value>> EmbeddingOp::decomposeOperation(OpBuilder &) {
  return failure();
}
