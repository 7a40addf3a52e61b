//===- BlockNumbers.cpp - Scales and zero points of an idiom --------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockNumbers.h"
#include "ConstantTensors.h"

#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Analysis
//===----------------------------------------------------------------------===//

FailureOr<BlockedTensor> ptq::getBlockedTensor(Element element) {
  element = element.inTensor();
  if (!element || !element.getMap().isProjectedPermutation() ||
      element.getMap().getNumResults() == 0)
    return failure();
  return BlockedTensor{element.getTensor(), element.getMap()};
}

/// Loop and length of the blocks that an index expression walks through: 0 for
/// a constant index 0. Fails for other expressions.
static FailureOr<std::pair<unsigned, int64_t>> readIndex(AffineExpr expr) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    if (constant.getValue() != 0)
      return failure();
    return std::pair(0u, int64_t(0));
  }
  if (auto loop = dyn_cast<AffineDimExpr>(expr))
    return std::pair(loop.getPosition(), int64_t(1));
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary || binary.getKind() != AffineExprKind::FloorDiv)
    return failure();
  auto loop = dyn_cast<AffineDimExpr>(binary.getLHS());
  auto group = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (!loop || !group || group.getValue() < 1)
    return failure();
  return std::pair(loop.getPosition(), group.getValue());
}

/// The blocks of numbers in the tensor that holds `held`.
static FailureOr<BlockNumbers>
findBlocksIn(Element held, const BlockedTensor &blocked, std::string &reason) {
  RankedTensorType type = blocked.getType();
  BlockNumbers numbers;
  numbers.type = held.getType();
  numbers.block.assign(type.getRank(), 0);
  numbers.tensor = held.getTensor();
  auto numbersType = cast<RankedTensorType>(numbers.tensor.getType());
  auto refuse = [&]() -> FailureOr<BlockNumbers> {
    llvm::raw_string_ostream(reason)
        << "expects numbers indexed by the dimensions of the codes, whole or "
           "divided by a group, but got "
        << held.getMap();
    return failure();
  };
  for (auto [index, expr] : llvm::enumerate(held.getMap().getResults())) {
    auto walked = readIndex(expr);
    if (failed(walked))
      return refuse();
    auto [loop, length] = *walked;
    // A dimension of one index has one block, whichever loop walks through it.
    if (length == 0 || numbersType.getDimSize(index) == 1) {
      if (numbersType.getDimSize(index) != 1)
        return refuse();
      numbers.dims.push_back(-1);
      continue;
    }
    std::optional<unsigned> dim = blocked.map.getResultPosition(
        getAffineDimExpr(loop, expr.getContext()));
    if (!dim || numbers.block[*dim] != 0)
      return refuse();
    int64_t size = type.getDimSize(*dim);
    if (!ShapedType::isDynamic(size) && !numbersType.isDynamicDim(index) &&
        int64_t(llvm::divideCeil(size, length)) !=
            numbersType.getDimSize(index))
      return refuse();
    numbers.block[*dim] = length;
    numbers.dims.push_back(*dim);
  }
  return numbers;
}

FailureOr<BlockNumbers> ptq::findBlocks(Element element,
                                        const BlockedTensor &blocked,
                                        std::string &reason) {
  BlockNumbers one;
  one.type = element.getType();
  one.block.assign(blocked.getType().getRank(), 0);
  if (auto number = element.getConstantFloat())
    one.constant = FloatAttr::get(one.type, *number);
  else if (auto number = element.getConstantInteger())
    one.constant = IntegerAttr::get(one.type, *number);
  else
    one.scalar = element.getScalar();
  if (one.constant || one.scalar)
    return one;
  // The tensor before broadcasts has the larger blocks.
  Element source = element.getSource(), nearest = element.inTensor();
  std::string ignored;
  if (source.getTensor())
    if (auto numbers = findBlocksIn(source, blocked, ignored);
        succeeded(numbers))
      return numbers;
  if (nearest)
    return findBlocksIn(nearest, blocked, reason);
  reason = "expects numbers of blocks that are elements of a tensor";
  return failure();
}

FailureOr<SmallVector<int64_t>> ptq::joinBlocks(ArrayRef<int64_t> a,
                                                ArrayRef<int64_t> b) {
  SmallVector<int64_t> joined;
  for (auto [left, right] : llvm::zip_equal(a, b)) {
    if (left != 0 && right != 0 && left != right)
      return failure();
    joined.push_back(std::max(left, right));
  }
  return joined;
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

/// Number of blocks along each dimension.
static SmallVector<OpFoldResult> countBlocks(OpBuilder &builder, Location loc,
                                             const BlockedTensor &blocked,
                                             ArrayRef<int64_t> block) {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, blocked.tensor);
  for (auto [size, length] : llvm::zip_equal(sizes, block)) {
    if (length == 0) {
      size = builder.getIndexAttr(1);
    } else if (std::optional<int64_t> constant = getConstantIntValue(size)) {
      size = builder.getIndexAttr(llvm::divideCeil(*constant, length));
    } else if (length != 1) {
      Value divisor =
          arith::ConstantIndexOp::create(builder, loc, length).getResult();
      size =
          arith::CeilDivUIOp::create(builder, loc, cast<Value>(size), divisor)
              .getResult();
    }
  }
  return sizes;
}

/// A tensor that holds `scalar` everywhere.
static Value splat(OpBuilder &builder, Location loc, Value scalar,
                   ArrayRef<OpFoldResult> sizes) {
  Value empty = tensor::EmptyOp::create(builder, loc, sizes, scalar.getType());
  return linalg::FillOp::create(builder, loc, scalar, empty).getResult(0);
}

/// `value`, a number or a tensor of them, as `type`.
static Value convertNumbers(OpBuilder &builder, Location loc, Value value,
                            const BlockNumbers &numbers) {
  if (getElementTypeOrSelf(value) == numbers.type)
    return value;
  Type type = numbers.type;
  if (auto tensor = dyn_cast<RankedTensorType>(value.getType()))
    type = tensor.clone(type);
  if (isa<FloatType>(numbers.type))
    return arith::TruncFOp::create(builder, loc, type, value);
  if (numbers.isSigned)
    return arith::ExtSIOp::create(builder, loc, type, value);
  return arith::ExtUIOp::create(builder, loc, type, value);
}

/// One number for all, as a constant if it is one and the shape is static.
static Value arrangeOne(OpBuilder &builder, Location loc,
                        const BlockNumbers &numbers,
                        ArrayRef<OpFoldResult> sizes) {
  std::optional<SmallVector<int64_t>> shape = getConstantIntValues(sizes);
  if (numbers.constant && shape) {
    auto type = RankedTensorType::get(*shape, numbers.type);
    return arith::ConstantOp::create(
        builder, loc,
        SplatElementsAttr::get(type, Attribute(numbers.constant)));
  }
  Value value = numbers.scalar;
  if (numbers.constant)
    value = arith::ConstantOp::create(builder, loc, numbers.constant);
  return splat(builder, loc, convertNumbers(builder, loc, value, numbers),
               sizes);
}

/// Repeats `value` along the dimensions of one index where `sizes` has more.
static Value repeat(OpBuilder &builder, Location loc, Value value,
                    ArrayRef<int64_t> from, ArrayRef<int64_t> to,
                    ArrayRef<OpFoldResult> sizes) {
  if (from == to)
    return value;
  int64_t rank = to.size();
  SmallVector<AffineExpr> indices;
  for (int64_t dim = 0; dim < rank; ++dim)
    indices.push_back(from[dim] == to[dim] ? builder.getAffineDimExpr(dim)
                                           : builder.getAffineConstantExpr(0));
  Value empty =
      tensor::EmptyOp::create(builder, loc, sizes, getElementTypeOrSelf(value));
  SmallVector<AffineMap> maps = {
      AffineMap::get(rank, 0, indices, builder.getContext()),
      builder.getMultiDimIdentityMap(rank)};
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             builder, loc, empty.getType(), value, empty, maps, iterators,
             [](OpBuilder &b, Location loc, ValueRange args) {
               linalg::YieldOp::create(b, loc, args.front());
             })
      .getResult(0);
}

Value ptq::arrangeNumbers(OpBuilder &builder, Location loc,
                          const BlockNumbers &numbers,
                          const BlockedTensor &blocked,
                          ArrayRef<int64_t> block) {
  SmallVector<OpFoldResult> sizes = countBlocks(builder, loc, blocked, block);
  Value tensor = numbers.tensor;
  if (!tensor)
    return arrangeOne(builder, loc, numbers, sizes);
  if (numbers.elements)
    tensor = arith::ConstantOp::create(builder, loc, numbers.elements);
  tensor = convertNumbers(builder, loc, tensor, numbers);

  bool isInPlace = numbers.dims.size() == block.size();
  for (auto [index, dim] : llvm::enumerate(numbers.dims))
    isInPlace &= dim == int64_t(index) || dim < 0;
  if (isInPlace)
    return repeat(builder, loc, tensor, numbers.block, block, sizes);

  // Drop dimensions of one index, order the others, add those that are missing.
  SmallVector<int64_t> kept, order;
  for (auto [index, dim] : llvm::enumerate(numbers.dims))
    if (dim >= 0) {
      kept.push_back(index);
      order.push_back(dim);
    }
  tensor = dropUnitDims(builder, loc, tensor, kept);
  SmallVector<int64_t> permutation =
      llvm::to_vector(llvm::seq<int64_t>(0, order.size()));
  llvm::sort(permutation,
             [&](int64_t a, int64_t b) { return order[a] < order[b]; });
  tensor = transposeTensor(builder, loc, tensor, permutation);
  llvm::sort(order);
  tensor = addUnitDims(builder, loc, tensor, order, block.size());
  return repeat(builder, loc, tensor, numbers.block, block, sizes);
}
