//===- Tiling.cpp - Tiles of the quantized ops ----------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tile computes the same bits as the whole op. Loops are therefore only what
// may be cut: never the contracted K, and never a dimension along which
// dynamic_quantize looks for its scales. Where blocks span several indices of
// a loop, tiles start at the beginning of one.
//
//===----------------------------------------------------------------------===//

#include "TilingStructure.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

#include <numeric>

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// A part of a tensor, with unit strides.
struct Slice {
  SmallVector<OpFoldResult> offsets, sizes;
};

} // namespace

//===----------------------------------------------------------------------===//
// Alignment
//===----------------------------------------------------------------------===//

static int64_t getKnownDivisor(OpFoldResult value);

/// A number that divides `expr`; 0 if `expr` is 0.
static int64_t getKnownDivisor(AffineExpr expr, AffineMap map,
                               ValueRange operands) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return std::abs(constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return getKnownDivisor(OpFoldResult(operands[dim.getPosition()]));
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return getKnownDivisor(
        OpFoldResult(operands[map.getNumDims() + symbol.getPosition()]));
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t lhs = getKnownDivisor(binary.getLHS(), map, operands);
  int64_t rhs = getKnownDivisor(binary.getRHS(), map, operands);
  if (binary.getKind() == AffineExprKind::Add)
    return std::gcd(lhs, rhs);
  if (binary.getKind() == AffineExprKind::Mul)
    return lhs * rhs;
  return 1;
}

/// A number that divides an offset of a tile: a constant, the variable of a
/// loop, or sums and products of such; 0 if it is 0.
static int64_t getKnownDivisor(OpFoldResult value) {
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return std::abs(*constant);
  auto ssa = cast<Value>(value);
  if (auto apply = ssa.getDefiningOp<affine::AffineApplyOp>())
    return getKnownDivisor(apply.getAffineMap().getResult(0),
                           apply.getAffineMap(), apply.getMapOperands());
  if (auto product = ssa.getDefiningOp<arith::MulIOp>())
    return getKnownDivisor(product.getLhs()) *
           getKnownDivisor(product.getRhs());
  auto argument = dyn_cast<BlockArgument>(ssa);
  auto loop =
      argument
          ? dyn_cast<LoopLikeOpInterface>(argument.getOwner()->getParentOp())
          : LoopLikeOpInterface();
  if (!loop)
    return 1;
  auto variables = loop.getLoopInductionVars();
  auto lowerBounds = loop.getLoopLowerBounds();
  auto steps = loop.getLoopSteps();
  if (!variables || !lowerBounds || !steps)
    return 1;
  for (auto [variable, lowerBound, step] :
       llvm::zip_equal(*variables, *lowerBounds, *steps))
    if (variable == ssa)
      return std::gcd(getKnownDivisor(lowerBound), getKnownDivisor(step));
  return 1;
}

/// Refuses tiles that may start within a block.
static LogicalResult verifyAlignment(Operation *op,
                                     const TilingStructure &structure,
                                     ArrayRef<OpFoldResult> offsets) {
  for (const TiledDimensions &operand : structure.operands)
    for (const TiledDimension &dimension : operand)
      if (dimension.loop && dimension.block > 1 &&
          getKnownDivisor(offsets[*dimension.loop]) % dimension.block != 0)
        return op->emitOpError("expects tiles of dimension ")
               << structure.loopDimensions[*dimension.loop]
               << " to start at multiples of " << dimension.block;
  return success();
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

static OpFoldResult applyAffine(OpBuilder &builder, Location loc,
                                AffineExpr expr, OpFoldResult operand) {
  return affine::makeComposedFoldedAffineApply(builder, loc, expr, {operand});
}

/// The part of `tensor` that a tile of the loops needs or makes. `tensor` has
/// the sizes of what is taken whole.
static Slice getSlice(OpBuilder &builder, Location loc, Value tensor,
                      ArrayRef<TiledDimension> dimensions,
                      ArrayRef<OpFoldResult> offsets,
                      ArrayRef<OpFoldResult> sizes) {
  Slice slice;
  AffineExpr index = builder.getAffineDimExpr(0);
  for (auto [position, dimension] : llvm::enumerate(dimensions)) {
    auto [loop, block] = dimension;
    if (!loop) {
      slice.offsets.push_back(builder.getIndexAttr(0));
      slice.sizes.push_back(
          tensor::getMixedSize(builder, loc, tensor, position));
    } else if (block == 1) {
      slice.offsets.push_back(offsets[*loop]);
      slice.sizes.push_back(sizes[*loop]);
    } else {
      slice.offsets.push_back(
          applyAffine(builder, loc, index.floorDiv(block), offsets[*loop]));
      slice.sizes.push_back(
          applyAffine(builder, loc, index.ceilDiv(block), sizes[*loop]));
    }
  }
  return slice;
}

static SmallVector<OpFoldResult> getUnitStrides(OpBuilder &builder,
                                                const Slice &slice) {
  return SmallVector<OpFoldResult>(slice.sizes.size(), builder.getIndexAttr(1));
}

static Slice getResultSlice(OpBuilder &builder, OpResult result,
                            const TilingStructure &structure,
                            ArrayRef<OpFoldResult> offsets,
                            ArrayRef<OpFoldResult> sizes) {
  return getSlice(builder, result.getLoc(), result,
                  structure.results[result.getResultNumber()], offsets, sizes);
}

//===----------------------------------------------------------------------===//
// TilingInterface
//===----------------------------------------------------------------------===//

static SmallVector<Range> getDomain(OpBuilder &builder,
                                    const TilingStructure &structure) {
  SmallVector<Range> ranges;
  Location loc = structure.domain.getLoc();
  for (int64_t dim : structure.loopDimensions)
    ranges.push_back({builder.getIndexAttr(0),
                      tensor::getMixedSize(builder, loc, structure.domain, dim),
                      builder.getIndexAttr(1)});
  return ranges;
}

static FailureOr<TilingResult> tileOp(OpBuilder &builder, Operation *op,
                                      const TilingStructure &structure,
                                      ArrayRef<OpFoldResult> offsets,
                                      ArrayRef<OpFoldResult> sizes) {
  if (failed(verifyAlignment(op, structure, offsets)))
    return failure();
  SmallVector<Value> operands;
  SmallVector<Operation *> slices;
  for (auto [operand, dimensions] :
       llvm::zip_equal(op->getOperands(), structure.operands)) {
    Slice slice =
        getSlice(builder, op->getLoc(), operand, dimensions, offsets, sizes);
    auto extract = tensor::ExtractSliceOp::create(
        builder, op->getLoc(), operand, slice.offsets, slice.sizes,
        getUnitStrides(builder, slice));
    operands.push_back(extract);
    slices.push_back(extract);
  }
  SmallVector<Type> resultTypes;
  for (OpResult result : op->getResults()) {
    Slice slice = getResultSlice(builder, result, structure, offsets, sizes);
    resultTypes.push_back(tensor::ExtractSliceOp::inferResultType(
        cast<RankedTensorType>(result.getType()), slice.sizes));
  }
  Operation *tiled = clone(builder, op, resultTypes, operands);
  return TilingResult{{tiled}, SmallVector<Value>(tiled->getResults()), slices};
}

/// A consumer's tile of a result as a tile of the loops, if the consumer takes
/// the whole of what is no loop.
static FailureOr<TilingResult> generateTile(OpBuilder &builder, OpResult result,
                                            const TilingStructure &structure,
                                            ArrayRef<OpFoldResult> offsets,
                                            ArrayRef<OpFoldResult> sizes) {
  auto type = cast<RankedTensorType>(result.getType());
  unsigned number = result.getResultNumber();
  unsigned numLoops = structure.loopDimensions.size();
  SmallVector<OpFoldResult> loopOffsets(numLoops), loopSizes(numLoops);
  for (auto [position, dimension] :
       llvm::enumerate(structure.results[number])) {
    if (dimension.loop) {
      loopOffsets[*dimension.loop] = offsets[position];
      loopSizes[*dimension.loop] = sizes[position];
      continue;
    }
    // A dimension of the tile that has the static size of all of it is all.
    if (type.isDynamicDim(position) ||
        !isConstantIntValue(sizes[position], type.getDimSize(position)))
      return failure();
  }
  FailureOr<TilingResult> tiled =
      tileOp(builder, result.getOwner(), structure, loopOffsets, loopSizes);
  if (failed(tiled))
    return failure();
  tiled->tiledValues = {tiled->tiledValues[number]};
  return tiled;
}

#define PTQ_DEFINE_TILING(OpTy)                                                \
  SmallVector<utils::IteratorType> OpTy::getLoopIteratorTypes() {              \
    return SmallVector<utils::IteratorType>(                                   \
        getStructure(*this).loopDimensions.size(),                             \
        utils::IteratorType::parallel);                                        \
  }                                                                            \
  SmallVector<Range> OpTy::getIterationDomain(OpBuilder &builder) {            \
    return getDomain(builder, getStructure(*this));                            \
  }                                                                            \
  FailureOr<TilingResult> OpTy::getTiledImplementation(                        \
      OpBuilder &builder, ArrayRef<OpFoldResult> offsets,                      \
      ArrayRef<OpFoldResult> sizes) {                                          \
    return tileOp(builder, *this, getStructure(*this), offsets, sizes);        \
  }                                                                            \
  LogicalResult OpTy::getResultTilePosition(                                   \
      OpBuilder &builder, unsigned number, ArrayRef<OpFoldResult> offsets,     \
      ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,  \
      SmallVector<OpFoldResult> &resultSizes) {                                \
    Slice slice = getResultSlice(builder, (*this)->getResult(number),          \
                                 getStructure(*this), offsets, sizes);         \
    resultOffsets = slice.offsets;                                             \
    resultSizes = slice.sizes;                                                 \
    return success();                                                          \
  }                                                                            \
  FailureOr<TilingResult> OpTy::generateResultTileValue(                       \
      OpBuilder &builder, unsigned number, ArrayRef<OpFoldResult> offsets,     \
      ArrayRef<OpFoldResult> sizes) {                                          \
    return generateTile(builder, (*this)->getResult(number),                   \
                        getStructure(*this), offsets, sizes);                  \
  }

PTQ_DEFINE_TILING(QuantizeOp)
PTQ_DEFINE_TILING(DequantizeOp)
PTQ_DEFINE_TILING(DynamicQuantizeOp)
PTQ_DEFINE_TILING(FakeQuantizeOp)
PTQ_DEFINE_TILING(RequantizeOp)
PTQ_DEFINE_TILING(AddOp)
PTQ_DEFINE_TILING(MatmulOp)
PTQ_DEFINE_TILING(BatchMatmulOp)
PTQ_DEFINE_TILING(Conv2DOp)
PTQ_DEFINE_TILING(DepthwiseConv2DOp)
PTQ_DEFINE_TILING(EmbeddingOp)

#undef PTQ_DEFINE_TILING
