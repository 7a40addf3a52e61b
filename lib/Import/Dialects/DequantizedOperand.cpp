//===- DequantizedOperand.cpp - A dequantized tensor seen by views --------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DequantizedOperand.h"

#include "ConstantTensors.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

/// Dimension `i` of the result is dimension `order[i]` of the operand, if `op`
/// is such a transpose.
static std::optional<SmallVector<int64_t>> getOrder(Operation *op) {
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op))
    return llvm::to_vector(transpose.getPermutation());
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumDpsInputs() != 1 ||
      generic.getNumDpsInits() != 1 || generic.getNumReductionLoops() != 0 ||
      generic.getBlock()->getTerminator()->getOperand(0) !=
          generic.getBlock()->getArgument(0))
    return std::nullopt;
  AffineMap from = generic.getIndexingMapsArray()[0];
  AffineMap to = generic.getIndexingMapsArray()[1];
  if (!from.isPermutation() || !to.isPermutation())
    return std::nullopt;
  SmallVector<int64_t> order;
  for (AffineExpr expr : to.getResults())
    order.push_back(*from.getResultPosition(expr));
  return order;
}

FailureOr<DequantizedOperand> ptq::traceDequantized(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return failure();
  if (auto dequantize = dyn_cast<DequantizeOp>(op)) {
    DequantizedOperand operand;
    operand.op = dequantize;
    for (int64_t dim = 0; dim < dequantize.getType().getRank(); ++dim)
      operand.dims.push_back({dim});
    return operand;
  }
  std::optional<SmallVector<int64_t>> order = getOrder(op);
  auto collapse = dyn_cast<tensor::CollapseShapeOp>(op);
  auto cast = dyn_cast<tensor::CastOp>(op);
  if (!order && !collapse && !cast)
    return failure();
  FailureOr<DequantizedOperand> operand = traceDequantized(op->getOperand(0));
  if (failed(operand) || cast)
    return operand;
  SmallVector<SmallVector<int64_t>> dims;
  if (order)
    for (int64_t dim : *order)
      dims.push_back(operand->dims[dim]);
  else
    for (const ReassociationIndices &group :
         collapse.getReassociationIndices()) {
      dims.emplace_back();
      for (int64_t dim : group)
        llvm::append_range(dims.back(), operand->dims[dim]);
    }
  operand->dims = std::move(dims);
  return operand;
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

/// The block of dimensions of `sizes` and `blocks` that become one: each index
/// of the outer ones, a block of the next, all of the inner ones.
static std::optional<int64_t> joinBlock(ArrayRef<int64_t> sizes,
                                        ArrayRef<int64_t> blocks) {
  int64_t joined = 0, inner = 1;
  for (int64_t i = int64_t(sizes.size()) - 1; i >= 0; --i) {
    if (sizes[i] == 1)
      continue;
    if (joined != 0 && blocks[i] != 1)
      return std::nullopt;
    if (joined == 0 && blocks[i] != 0) {
      // Blocks of whole indices of what is inside, not ragged below others.
      if (ShapedType::isDynamic(inner) ||
          (i > 0 && blocks[i] > 1 &&
           (ShapedType::isDynamic(sizes[i]) || sizes[i] % blocks[i] != 0)))
        return std::nullopt;
      joined = blocks[i] * inner;
    }
    if (!ShapedType::isDynamic(inner))
      inner = ShapedType::isDynamic(sizes[i]) ? ShapedType::kDynamic
                                              : inner * sizes[i];
  }
  return joined;
}

FailureOr<ArrangedCodes>
ptq::planArrangement(DequantizeOp op, ArrayRef<SmallVector<int64_t>> dims,
                     std::string &reason) {
  RankedTensorType type = op.getInput().getType();
  auto source = cast<QuantType>(type.getElementType());
  ArrangedCodes arranged;
  SmallVector<int64_t> block;
  for (ArrayRef<int64_t> group : dims) {
    SmallVector<int64_t> sizes, blocks;
    arranged.groups.emplace_back();
    for (int64_t dim : group) {
      arranged.groups.back().push_back(arranged.permutation.size());
      arranged.permutation.push_back(dim);
      sizes.push_back(type.getDimSize(dim));
      blocks.push_back(source.getBlock()[dim]);
    }
    std::optional<int64_t> joined = joinBlock(sizes, blocks);
    if (!joined) {
      reason = "expects blocks that stay blocks where dimensions are joined";
      return failure();
    }
    block.push_back(*joined);
  }
  if (source.hasMultiplier()) {
    reason = "expects one level of scales";
    return failure();
  }
  auto storageCast = op.getInput().getDefiningOp<StorageCastOp>();
  bool moves = !isIdentityPermutation(arranged.permutation) ||
               arranged.groups.size() != arranged.permutation.size();
  if (storageCast && storageCast.getPacked() && moves) {
    reason = "expects packed codes in the order in which they are used";
    return failure();
  }
  arranged.format = QuantType::get(
      source.getStorageWidth(), source.getIsSigned(), source.getStorageMin(),
      source.getStorageMax(), source.getExpressedType(), block,
      source.getScaleType(), source.getZeroPoint());
  return arranged;
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

static Value arrange(OpBuilder &builder, Location loc, Value value,
                     const ArrangedCodes &arranged) {
  if (!value)
    return {};
  value = transposeTensor(builder, loc, value, arranged.permutation);
  return collapseTensor(builder, loc, value, arranged.groups);
}

LoadedCodes ptq::arrangeCodes(OpBuilder &builder, DequantizeOp op,
                              const ArrangedCodes &arranged) {
  Location loc = op.getLoc();
  LoadedCodes loaded;
  loaded.scale = arrange(builder, loc, op.getScale(), arranged);
  loaded.zeroPoint = arrange(builder, loc, op.getZeroPoint(), arranged);
  RankedTensorType type = op.getInput().getType();
  if (type.getElementType() == arranged.format &&
      isIdentityPermutation(arranged.permutation) &&
      arranged.groups.size() == arranged.permutation.size()) {
    loaded.codes = op.getInput();
    return loaded;
  }
  auto storageCast = op.getInput().getDefiningOp<StorageCastOp>();
  Value bytes;
  if (storageCast && !storageCast.getPacked())
    bytes = storageCast.getInput();
  else
    bytes = StorageCastOp::create(
        builder, loc, type.clone(arranged.format.getByteStorageType()),
        op.getInput(), /*packed=*/false);
  bytes = arrange(builder, loc, bytes, arranged);
  loaded.codes = StorageCastOp::create(
      builder, loc,
      cast<RankedTensorType>(bytes.getType()).clone(arranged.format), bytes,
      /*packed=*/false);
  return loaded;
}
