//===- MovementOps.cpp - Parts of tensors, and tensors of parts -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxOps.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::ptq;

using I = arith::CmpIPredicate;

//===----------------------------------------------------------------------===//
// Concat, Split
//===----------------------------------------------------------------------===//

static LogicalResult buildConcat(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  FailureOr<int64_t> axis =
      n.getAxis(n.getInt("axis", 1), n.input(0).getRank());
  if (failed(axis))
    return failure();
  Sizes sizes = n.input(0).sizes;
  bool hasElements = true;
  SmallVector<OpFoldResult> elements;
  for (unsigned i = 0; i < n.getNumInputs(); ++i) {
    if (!n.hasInput(i) || n.input(i).getRank() != int64_t(sizes.size()) ||
        failed(n.expectSameType(i, 0)))
      return n.fail("expects operands of one type and rank");
    OnnxTensor &part = n.input(i);
    for (auto [d, size] : llvm::enumerate(part.sizes)) {
      std::optional<int64_t> own = getConstantIntValue(size);
      std::optional<int64_t> other = getConstantIntValue(sizes[d]);
      if (int64_t(d) != *axis && own && other && *own != *other)
        return n.fail("expects sizes that agree beside axis " + Twine(*axis) +
                      ", but got " + toString(n.input(0).sizes) + " and " +
                      toString(part.sizes));
      if (int64_t(d) != *axis && own)
        sizes[d] = size;
    }
    if (i > 0)
      sizes[*axis] = b.add(sizes[*axis], part.sizes[*axis]);
    hasElements &= part.elements.has_value();
    if (part.elements)
      elements.append(*part.elements);
  }
  OnnxType type = n.input(0).type;
  if (hasElements)
    return n.set(b.makeElements(elements, type, /*isScalar=*/false));
  if (failed(n.checkSizes(sizes)))
    return failure();
  Value result = b.createEmpty(sizes, b.getElementType(type));
  SmallVector<OpFoldResult> offsets(sizes.size(), b.constant(0));
  SmallVector<OpFoldResult> strides(sizes.size(), b.constant(1));
  for (unsigned i = 0; i < n.getNumInputs(); ++i) {
    OnnxTensor &part = n.input(i);
    result = tensor::InsertSliceOp::create(b, b.getValue(part), result, offsets,
                                           part.sizes, strides);
    offsets[*axis] = b.add(offsets[*axis], part.sizes[*axis]);
  }
  return n.set(b.makeTensor(result, type, sizes));
}

/// Lengths of the parts: given, or equal but for the last one.
static FailureOr<Sizes> getSplits(OnnxNode &n, OpFoldResult size) {
  OnnxBuilder &b = n.b;
  int64_t numOutputs = n.getNumOutputs();
  if (OnnxTensor *operand = n.optionalInput(1)) {
    auto elements = b.getElements(*operand);
    if (!elements || int64_t(elements->size()) != numOutputs)
      return n.fail("expects a length for each of " + Twine(numOutputs) +
                    " parts");
    return *elements;
  }
  if (auto ints = n.getInts("split")) {
    if (int64_t(ints->size()) != numOutputs)
      return n.fail("expects a length for each of " + Twine(numOutputs) +
                    " parts");
    return Sizes(getAsIndexOpFoldResult(b.getContext(), *ints));
  }
  if (n.getInt("num_outputs", numOutputs) != numOutputs)
    return n.fail("expects as many outputs as 'num_outputs' says");
  OpFoldResult part = b.ceilDiv(size, b.constant(numOutputs));
  Sizes lengths(numOutputs, part);
  OpFoldResult rest = size;
  for (OpFoldResult &length : lengths) {
    length = b.min(part, rest);
    rest = b.sub(rest, length);
  }
  return lengths;
}

static LogicalResult buildSplit(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  FailureOr<int64_t> axis = n.getAxis(n.getInt("axis", 0), x.getRank());
  if (failed(axis) || n.getNumOutputs() == 0)
    return n.fail("expects an axis and parts");
  FailureOr<Sizes> lengths = getSplits(n, x.sizes[*axis]);
  if (failed(lengths))
    return failure();
  OpFoldResult total = b.constant(0);
  for (OpFoldResult length : *lengths) {
    if (getConstantIntValue(length).value_or(0) < 0)
      return n.fail("expects lengths that are not negative");
    total = b.add(total, length);
  }
  std::optional<int64_t> whole = getConstantIntValue(x.sizes[*axis]);
  std::optional<int64_t> sum = getConstantIntValue(total);
  if (whole && sum && *whole != *sum)
    return n.fail("expects parts of " + Twine(*whole) + " in all, but got " +
                  Twine(*sum));
  SmallVector<OpFoldResult> offsets(x.getRank(), b.constant(0));
  for (auto [i, length] : llvm::enumerate(*lengths)) {
    Sizes sizes = x.sizes;
    sizes[*axis] = length;
    if (failed(n.set(i, b.slice(x, offsets, sizes))))
      return failure();
    offsets[*axis] = b.add(offsets[*axis], length);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Slice
//===----------------------------------------------------------------------===//

namespace {
/// Numbers along one dimension.
struct SliceRange {
  OpFoldResult start, end, step;
};
} // namespace

/// One list of a Slice: an operand, or an attribute in version 1.
static FailureOr<std::optional<Sizes>> getList(OnnxNode &n, unsigned index,
                                               StringRef name) {
  if (OnnxTensor *operand = n.optionalInput(index)) {
    auto elements = n.b.getElements(*operand);
    if (!elements || operand->getRank() != 1)
      return n.fail("expects a list as '" + name + "', but got " +
                    toString(operand->sizes));
    return std::optional<Sizes>(*elements);
  }
  if (auto ints = n.getInts(name))
    return std::optional<Sizes>(
        getAsIndexOpFoldResult(n.b.getContext(), *ints));
  return std::optional<Sizes>();
}

/// Start, end and step of each dimension, as given.
static FailureOr<SmallVector<SliceRange>> getRanges(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  auto starts = getList(n, 1, "starts"), ends = getList(n, 2, "ends");
  auto axes = getList(n, 3, "axes"), steps = getList(n, 4, "steps");
  if (failed(starts) || failed(ends) || failed(axes) || failed(steps))
    return failure();
  size_t count = *starts ? (*starts)->size() : 0;
  if (!*starts || !*ends || (*ends)->size() != count ||
      count > x.sizes.size() || (*axes && (*axes)->size() != count) ||
      (*steps && (*steps)->size() != count))
    return n.fail("expects starts, ends, axes and steps of one length");
  SmallVector<SliceRange> ranges;
  for (OpFoldResult size : x.sizes)
    ranges.push_back({b.constant(0), size, b.constant(1)});
  for (size_t i = 0; i < count; ++i) {
    OpFoldResult axis = *axes ? (**axes)[i] : b.constant(i);
    SliceRange range{(**starts)[i], (**ends)[i],
                     *steps ? (**steps)[i] : b.constant(1)};
    if (isConstantIntValue(range.step, 0))
      return n.fail("expects steps other than 0");
    if (std::optional<int64_t> constant = getConstantIntValue(axis)) {
      FailureOr<int64_t> known = n.getAxis(*constant, x.getRank());
      if (failed(known))
        return failure();
      ranges[*known] = range;
      continue;
    }
    axis = b.wrap(axis, b.constant(x.getRank()));
    for (auto [d, old] : llvm::enumerate(ranges)) {
      OpFoldResult own = b.constant(d);
      old = {b.select(I::eq, axis, own, range.start, old.start),
             b.select(I::eq, axis, own, range.end, old.end),
             b.select(I::eq, axis, own, range.step, old.step)};
    }
  }
  return ranges;
}

static OpFoldResult clamp(OnnxBuilder &b, OpFoldResult value, OpFoldResult low,
                          OpFoldResult high) {
  if (value == high ||
      (isConstantIntValue(value, 0) && isConstantIntValue(low, 0)))
    return value;
  value = b.min(value, high);
  bool isInside = isConstantIntValue(low, 0) && OnnxBuilder::isSize(value);
  return isInside ? value : b.max(value, low);
}

/// Brings start and end into the dimension; returns the number of elements.
static OpFoldResult clampRange(OnnxBuilder &b, SliceRange &range,
                               OpFoldResult size) {
  OpFoldResult zero = b.constant(0), minusOne = b.constant(-1);
  OpFoldResult last = b.sub(size, b.constant(1));
  OpFoldResult start = b.wrap(range.start, size), end = b.wrap(range.end, size);
  SliceRange up{clamp(b, start, zero, size), clamp(b, end, zero, size),
                range.step};
  SliceRange down{clamp(b, start, zero, last), clamp(b, end, minusOne, last),
                  b.sub(zero, range.step)};
  OpFoldResult upCount = b.sub(up.end, up.start);
  if (!isConstantIntValue(up.start, 0))
    upCount = b.max(upCount, zero);
  OpFoldResult downCount = b.max(b.sub(down.start, down.end), zero);
  range.start = b.select(I::sgt, range.step, zero, up.start, down.start);
  // The count of the other direction is not looked at.
  OpFoldResult one = b.constant(1);
  return b.select(I::sgt, range.step, zero,
                  b.ceilDiv(upCount, b.max(up.step, one)),
                  b.ceilDiv(downCount, b.max(down.step, one)));
}

static LogicalResult buildSlice(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  FailureOr<SmallVector<SliceRange>> ranges = getRanges(n);
  if (failed(ranges))
    return failure();
  Sizes sizes;
  SmallVector<OpFoldResult> offsets;
  bool hasUnitSteps = true;
  for (auto [range, size] : llvm::zip(*ranges, x.sizes)) {
    sizes.push_back(clampRange(b, range, size));
    offsets.push_back(range.start);
    hasUnitSteps &= isConstantIntValue(range.step, 1);
  }
  if (failed(n.checkSizes(sizes)))
    return failure();
  if (x.elements && sizes.size() == 1) {
    auto start = getConstantIntValue(offsets[0]);
    auto count = getConstantIntValue(sizes[0]);
    auto step = getConstantIntValue((*ranges)[0].step);
    if (start && count && step) {
      SmallVector<OpFoldResult> elements;
      for (int64_t i = 0; i < *count; ++i)
        elements.push_back((*x.elements)[*start + i * *step]);
      return n.set(b.makeElements(elements, x.type, /*isScalar=*/false));
    }
  }
  if (hasUnitSteps)
    return n.set(b.slice(x, offsets, sizes));
  Value source = b.getValue(x);
  SmallVector<Value> starts, steps;
  for (auto [range, offset] : llvm::zip(*ranges, offsets)) {
    starts.push_back(b.asValue(offset));
    steps.push_back(b.asValue(range.step));
  }
  return n.set(b.generate(
      sizes, x.type, [&](ImplicitLocOpBuilder &inner, ValueRange indices) {
        SmallVector<Value> from;
        for (auto [index, start, step] : llvm::zip(indices, starts, steps))
          from.push_back(inner.createOrFold<arith::AddIOp>(
              start, inner.createOrFold<arith::MulIOp>(index, step)));
        return extractElement(inner, source, from);
      }));
}

ArrayRef<OnnxOp> ptq::getMovementOps() {
  static constexpr OnnxOp ops[] = {
      {"Concat", buildConcat, 1, anyNumber},
      {"Slice", buildSlice, 1, 5},
      {"Split", buildSplit, 1, 2},
  };
  return ops;
}
