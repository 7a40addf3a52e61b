//===- Blocks.cpp - Blocks of a tensor as loops of linalg -----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Blocks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// linalg
//===----------------------------------------------------------------------===//

Value ptq::createGeneric(ImplicitLocOpBuilder &builder, ValueRange inputs,
                         Value init, ArrayRef<AffineMap> maps,
                         ArrayRef<utils::IteratorType> iterators,
                         ScalarBody body) {
  auto op = linalg::GenericOp::create(
      builder, init.getType(), inputs, init, maps, iterators,
      [&](OpBuilder &nested, Location loc, ValueRange arguments) {
        ImplicitLocOpBuilder scalars(loc, nested);
        linalg::YieldOp::create(scalars, body(scalars, arguments));
      });
  return op.getResult(0);
}

Value ptq::createFilled(ImplicitLocOpBuilder &builder,
                        ArrayRef<OpFoldResult> sizes, TypedAttr value) {
  Value empty = tensor::EmptyOp::create(builder, sizes, value.getType());
  Value scalar = arith::ConstantOp::create(builder, value);
  return linalg::FillOp::create(builder, scalar, empty).getResult(0);
}

//===----------------------------------------------------------------------===//
// Split and merge
//===----------------------------------------------------------------------===//

/// `ceildiv(size, length)`.
static OpFoldResult countBlocks(ImplicitLocOpBuilder &builder,
                                OpFoldResult size, int64_t length) {
  if (std::optional<int64_t> constant = getConstantIntValue(size))
    return builder.getIndexAttr(llvm::divideCeil(*constant, length));
  Value one = arith::ConstantIndexOp::create(builder, length - 1);
  Value last = arith::AddIOp::create(builder, cast<Value>(size), one);
  Value divisor = arith::ConstantIndexOp::create(builder, length);
  return arith::DivUIOp::create(builder, last, divisor).getResult();
}

/// What is missing to `count * length`.
static OpFoldResult getPadding(ImplicitLocOpBuilder &builder, OpFoldResult size,
                               OpFoldResult count, int64_t length) {
  std::optional<int64_t> constant = getConstantIntValue(size);
  if (constant)
    return builder.getIndexAttr(*getConstantIntValue(count) * length -
                                *constant);
  Value factor = arith::ConstantIndexOp::create(builder, length);
  Value padded = arith::MulIOp::create(builder, cast<Value>(count), factor);
  return arith::SubIOp::create(builder, padded, cast<Value>(size)).getResult();
}

/// For each dimension its positions in the split tensor.
static SmallVector<ReassociationIndices>
getReassociation(ArrayRef<int64_t> cut) {
  SmallVector<ReassociationIndices> reassociation;
  int64_t next = 0;
  for (int64_t length : cut) {
    ReassociationIndices &indices = reassociation.emplace_back();
    indices.push_back(next++);
    if (length > 1)
      indices.push_back(next++);
  }
  return reassociation;
}

static bool isCut(ArrayRef<int64_t> cut) {
  return llvm::any_of(cut, [](int64_t length) { return length > 1; });
}

Value ptq::splitBlocks(ImplicitLocOpBuilder &builder, Value tensor,
                       ArrayRef<int64_t> cut, TypedAttr padding) {
  if (!isCut(cut))
    return tensor;
  SmallVector<OpFoldResult> splitSizes, high;
  for (auto [size, length] : llvm::zip_equal(
           tensor::getMixedSizes(builder, builder.getLoc(), tensor), cut)) {
    if (length <= 1) {
      splitSizes.push_back(size);
      high.push_back(builder.getIndexAttr(0));
      continue;
    }
    OpFoldResult count = countBlocks(builder, size, length);
    splitSizes.push_back(count);
    splitSizes.push_back(builder.getIndexAttr(length));
    high.push_back(getPadding(builder, size, count, length));
  }
  if (!llvm::all_of(high, isZeroInteger)) {
    SmallVector<OpFoldResult> low(high.size(), builder.getIndexAttr(0));
    Value value = arith::ConstantOp::create(builder, padding);
    tensor = tensor::PadOp::create(builder, Type(), tensor, low, high, value);
  }
  SmallVector<int64_t> splitShape;
  SmallVector<Value> dynamicSizes;
  dispatchIndexOpFoldResults(splitSizes, dynamicSizes, splitShape);
  auto splitType = RankedTensorType::get(splitShape, padding.getType());
  return tensor::ExpandShapeOp::create(builder, splitType, tensor,
                                       getReassociation(cut), splitSizes);
}

Value ptq::mergeBlocks(ImplicitLocOpBuilder &builder, Value split,
                       ArrayRef<int64_t> cut, ArrayRef<OpFoldResult> sizes) {
  if (!isCut(cut))
    return split;
  auto merged =
      tensor::CollapseShapeOp::create(builder, split, getReassociation(cut));
  auto isPadded = [](auto dimension) {
    auto [size, length] = dimension;
    std::optional<int64_t> constant = getConstantIntValue(size);
    return length > 1 && (!constant || *constant % length != 0);
  };
  if (llvm::none_of(llvm::zip_equal(sizes, cut), isPadded))
    return merged;
  SmallVector<OpFoldResult> offsets(sizes.size(), builder.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), builder.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(builder, merged, offsets, sizes,
                                        strides);
}

//===----------------------------------------------------------------------===//
// Numbers of blocks
//===----------------------------------------------------------------------===//

BlockParameter ptq::repeatBlocks(ImplicitLocOpBuilder &builder,
                                 BlockParameter parameter, int64_t dim,
                                 OpFoldResult size) {
  auto type = cast<RankedTensorType>(parameter.value.getType());
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, builder.getLoc(), parameter.value);
  sizes[dim] = size;
  Value empty = tensor::EmptyOp::create(builder, sizes, type.getElementType());
  AffineMap map = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  Value repeated = createGeneric(
      builder, {}, empty, map, iterators,
      [&](ImplicitLocOpBuilder &nested, ValueRange) {
        SmallVector<Value> indices;
        for (int64_t i = 0; i < type.getRank(); ++i)
          indices.push_back(linalg::IndexOp::create(nested, i));
        Value length =
            arith::ConstantIndexOp::create(nested, parameter.block[dim]);
        indices[dim] = arith::DivUIOp::create(nested, indices[dim], length);
        return tensor::ExtractOp::create(nested, parameter.value, indices);
      });
  parameter.value = repeated;
  parameter.block[dim] = 1;
  return parameter;
}

/// Where a tensor cut by `cut` finds the number of an element: nothing to index
/// where `block` is the whole dimension, the index of the block where it is the
/// block of the cut, all indices where there is one number for each.
static AffineMap getParameterMap(MLIRContext *context, ArrayRef<int64_t> cut,
                                 ArrayRef<int64_t> block) {
  SmallVector<AffineExpr> results;
  unsigned numLoops = 0;
  for (auto [cutLength, length] : llvm::zip_equal(cut, block)) {
    unsigned outer = numLoops++;
    if (cutLength > 1)
      ++numLoops;
    if (length == 0) {
      results.push_back(getAffineConstantExpr(0, context));
      continue;
    }
    results.push_back(getAffineDimExpr(outer, context));
    if (length == 1 && cutLength > 1)
      results.push_back(getAffineDimExpr(outer + 1, context));
  }
  return AffineMap::get(numLoops, 0, results, context);
}

/// The cut that serves most parameters: the first block of several indices in
/// each dimension. Parameters with others are repeated to one per index.
static SmallVector<int64_t>
chooseCut(ImplicitLocOpBuilder &builder, ArrayRef<OpFoldResult> sizes,
          MutableArrayRef<BlockParameter> parameters) {
  SmallVector<int64_t> cut(sizes.size(), 0);
  for (BlockParameter &parameter : parameters)
    for (auto [dim, length] : llvm::enumerate(parameter.block)) {
      if (length <= 1 || length == cut[dim])
        continue;
      if (cut[dim] == 0)
        cut[dim] = length;
      else
        parameter = repeatBlocks(builder, parameter, dim, sizes[dim]);
    }
  return cut;
}

Value ptq::mapBlocks(ImplicitLocOpBuilder &builder, Value input,
                     ArrayRef<BlockParameter> parameters,
                     Type resultElementType, ScalarBody body) {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, builder.getLoc(), input);
  SmallVector<BlockParameter> fitting(parameters);
  SmallVector<int64_t> cut = chooseCut(builder, sizes, fitting);

  // What stands where the last block ends is cut off again.
  Value split = splitBlocks(builder, input, cut,
                            builder.getZeroAttr(getElementTypeOrSelf(input)));
  SmallVector<Value> inputs = {split};
  int64_t numLoops = cast<RankedTensorType>(split.getType()).getRank();
  AffineMap identity = builder.getMultiDimIdentityMap(numLoops);
  SmallVector<AffineMap> maps = {identity};
  for (const BlockParameter &parameter : fitting) {
    SmallVector<int64_t> ownCut(cut);
    for (auto [ownLength, length] : llvm::zip_equal(ownCut, parameter.block))
      if (length != 1)
        ownLength = 0;
    inputs.push_back(splitBlocks(
        builder, parameter.value, ownCut,
        builder.getZeroAttr(getElementTypeOrSelf(parameter.value))));
    maps.push_back(getParameterMap(builder.getContext(), cut, parameter.block));
  }
  maps.push_back(identity);
  Value empty = tensor::EmptyOp::create(
      builder, tensor::getMixedSizes(builder, builder.getLoc(), split),
      resultElementType);
  SmallVector<utils::IteratorType> iterators(numLoops,
                                             utils::IteratorType::parallel);
  Value result = createGeneric(builder, inputs, empty, maps, iterators, body);
  return mergeBlocks(builder, result, cut, sizes);
}

//===----------------------------------------------------------------------===//
// Reduction
//===----------------------------------------------------------------------===//

Value ptq::reduceBlocks(ImplicitLocOpBuilder &builder, Value input,
                        ArrayRef<int64_t> block, Type type, ScalarBody body) {
  Value split = splitBlocks(builder, input, block,
                            builder.getZeroAttr(getElementTypeOrSelf(input)));
  SmallVector<OpFoldResult> splitSizes =
      tensor::getMixedSizes(builder, builder.getLoc(), split);
  SmallVector<utils::IteratorType> iterators;
  SmallVector<AffineExpr> kept;
  SmallVector<OpFoldResult> keptSizes;
  for (int64_t length : block) {
    unsigned loop = iterators.size();
    if (length != 0) {
      kept.push_back(builder.getAffineDimExpr(loop));
      keptSizes.push_back(splitSizes[loop]);
      iterators.push_back(utils::IteratorType::parallel);
    }
    if (length != 1)
      iterators.push_back(utils::IteratorType::reduction);
  }
  AffineMap keptMap =
      AffineMap::get(iterators.size(), 0, kept, builder.getContext());
  Value init = createFilled(builder, keptSizes, builder.getZeroAttr(type));
  return createGeneric(
      builder, split, init,
      {builder.getMultiDimIdentityMap(iterators.size()), keptMap}, iterators,
      body);
}

Value ptq::restoreWholeDimensions(ImplicitLocOpBuilder &builder, Value reduced,
                                  ArrayRef<int64_t> block) {
  if (!llvm::is_contained(block, 0))
    return reduced;
  // A whole dimension joins the kept one before it, the first ones that after.
  SmallVector<OpFoldResult> keptSizes =
      tensor::getMixedSizes(builder, builder.getLoc(), reduced);
  SmallVector<ReassociationIndices> reassociation(keptSizes.size());
  SmallVector<OpFoldResult> sizes;
  int64_t next = 0;
  for (auto [dim, length] : llvm::enumerate(block)) {
    sizes.push_back(length == 0 ? OpFoldResult(builder.getIndexAttr(1))
                                : keptSizes[next++]);
    if (!reassociation.empty())
      reassociation[std::max<int64_t>(next, 1) - 1].push_back(dim);
  }
  SmallVector<int64_t> shape;
  SmallVector<Value> dynamicSizes;
  dispatchIndexOpFoldResults(sizes, dynamicSizes, shape);
  auto type = RankedTensorType::get(shape, getElementTypeOrSelf(reduced));
  return tensor::ExpandShapeOp::create(builder, type, reduced, reassociation,
                                       sizes);
}
