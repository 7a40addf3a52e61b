//===- TilingStructure.h - What may be cut of an op -------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IR_TILINGSTRUCTURE_H
#define PTQ_LIB_IR_TILINGSTRUCTURE_H

#include "ptq/IR/PTQ.h"

namespace mlir::ptq {

/// How a dimension of an operand or a result follows the loops: `block`
/// successive indices of `loop` share one index of it. No loop: a tile takes
/// the whole dimension.
struct TiledDimension {
  std::optional<unsigned> loop;
  int64_t block = 1;
};

using TiledDimensions = SmallVector<TiledDimension>;

/// What tiling needs to know of an op.
struct TilingStructure {
  /// The loops are dimensions `loopDimensions` of `domain`.
  Value domain;
  SmallVector<int64_t> loopDimensions;
  /// In the order of the op.
  SmallVector<TiledDimensions> operands;
  SmallVector<TiledDimensions> results;

  /// An operand, unless it is absent.
  void addOperand(Value value, TiledDimensions dimensions) {
    if (value)
      operands.push_back(std::move(dimensions));
  }
};

TilingStructure getStructure(QuantizeOp op);
TilingStructure getStructure(DequantizeOp op);
TilingStructure getStructure(FakeQuantizeOp op);
TilingStructure getStructure(RequantizeOp op);
TilingStructure getStructure(AddOp op);
TilingStructure getStructure(DynamicQuantizeOp op);
TilingStructure getStructure(MatmulOp op);
TilingStructure getStructure(BatchMatmulOp op);
TilingStructure getStructure(Conv2DOp op);
TilingStructure getStructure(DepthwiseConv2DOp op);
TilingStructure getStructure(EmbeddingOp op);

} // namespace mlir::ptq

#endif // PTQ_LIB_IR_TILINGSTRUCTURE_H
