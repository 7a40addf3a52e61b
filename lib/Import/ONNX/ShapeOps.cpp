//===- ShapeOps.cpp - Other shapes of the same elements -------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxOps.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::ptq;

/// Fails if sizes that are known say that the numbers of elements differ.
static LogicalResult setReshaped(OnnxNode &n, Sizes sizes) {
  OnnxTensor &x = n.input(0);
  std::optional<int64_t> before = countElements(x.sizes);
  std::optional<int64_t> after = countElements(sizes);
  if (failed(n.checkSizes(sizes)))
    return failure();
  if (before && after && *before != *after)
    return n.fail("expects a shape for the " + Twine(*before) +
                  " elements of " + toString(x.sizes) + ", but got " +
                  toString(sizes));
  return n.set(n.b.reshape(x, std::move(sizes)));
}

/// A size of -1 is what the others leave; 0 copies, unless `allowzero`.
static LogicalResult buildReshape(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  bool allowsZero = n.getBool("allowzero", false);
  Sizes sizes;
  if (OnnxTensor *operand = n.optionalInput(1)) {
    auto elements = b.getElements(*operand);
    if (!elements || operand->getRank() != 1)
      return n.fail("expects a list of sizes, but got " +
                    toString(operand->sizes));
    sizes = *elements;
  } else if (auto ints = n.getInts("shape")) {
    sizes = getAsIndexOpFoldResult(b.getContext(), *ints);
  } else {
    return n.fail("expects a shape");
  }
  if (!allowsZero)
    for (auto [i, size] : llvm::enumerate(sizes))
      if (int64_t(i) < x.getRank() && !isConstantIntValue(size, -1))
        size = OnnxBuilder::isSize(size) && !isConstantIntValue(size, 0)
                   ? size
                   : b.select(arith::CmpIPredicate::eq, size, b.constant(0),
                              x.sizes[i], size);
  if (llvm::count_if(sizes, [](OpFoldResult size) {
        return isConstantIntValue(size, -1);
      }) > 1)
    return n.fail("expects at most one size of -1");
  // What is not known to be a size could be -1.
  OpFoldResult known = b.constant(1);
  for (OpFoldResult size : sizes)
    if (!isConstantIntValue(size, -1))
      known = b.mul(known, OnnxBuilder::isSize(size)
                               ? size
                               : b.select(arith::CmpIPredicate::eq, size,
                                          b.constant(-1), b.constant(1), size));
  for (OpFoldResult &size : sizes) {
    if (OnnxBuilder::isSize(size))
      continue;
    if (isConstantIntValue(size, -1)) {
      // A dimension that is copied does not take part.
      SmallVector<OpFoldResult> from(x.sizes), to;
      for (OpFoldResult other : sizes) {
        auto it = llvm::find(from, other);
        if (it != from.end() && !isConstantIntValue(other, 0))
          from.erase(it);
        else if (!isConstantIntValue(other, -1))
          to.push_back(other);
      }
      bool areSizes = llvm::all_of(to, OnnxBuilder::isSize);
      size = areSizes ? b.div(b.product(from), b.product(to))
                      : b.div(b.product(x.sizes), known);
    } else if (!getConstantIntValue(size)) {
      size = b.select(arith::CmpIPredicate::eq, size, b.constant(-1),
                      b.div(b.product(x.sizes), known), size);
    }
  }
  return setReshaped(n, std::move(sizes));
}

static LogicalResult buildFlatten(OnnxNode &n) {
  OnnxTensor &x = n.input(0);
  int64_t axis = n.getInt("axis", 1), rank = x.getRank();
  if (axis < -rank || axis > rank)
    return n.fail("expects an axis up to " + Twine(rank) + ", but got " +
                  Twine(axis));
  if (axis < 0)
    axis += rank;
  ArrayRef<OpFoldResult> sizes = x.sizes;
  return setReshaped(n, {n.b.product(sizes.take_front(axis)),
                         n.b.product(sizes.drop_front(axis))});
}

static LogicalResult buildSqueeze(OnnxNode &n) {
  OnnxTensor &x = n.input(0);
  auto axes = n.getConstants(1, "axes");
  if (failed(axes))
    return failure();
  SmallVector<int64_t> squeezed;
  if (*axes) {
    FailureOr<SmallVector<int64_t>> known = n.getAxes(**axes, x.getRank());
    if (failed(known))
      return failure();
    squeezed = *known;
  } else {
    for (auto [i, size] : llvm::enumerate(x.sizes)) {
      if (!getConstantIntValue(size))
        return n.fail("expects axes, or static sizes, but got " +
                      toString(x.sizes));
      if (isConstantIntValue(size, 1))
        squeezed.push_back(i);
    }
  }
  Sizes sizes;
  for (auto [i, size] : llvm::enumerate(x.sizes)) {
    if (!llvm::is_contained(squeezed, int64_t(i)))
      sizes.push_back(size);
    else if (getConstantIntValue(size).value_or(1) != 1)
      return n.fail("expects size 1 along axis " + Twine(i) + ", but got " +
                    toString(x.sizes));
  }
  return setReshaped(n, std::move(sizes));
}

static LogicalResult buildUnsqueeze(OnnxNode &n) {
  OnnxTensor &x = n.input(0);
  auto axes = n.getConstants(1, "axes");
  if (failed(axes))
    return failure();
  if (!*axes)
    return n.fail("expects axes");
  FailureOr<SmallVector<int64_t>> added =
      n.getAxes(**axes, x.getRank() + (*axes)->size());
  if (failed(added))
    return failure();
  Sizes sizes = x.sizes;
  for (int64_t axis : *added)
    sizes.insert(sizes.begin() + axis, n.b.constant(1));
  return setReshaped(n, std::move(sizes));
}

static LogicalResult buildTranspose(OnnxNode &n) {
  OnnxTensor &x = n.input(0);
  SmallVector<int64_t> reversed =
      llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, x.getRank())));
  SmallVector<int64_t> permutation = n.getInts("perm").value_or(reversed);
  SmallVector<int64_t> sorted(permutation);
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, x.getRank())))
    return n.fail("expects a permutation of " + Twine(x.getRank()) +
                  " dimensions");
  return n.set(n.b.transpose(x, permutation));
}

static LogicalResult buildExpand(OnnxNode &n) {
  OnnxTensor &x = n.input(0);
  auto shape = n.b.getElements(n.input(1));
  if (!shape || n.input(1).getRank() != 1)
    return n.fail("expects a list of sizes, but got " +
                  toString(n.input(1).sizes));
  if (failed(n.checkSizes(*shape)))
    return failure();
  FailureOr<Sizes> sizes = n.b.broadcastSizes({x.sizes, *shape});
  if (failed(sizes))
    return n.fail("expects shapes that broadcast, but got " +
                  toString(x.sizes) + " and " + toString(*shape));
  return n.set(n.b.createElementwise(
      {&x}, *sizes, x.type,
      [](ImplicitLocOpBuilder &, ValueRange values) { return values[0]; }));
}

/// Splits dimensions, moves the parts, and merges them.
static LogicalResult setRearranged(OnnxNode &n, Sizes split,
                                   ArrayRef<int64_t> permutation,
                                   Sizes merged) {
  OnnxTensor parts = n.b.reshape(n.input(0), std::move(split));
  OnnxTensor moved = n.b.transpose(parts, permutation);
  return n.set(n.b.reshape(moved, std::move(merged)));
}

static LogicalResult buildDepthToSpace(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  int64_t block = n.getInt("blocksize", 0);
  std::string mode = n.getString("mode", "DCR");
  if (failed(n.expectRank(0, 4)))
    return failure();
  ArrayRef<OpFoldResult> s = n.input(0).sizes;
  std::optional<int64_t> channels = getConstantIntValue(s[1]);
  if (block < 1 || block > 4096 || (mode != "DCR" && mode != "CRD") ||
      (channels && *channels % (block * block) != 0))
    return n.fail("expects mode DCR or CRD and a block size whose square "
                  "divides the channels, but got '" +
                  Twine(mode) + "' and " + Twine(block));
  OpFoldResult size = b.constant(block);
  OpFoldResult depth = b.div(s[1], b.mul(size, size));
  Sizes merged = {s[0], depth, b.mul(s[2], size), b.mul(s[3], size)};
  if (mode == "DCR")
    return setRearranged(n, {s[0], size, size, depth, s[2], s[3]},
                         {0, 3, 4, 1, 5, 2}, merged);
  return setRearranged(n, {s[0], depth, size, size, s[2], s[3]},
                       {0, 1, 4, 2, 5, 3}, merged);
}

static LogicalResult buildSpaceToDepth(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  int64_t block = n.getInt("blocksize", 0);
  if (failed(n.expectRank(0, 4)))
    return failure();
  ArrayRef<OpFoldResult> s = n.input(0).sizes;
  if (block < 1 || block > 4096 ||
      getConstantIntValue(s[2]).value_or(block) % block != 0 ||
      getConstantIntValue(s[3]).value_or(block) % block != 0)
    return n.fail("expects a block size that divides height and width, but "
                  "got " +
                  Twine(block));
  OpFoldResult size = b.constant(block);
  OpFoldResult height = b.div(s[2], size), width = b.div(s[3], size);
  return setRearranged(n, {s[0], s[1], height, size, width, size},
                       {0, 3, 5, 1, 2, 4},
                       {s[0], b.mul(s[1], b.mul(size, size)), height, width});
}

ArrayRef<OnnxOp> ptq::getShapeOps() {
  static constexpr OnnxOp ops[] = {
      {"DepthToSpace", buildDepthToSpace, 1, 1},
      {"Expand", buildExpand, 2, 2},
      {"Flatten", buildFlatten, 1, 1},
      {"Reshape", buildReshape, 1, 2},
      {"SpaceToDepth", buildSpaceToDepth, 1, 1},
      {"Squeeze", buildSqueeze, 1, 2},
      {"Transpose", buildTranspose, 1, 1},
      {"Unsqueeze", buildUnsqueeze, 1, 2},
  };
  return ops;
}
