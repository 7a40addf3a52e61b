//===- OnnxBuilder.cpp - Builds linalg for ONNX values --------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxBuilder.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

/// Shapes are lists of as many numbers at most.
static constexpr int64_t maxElements = 64;

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

RankedTensorType OnnxBuilder::getTensorType(ArrayRef<OpFoldResult> sizes,
                                            OnnxType type) {
  return RankedTensorType::get(getShape(sizes), getElementType(type));
}

Sizes OnnxBuilder::getSizes(Value value) {
  return tensor::getMixedSizes(*this, getLoc(), value);
}

OnnxTensor OnnxBuilder::makeTensor(Value value, OnnxType type, Sizes sizes) {
  RankedTensorType wanted = getTensorType(sizes, type);
  if (value.getType() != wanted)
    value = tensor::CastOp::create(*this, wanted, value);
  OnnxTensor tensor;
  tensor.type = type;
  tensor.sizes = std::move(sizes);
  tensor.value = value;
  return tensor;
}

OnnxTensor OnnxBuilder::makeConstant(ElementsAttr elements, OnnxType type) {
  OnnxTensor tensor;
  tensor.type = type;
  tensor.sizes =
      getAsIndexOpFoldResult(getContext(), elements.getShapedType().getShape());
  tensor.constant = elements;
  auto dense = dyn_cast<DenseElementsAttr>(elements);
  if (dense && tensor.getRank() <= 1 && !isFloat(type) &&
      dense.getNumElements() <= maxElements) {
    tensor.elements.emplace();
    for (const APInt &element : dense.getValues<APInt>())
      tensor.elements->push_back(
          constant(isUnsigned(type) || type == OnnxType::Bool
                       ? int64_t(element.getZExtValue())
                       : element.getSExtValue()));
  }
  return tensor;
}

OnnxTensor OnnxBuilder::makeElements(ArrayRef<OpFoldResult> elements,
                                     OnnxType type, bool isScalar) {
  OnnxTensor tensor;
  tensor.type = type;
  if (!isScalar)
    tensor.sizes.push_back(constant(elements.size()));
  tensor.elements = llvm::to_vector(elements);
  return tensor;
}

Value OnnxBuilder::getValue(OnnxTensor &tensor) {
  if (tensor.value)
    return tensor.value;
  if (tensor.constant)
    return tensor.value = arith::ConstantOp::create(
               *this, cast<TypedAttr>(tensor.constant));
  RankedTensorType type = getTensorType(tensor.sizes, tensor.type);
  SmallVector<Value> values;
  for (OpFoldResult element : *tensor.elements)
    values.push_back(createOrFold<arith::IndexCastOp>(type.getElementType(),
                                                      asValue(element)));
  return tensor.value = tensor::FromElementsOp::create(*this, type, values);
}

std::optional<SmallVector<OpFoldResult>>
OnnxBuilder::getElements(OnnxTensor &tensor) {
  if (tensor.elements)
    return tensor.elements;
  std::optional<int64_t> count = countElements(tensor.sizes);
  if (!isInteger(tensor.type) || tensor.getRank() > 1 || !count ||
      *count > maxElements)
    return std::nullopt;
  SmallVector<OpFoldResult> elements;
  for (int64_t i = 0; i < *count; ++i) {
    SmallVector<Value> indices;
    if (tensor.getRank() == 1)
      indices.push_back(arith::ConstantIndexOp::create(*this, i));
    Value element = tensor::ExtractOp::create(*this, getValue(tensor), indices);
    if (isUnsigned(tensor.type))
      element = arith::IndexCastUIOp::create(*this, getIndexType(), element);
    else
      element = arith::IndexCastOp::create(*this, getIndexType(), element);
    elements.push_back(element);
  }
  return tensor.elements = elements;
}

std::optional<SmallVector<int64_t>>
OnnxBuilder::getConstants(OnnxTensor &tensor) {
  if (!tensor.elements)
    return std::nullopt;
  return getConstantIntValues(*tensor.elements);
}

Value OnnxBuilder::createEmpty(ArrayRef<OpFoldResult> sizes, Type elementType) {
  return tensor::EmptyOp::create(*this, sizes, elementType);
}

Value OnnxBuilder::createFilled(ArrayRef<OpFoldResult> sizes, TypedAttr value) {
  Value init = createEmpty(sizes, value.getType());
  Value scalar = arith::ConstantOp::create(*this, value);
  return linalg::FillOp::create(*this, scalar, init).getResult(0);
}

TypedAttr OnnxBuilder::getNumber(Type elementType, double value) {
  if (isa<FloatType>(elementType))
    return getFloatAttr(elementType, value);
  return getIntegerAttr(elementType, int64_t(value));
}

Value OnnxBuilder::createScalar(OnnxType type, double value) {
  return arith::ConstantOp::create(*this,
                                   getNumber(getElementType(type), value));
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

static bool isNarrowFloat(Type type) {
  return isa<FloatType>(type) && type.getIntOrFloatBitWidth() < 32;
}

static Value widen(ImplicitLocOpBuilder &b, Value value) {
  if (!isNarrowFloat(value.getType()))
    return value;
  return arith::ExtFOp::create(b, b.getF32Type(), value);
}

Value ptq::extractElement(ImplicitLocOpBuilder &b, Value tensor,
                          ValueRange indices) {
  return widen(b, tensor::ExtractOp::create(b, tensor, indices));
}

Value OnnxBuilder::createGeneric(ArrayRef<AffineMap> maps, ValueRange inputs,
                                 Value init, Body body) {
  SmallVector<utils::IteratorType> iterators(maps.back().getNumDims(),
                                             utils::IteratorType::reduction);
  for (AffineExpr result : maps.back().getResults())
    if (auto dim = dyn_cast<AffineDimExpr>(result))
      iterators[dim.getPosition()] = utils::IteratorType::parallel;
  Type elementType = getElementTypeOrSelf(init.getType());
  return linalg::GenericOp::create(
             *this, init.getType(), inputs, init, maps, iterators,
             [&](OpBuilder &builder, Location loc, ValueRange arguments) {
               ImplicitLocOpBuilder inner(loc, builder);
               SmallVector<Value> values;
               for (Value argument : arguments)
                 values.push_back(widen(inner, argument));
               Value result = body(inner, values);
               if (result.getType() != elementType)
                 result = arith::TruncFOp::create(inner, elementType, result);
               linalg::YieldOp::create(inner, result);
             })
      .getResult(0);
}

OnnxTensor OnnxBuilder::generate(Sizes sizes, OnnxType type, Body body) {
  Value init = createEmpty(sizes, getElementType(type));
  unsigned rank = sizes.size();
  Value result =
      createGeneric(getMultiDimIdentityMap(rank), {}, init,
                    [&](ImplicitLocOpBuilder &b, ValueRange) {
                      SmallVector<Value> indices;
                      for (unsigned i = 0; i < rank; ++i)
                        indices.push_back(linalg::IndexOp::create(b, i));
                      return body(b, indices);
                    });
  return makeTensor(result, type, std::move(sizes));
}

FailureOr<Sizes> OnnxBuilder::broadcastSizes(ArrayRef<Sizes> shapes) {
  size_t rank = 0;
  for (const Sizes &sizes : shapes)
    rank = std::max(rank, sizes.size());
  Sizes result(rank, constant(1));
  for (const Sizes &sizes : shapes)
    for (size_t i = 0; i < sizes.size(); ++i) {
      OpFoldResult &common = result[rank - sizes.size() + i];
      OpFoldResult size = sizes[i];
      if (common == size || isConstantIntValue(size, 1))
        continue;
      std::optional<int64_t> old = getConstantIntValue(common);
      std::optional<int64_t> added = getConstantIntValue(size);
      if (old && *old != 1 && added)
        return failure();
      if (old && *old != 1)
        continue; // the dynamic one is 1 or the same
      if ((old && *old == 1) || added)
        common = size;
      else
        common =
            select(arith::CmpIPredicate::eq, common, constant(1), size, common);
    }
  return result;
}

OnnxTensor OnnxBuilder::createElementwise(ArrayRef<OnnxTensor *> inputs,
                                          Sizes sizes, OnnxType type,
                                          Body body) {
  unsigned rank = sizes.size();
  SmallVector<AffineMap> maps;
  SmallVector<Value> values;
  for (OnnxTensor *input : inputs) {
    SmallVector<AffineExpr> exprs;
    OnnxTensor *operand = input;
    OnnxTensor repeated;
    unsigned first = rank - input->getRank();
    for (unsigned i = first; i < rank; ++i) {
      OpFoldResult size = input->sizes[i - first];
      bool isSingle = isConstantIntValue(size, 1) && size != sizes[i];
      exprs.push_back(isSingle ? getAffineConstantExpr(0)
                               : getAffineDimExpr(i));
      if (!isSingle && size != sizes[i])
        operand = nullptr; // 1 or the same: known at run time
    }
    if (!operand) {
      Sizes own(sizes.begin() + first, sizes.end());
      repeated = broadcastTo(*input, std::move(own));
      operand = &repeated;
      for (unsigned i = first; i < rank; ++i)
        exprs[i - first] = getAffineDimExpr(i);
    }
    values.push_back(getValue(*operand));
    maps.push_back(AffineMap::get(rank, 0, exprs, getContext()));
  }
  maps.push_back(getMultiDimIdentityMap(rank));
  Value init = createEmpty(sizes, getElementType(type));
  return makeTensor(createGeneric(maps, values, init,
                                  [&](ImplicitLocOpBuilder &b, ValueRange all) {
                                    return body(b, all.drop_back());
                                  }),
                    type, std::move(sizes));
}

OnnxTensor OnnxBuilder::broadcastTo(OnnxTensor &x, Sizes sizes) {
  unsigned first = sizes.size() - x.getRank();
  Value source = getValue(x);
  SmallVector<Value> isSingle(x.getRank());
  for (int64_t i = 0; i < x.getRank(); ++i)
    if (x.sizes[i] != sizes[first + i])
      isSingle[i] = createOrFold<arith::CmpIOp>(
          arith::CmpIPredicate::eq, asValue(x.sizes[i]), asValue(constant(1)));
  Value zero = asValue(constant(0));
  return generate(std::move(sizes), x.type,
                  [&](ImplicitLocOpBuilder &b, ValueRange indices) {
                    SmallVector<Value> from(indices.drop_front(first));
                    for (auto [index, single] : llvm::zip(from, isSingle))
                      if (single)
                        index = arith::SelectOp::create(b, single, zero, index);
                    return extractElement(b, source, from);
                  });
}
