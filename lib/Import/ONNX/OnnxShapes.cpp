//===- OnnxShapes.cpp - Reshapes, slices and casts of tensors -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxBuilder.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Reshape
//===----------------------------------------------------------------------===//

static ElementsAttr reshapeConstant(ElementsAttr elements,
                                    RankedTensorType type) {
  if (auto dense = dyn_cast<DenseElementsAttr>(elements))
    return dense.reshape(type);
  auto resource = cast<DenseResourceElementsAttr>(elements);
  return DenseResourceElementsAttr::get(type, resource.getRawHandle());
}

/// One group per dimension of `[0, front)` and of the last `back`, and one for
/// the `middle` dimensions between.
static SmallVector<ReassociationIndices>
getGroups(int64_t front, int64_t middle, int64_t back) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t i = 0; i < front; ++i)
    groups.push_back({i});
  if (middle > 0)
    groups.push_back(llvm::to_vector<2>(llvm::seq(front, front + middle)));
  for (int64_t i = 0; i < back; ++i)
    groups.push_back({front + middle + i});
  return groups;
}

/// The dimensions that stay, at both ends, so that there is one or more on both
/// sides between them unless both have none.
static std::pair<int64_t, int64_t> matchEnds(ArrayRef<OpFoldResult> from,
                                             ArrayRef<OpFoldResult> to) {
  int64_t limit = std::min(from.size(), to.size());
  int64_t front = 0, back = 0;
  while (front < limit && from[front] == to[front])
    ++front;
  while (back < limit - front &&
         from[from.size() - 1 - back] == to[to.size() - 1 - back])
    ++back;
  if (front + back == limit && from.size() != to.size())
    back > 0 ? --back : --front;
  return {front, back};
}

/// Whether the part that is expanded has at most one dynamic size: memref
/// lowerings compute that one from the others.
static bool hasGroupPerDynamicSize(ArrayRef<OpFoldResult> from,
                                   ArrayRef<OpFoldResult> to) {
  auto [front, back] = matchEnds(from, to);
  return llvm::count_if(
             to.drop_front(front).drop_back(back),
             [](OpFoldResult size) { return !getConstantIntValue(size); }) <= 1;
}

OnnxTensor OnnxBuilder::reshape(OnnxTensor &x, Sizes sizes) {
  RankedTensorType type = getTensorType(sizes, x.type);
  if (x.constant && type.hasStaticShape()) {
    OnnxTensor result = makeConstant(reshapeConstant(x.constant, type), x.type);
    return result;
  }
  if (x.elements && sizes.size() <= 1)
    return makeElements(*x.elements, x.type, sizes.empty());
  Value value = getValue(x);
  if (x.sizes == sizes)
    return makeTensor(value, x.type, std::move(sizes));
  if (x.getRank() == 0 || sizes.empty()) {
    // All sizes are 1, even where that is known at run time only.
    Sizes ones(std::max<size_t>(x.getRank(), sizes.size()), constant(1));
    if (x.getRank() == 0)
      value = tensor::ExpandShapeOp::create(*this, getTensorType(ones, x.type),
                                            value,
                                            ArrayRef<ReassociationIndices>());
    else
      value = tensor::CollapseShapeOp::create(
          *this, type, makeTensor(value, x.type, ones).value,
          ArrayRef<ReassociationIndices>());
    return makeTensor(value, x.type, std::move(sizes));
  }

  if (!hasGroupPerDynamicSize(x.sizes, sizes)) {
    SmallVector<Value> numbers = llvm::map_to_vector(
        sizes, [&](OpFoldResult size) { return asValue(size); });
    Value shape = tensor::FromElementsOp::create(*this, numbers);
    value = tensor::ReshapeOp::create(*this, type, value, shape);
    return makeTensor(value, x.type, std::move(sizes));
  }

  auto [front, back] = matchEnds(x.sizes, sizes);
  ArrayRef<OpFoldResult> from =
      ArrayRef(x.sizes).slice(front, x.sizes.size() - front - back);
  ArrayRef<OpFoldResult> to =
      ArrayRef(sizes).slice(front, sizes.size() - front - back);
  // The middle as one dimension; static if either side says how many.
  OpFoldResult total = countElements(to) ? product(to) : product(from);
  if (!countElements(to))
    total = asValue(total);
  Sizes flat(sizes.begin(), sizes.begin() + front);
  flat.push_back(total);
  flat.append(sizes.end() - back, sizes.end());
  if (from.size() > 1) {
    Sizes collapsed = flat;
    collapsed[front] = product(from);
    value = tensor::CollapseShapeOp::create(
        *this, getTensorType(collapsed, x.type), value,
        getGroups(front, from.size(), back));
  }
  RankedTensorType flatType =
      RankedTensorType::get(getShape(flat), getElementType(x.type));
  if (!countElements(to)) {
    SmallVector<int64_t> shape(flatType.getShape());
    shape[front] = ShapedType::kDynamic;
    flatType = flatType.clone(shape);
  }
  if (value.getType() != flatType)
    value = tensor::CastOp::create(*this, flatType, value);
  if (to.size() > 1)
    value = tensor::ExpandShapeOp::create(
        *this, type, value, getGroups(front, to.size(), back), sizes);
  return makeTensor(value, x.type, std::move(sizes));
}

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

OnnxTensor OnnxBuilder::transpose(OnnxTensor &x,
                                  ArrayRef<int64_t> permutation) {
  Sizes sizes;
  for (int64_t dim : permutation)
    sizes.push_back(x.sizes[dim]);
  Value init = createEmpty(sizes, getElementType(x.type));
  Value result =
      linalg::TransposeOp::create(*this, getValue(x), init, permutation)
          ->getResult(0);
  return makeTensor(result, x.type, std::move(sizes));
}

OnnxTensor OnnxBuilder::slice(OnnxTensor &x, ArrayRef<OpFoldResult> offsets,
                              Sizes sizes) {
  if (x.sizes == sizes)
    return makeTensor(getValue(x), x.type, std::move(sizes));
  // Upstream refuses offset 0 of a dimension without elements.
  if (countElements(sizes) == 0 || countElements(x.sizes) == 0)
    return makeTensor(createEmpty(sizes, getElementType(x.type)), x.type,
                      sizes);
  SmallVector<OpFoldResult> strides(sizes.size(), constant(1));
  Value result =
      tensor::ExtractSliceOp::create(*this, getTensorType(sizes, x.type),
                                     getValue(x), offsets, sizes, strides);
  return makeTensor(result, x.type, std::move(sizes));
}

OnnxTensor OnnxBuilder::pad(OnnxTensor &x, ArrayRef<OpFoldResult> low,
                            ArrayRef<OpFoldResult> high, TypedAttr padding) {
  Sizes sizes;
  for (auto [size, before, after] : llvm::zip_equal(x.sizes, low, high))
    sizes.push_back(add(add(before, size), after));
  if (sizes == x.sizes)
    return makeTensor(getValue(x), x.type, std::move(sizes));
  SmallVector<OpFoldResult> strides(sizes.size(), constant(1));
  Value result = tensor::InsertSliceOp::create(
      *this, getValue(x), createFilled(sizes, padding), low, x.sizes, strides);
  return makeTensor(result, x.type, std::move(sizes));
}

//===----------------------------------------------------------------------===//
// Cast
//===----------------------------------------------------------------------===//

static Value castToBool(ImplicitLocOpBuilder &b, Value value) {
  Type type = value.getType();
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  if (isa<FloatType>(type))
    return arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, value, zero);
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, value, zero);
}

static Value castToFloat(ImplicitLocOpBuilder &b, Value value, bool isSigned,
                         OnnxType to) {
  FloatType target =
      to == OnnxType::Double ? b.getF64Type() : FloatType(b.getF32Type());
  Type type = value.getType();
  if (type == target)
    return value;
  if (!isa<FloatType>(type))
    return isSigned ? arith::SIToFPOp::create(b, target, value).getResult()
                    : arith::UIToFPOp::create(b, target, value);
  // Rounded once: a double goes to a half without a stop at f32.
  if (to == OnnxType::Float16)
    return arith::TruncFOp::create(b, b.getF16Type(), value);
  if (to == OnnxType::BFloat16)
    return arith::TruncFOp::create(b, b.getBF16Type(), value);
  return target.getWidth() > type.getIntOrFloatBitWidth()
             ? arith::ExtFOp::create(b, target, value).getResult()
             : arith::TruncFOp::create(b, target, value);
}

Value ptq::castScalar(ImplicitLocOpBuilder &b, Value value, OnnxType from,
                      OnnxType to) {
  if (from == to)
    return value;
  bool isSigned = !isUnsigned(from) && from != OnnxType::Bool;
  if (to == OnnxType::Bool)
    return castToBool(b, value);
  if (isFloat(to))
    return castToFloat(b, value, isSigned, to);
  Type target = getElementType(to, b.getContext());
  unsigned width = target.getIntOrFloatBitWidth();
  if (isa<FloatType>(value.getType())) {
    // Through 64 bits, so that what a narrower type lacks wraps.
    Type wide = b.getI64Type();
    Value number = to == OnnxType::UInt64
                       ? arith::FPToUIOp::create(b, wide, value).getResult()
                       : arith::FPToSIOp::create(b, wide, value);
    return width == 64 ? number
                       : arith::TruncIOp::create(b, target, number).getResult();
  }
  unsigned oldWidth = value.getType().getIntOrFloatBitWidth();
  if (oldWidth == width)
    return value;
  if (oldWidth > width)
    return arith::TruncIOp::create(b, target, value);
  return isSigned ? arith::ExtSIOp::create(b, target, value).getResult()
                  : arith::ExtUIOp::create(b, target, value);
}

OnnxTensor OnnxBuilder::castTo(OnnxTensor &x, OnnxType type) {
  if (x.type == type)
    return x;
  if (x.elements && isInteger(x.type) &&
      (type == OnnxType::Int64 ||
       (type == OnnxType::Int32 && x.type == OnnxType::Int64)))
    return makeElements(*x.elements, type, x.getRank() == 0);
  OnnxType from = x.type;
  return createElementwise({&x}, x.sizes, type,
                           [&](ImplicitLocOpBuilder &b, ValueRange values) {
                             return castScalar(b, values[0], from, type);
                           });
}
