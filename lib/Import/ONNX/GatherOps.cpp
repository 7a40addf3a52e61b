//===- GatherOps.cpp - Elements from computed positions -------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxOps.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::ptq;

using I = arith::CmpIPredicate;

static Value isBelow(ImplicitLocOpBuilder &b, Value x, Value y) {
  return arith::CmpIOp::create(b, I::slt, x, y);
}

static Value zeroIndex(ImplicitLocOpBuilder &b) {
  return arith::ConstantIndexOp::create(b, 0);
}

//===----------------------------------------------------------------------===//
// Gather
//===----------------------------------------------------------------------===//

static LogicalResult expectIndices(OnnxNode &n, unsigned index) {
  return n.expectType(index, {OnnxType::Int32, OnnxType::Int64});
}

/// An index from a tensor, counted from the end if it is negative.
static Value wrapIndex(ImplicitLocOpBuilder &b, Value element, Value size) {
  Value index = arith::IndexCastOp::create(b, b.getIndexType(), element);
  Value wrapped = arith::AddIOp::create(b, index, size);
  return arith::SelectOp::create(b, isBelow(b, index, zeroIndex(b)), wrapped,
                                 index);
}

static bool isNeverNegative(const OnnxTensor &indices) {
  return llvm::none_of(cast<DenseIntElementsAttr>(indices.constant),
                       [](const APInt &index) { return index.isNegative(); });
}

/// `indices` into `size` elements without negative ones. A loop of its own:
/// what is left gathers rows by index, which `ptq-quantize` knows as an
/// embedding.
static OnnxTensor wrapIndices(OnnxBuilder &b, OnnxTensor &indices,
                              OpFoldResult size) {
  if (isa_and_present<DenseIntElementsAttr>(indices.constant) &&
      isNeverNegative(indices))
    return indices;
  Value length = b.asValue(size);
  return b.createElementwise(
      {&indices}, indices.sizes, indices.type,
      [&](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
        Value zero = arith::ConstantOp::create(
            inner, inner.getIntegerAttr(values[0].getType(), 0));
        Value end =
            arith::IndexCastOp::create(inner, values[0].getType(), length);
        Value wrapped = arith::AddIOp::create(inner, values[0], end);
        return arith::SelectOp::create(inner, isBelow(inner, values[0], zero),
                                       wrapped, values[0]);
      });
}

static LogicalResult buildGather(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0), &indices = n.input(1);
  FailureOr<int64_t> axis = n.getAxis(n.getInt("axis", 0), x.getRank());
  if (failed(axis) || failed(expectIndices(n, 1)))
    return failure();
  std::optional<SmallVector<int64_t>> constants = b.getConstants(indices);
  int64_t size = getConstantIntValue(x.sizes[*axis]).value_or(-1);
  for (int64_t index : constants.value_or(SmallVector<int64_t>()))
    if (size >= 0 && (index < -size || index >= size))
      return n.fail("expects indices into " + Twine(size) +
                    " elements, but got " + Twine(index));
  if (x.elements && constants) {
    SmallVector<OpFoldResult> elements;
    for (int64_t index : *constants)
      elements.push_back((*x.elements)[index < 0 ? index + size : index]);
    return n.set(b.makeElements(elements, x.type, indices.getRank() == 0));
  }
  Sizes sizes(ArrayRef(x.sizes).take_front(*axis));
  sizes.append(indices.sizes);
  sizes.append(x.sizes.begin() + *axis + 1, x.sizes.end());
  if (failed(n.checkSizes(sizes)))
    return failure();
  OnnxTensor wrapped = wrapIndices(b, indices, x.sizes[*axis]);
  Value source = b.getValue(x), positions = b.getValue(wrapped);
  unsigned rank = sizes.size(), numIndices = indices.getRank();
  AffineMap all = b.getMultiDimIdentityMap(rank);
  AffineMap ofIndices = all.getSliceMap(*axis, numIndices);
  Value init = b.createEmpty(sizes, b.getElementType(x.type));
  Value result =
      b.createGeneric({ofIndices, all}, positions, init,
                      [&](ImplicitLocOpBuilder &inner, ValueRange values) {
                        SmallVector<Value> from;
                        for (unsigned i = 0; i < rank; ++i)
                          if (int64_t(i) < *axis || i >= *axis + numIndices)
                            from.push_back(linalg::IndexOp::create(inner, i));
                        Value index = arith::IndexCastOp::create(
                            inner, inner.getIndexType(), values[0]);
                        from.insert(from.begin() + *axis, index);
                        return extractElement(inner, source, from);
                      });
  if (*axis == 0 && x.constant && isFloat(x.type) && !n.getName().empty())
    result.getDefiningOp()->setAttr("ptq.name", b.getStringAttr(n.getName()));
  return n.set(b.makeTensor(result, x.type, sizes));
}

static LogicalResult buildGatherElements(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0), &indices = n.input(1);
  FailureOr<int64_t> axis = n.getAxis(n.getInt("axis", 0), x.getRank());
  if (failed(axis) || failed(expectIndices(n, 1)) ||
      failed(n.expectRank(1, x.getRank())))
    return failure();
  Value source = b.getValue(x), positions = b.getValue(indices);
  Value length = b.asValue(x.sizes[*axis]);
  return n.set(b.generate(
      indices.sizes, x.type, [&](ImplicitLocOpBuilder &inner, ValueRange at) {
        SmallVector<Value> from(at);
        from[*axis] = wrapIndex(
            inner, tensor::ExtractOp::create(inner, positions, at), length);
        return extractElement(inner, source, from);
      }));
}

static LogicalResult buildGatherND(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0), &indices = n.input(1);
  int64_t batch = n.getInt("batch_dims", 0), rank = x.getRank();
  if (failed(expectIndices(n, 1)) || failed(n.expectRank(1, 1, maxOnnxRank)))
    return failure();
  std::optional<int64_t> depth = getConstantIntValue(indices.sizes.back());
  if (!depth || batch < 0 || batch >= indices.getRank() || *depth < 1 ||
      *depth > rank - batch)
    return n.fail("expects indices of 1 to " + Twine(rank - batch) +
                  " numbers, but got " + toString(indices.sizes));
  Sizes sizes(ArrayRef(indices.sizes).drop_back());
  sizes.append(x.sizes.begin() + batch + *depth, x.sizes.end());
  if (failed(n.checkSizes(sizes)))
    return failure();
  Value source = b.getValue(x), positions = b.getValue(indices);
  SmallVector<Value> lengths;
  for (int64_t i = 0; i < *depth; ++i)
    lengths.push_back(b.asValue(x.sizes[batch + i]));
  unsigned numLeading = indices.getRank() - 1;
  return n.set(b.generate(
      sizes, x.type, [&](ImplicitLocOpBuilder &inner, ValueRange at) {
        SmallVector<Value> from(at.take_front(batch));
        SmallVector<Value> tuple(at.take_front(numLeading));
        for (auto [i, length] : llvm::enumerate(lengths)) {
          tuple.push_back(arith::ConstantIndexOp::create(inner, i));
          from.push_back(wrapIndex(
              inner, tensor::ExtractOp::create(inner, positions, tuple),
              length));
          tuple.pop_back();
        }
        llvm::append_range(from, at.drop_front(numLeading));
        return extractElement(inner, source, from);
      }));
}

ArrayRef<OnnxOp> ptq::getGatherOps() {
  static constexpr OnnxOp ops[] = {
      {"Gather", buildGather, 2, 2},
      {"GatherElements", buildGatherElements, 2, 2},
      {"GatherND", buildGatherND, 2, 2},
  };
  return ops;
}
