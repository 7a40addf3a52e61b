//===- Shapes.cpp - Shapes of results -------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

using Sizes = SmallVector<OpFoldResult>;

/// `block[i] == 0 ? 1 : ceildiv(sizes[i], block[i])`.
static Sizes countBlocks(OpBuilder &builder, Location loc,
                         ArrayRef<OpFoldResult> sizes,
                         ArrayRef<int64_t> block) {
  Sizes counts;
  for (auto [size, length] : llvm::zip_equal(sizes, block)) {
    if (length == 0) {
      counts.push_back(builder.getIndexAttr(1));
      continue;
    }
    AffineExpr count = builder.getAffineDimExpr(0).ceilDiv(length);
    counts.push_back(
        affine::makeComposedFoldedAffineApply(builder, loc, count, {size}));
  }
  return counts;
}

/// `sizes`, but constants where the type of `result` knows better.
static Sizes refine(OpBuilder &builder, Value result, Sizes sizes) {
  for (auto [size, known] : llvm::zip_equal(
           sizes, cast<RankedTensorType>(result.getType()).getShape()))
    if (ShapedType::isStatic(known))
      size = builder.getIndexAttr(known);
  return sizes;
}

/// One result of the shape of `like`.
template <typename OpTy>
static LogicalResult reifyLike(OpTy op, Value like, OpBuilder &builder,
                               ReifiedRankedShapedTypeDims &shapes) {
  Sizes sizes = tensor::getMixedSizes(builder, op.getLoc(), like);
  shapes = {refine(builder, op.getResult(), sizes)};
  return success();
}

LogicalResult
QuantizeOp::reifyResultShapes(OpBuilder &builder,
                              ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(*this, getInput(), builder, shapes);
}

LogicalResult
DequantizeOp::reifyResultShapes(OpBuilder &builder,
                                ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(*this, getInput(), builder, shapes);
}

LogicalResult
FakeQuantizeOp::reifyResultShapes(OpBuilder &builder,
                                  ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(*this, getInput(), builder, shapes);
}

LogicalResult
RequantizeOp::reifyResultShapes(OpBuilder &builder,
                                ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(*this, getInput(), builder, shapes);
}

LogicalResult AddOp::reifyResultShapes(OpBuilder &builder,
                                       ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(*this, getLhs(), builder, shapes);
}

LogicalResult Conv2DOp::reifyResultShapes(OpBuilder &builder,
                                          ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(*this, getInit(), builder, shapes);
}

LogicalResult
DepthwiseConv2DOp::reifyResultShapes(OpBuilder &builder,
                                     ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(*this, getInit(), builder, shapes);
}

LogicalResult MatmulOp::reifyResultShapes(OpBuilder &builder,
                                          ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(*this, getInit(), builder, shapes);
}

LogicalResult
BatchMatmulOp::reifyResultShapes(OpBuilder &builder,
                                 ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(*this, getInit(), builder, shapes);
}

LogicalResult
EmbeddingOp::reifyResultShapes(OpBuilder &builder,
                               ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(*this, getInit(), builder, shapes);
}

LogicalResult
DynamicQuantizeOp::reifyResultShapes(OpBuilder &builder,
                                     ReifiedRankedShapedTypeDims &shapes) {
  auto format = cast<QuantType>(getElementTypeOrSelf(getResult()));
  Location loc = getLoc();
  Sizes sizes = tensor::getMixedSizes(builder, loc, getInput());
  Sizes blocks = countBlocks(builder, loc, sizes, format.getBlock());
  shapes = {refine(builder, getResult(), sizes),
            refine(builder, getScale(), blocks)};
  if (getSums())
    shapes.push_back(refine(builder, getSums(),
                            countBlocks(builder, loc, sizes, *getSumsBlock())));
  return success();
}

LogicalResult
StorageCastOp::reifyResultShapes(OpBuilder &builder,
                                 ReifiedRankedShapedTypeDims &shapes) {
  // Packed bytes and codes differ in the innermost dimension, which is static.
  return reifyLike(*this, getInput(), builder, shapes);
}
