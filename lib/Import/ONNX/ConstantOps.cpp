//===- ConstantOps.cpp - Values from nowhere, casts and sizes -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxOps.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;
using namespace mlir::ptq;

static LogicalResult buildConstant(OnnxNode &n) {
  OnnxType type = OnnxType::Undefined;
  if (n.hasAttribute("value")) {
    ElementsAttr elements = n.getTensor("value", type);
    return elements ? n.set(n.b.makeConstant(elements, type)) : failure();
  }
  bool isScalar = n.hasAttribute("value_int") || n.hasAttribute("value_float");
  SmallVector<int64_t> ints;
  SmallVector<float> floats;
  if (n.hasAttribute("value_int"))
    ints.push_back(n.getInt("value_int", 0));
  else if (n.hasAttribute("value_ints"))
    ints = n.getInts("value_ints").value_or(ints);
  else if (n.hasAttribute("value_float"))
    floats.push_back(n.getFloat("value_float", 0));
  else if (n.hasAttribute("value_floats"))
    floats = n.getFloats("value_floats").value_or(floats);
  else
    return n.fail("expects the value as a dense tensor or as numbers");
  bool isInt = n.hasAttribute("value_int") || n.hasAttribute("value_ints");
  type = isInt ? OnnxType::Int64 : OnnxType::Float;
  SmallVector<int64_t> shape;
  if (!isScalar)
    shape.push_back(isInt ? ints.size() : floats.size());
  auto tensorType = RankedTensorType::get(shape, n.b.getElementType(type));
  return n.set(n.b.makeConstant(
      isInt ? DenseElementsAttr::get(tensorType, ArrayRef<int64_t>(ints))
            : DenseElementsAttr::get(tensorType, ArrayRef<float>(floats)),
      type));
}

static LogicalResult buildConstantOfShape(OnnxNode &n) {
  std::optional<SmallVector<OpFoldResult>> shape = n.b.getElements(n.input(0));
  if (!shape || n.input(0).getRank() != 1)
    return n.fail("expects a list of sizes, but got " +
                  toString(n.input(0).sizes));
  OnnxType type = OnnxType::Float;
  ElementsAttr value;
  if (n.hasAttribute("value")) {
    value = n.getTensor("value", type);
    if (!value)
      return failure();
    if (value.getNumElements() != 1)
      return n.fail("expects one element as 'value', but got " +
                    Twine(value.getNumElements()));
  }
  if (failed(n.checkSizes(*shape)))
    return failure();
  Type elementType = n.b.getElementType(type);
  TypedAttr element = value ? cast<TypedAttr>(*value.value_begin<Attribute>())
                            : n.b.getNumber(elementType, 0);
  std::optional<int64_t> count = countElements(*shape);
  if (count && *count > 0 && shape->size() <= 1 && *count <= 64)
    return n.set(n.b.makeConstant(
        DenseElementsAttr::get(
            RankedTensorType::get(getShape(*shape), elementType), element),
        type));
  return n.set(n.b.makeTensor(n.b.createFilled(*shape, element), type, *shape));
}

/// ceil((limit - start) / delta) numbers, at least none.
static LogicalResult buildRange(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  for (unsigned i : {0, 1, 2})
    if (failed(n.expectNumber(i)) || failed(n.expectSameType(i, 0)) ||
        failed(n.expectRank(i, 0, 1)))
      return failure();
  OnnxType type = n.input(0).type;
  Value numbers[3];
  for (unsigned i : {0, 1, 2}) {
    OnnxTensor scalar = b.reshape(n.input(i), {});
    numbers[i] = extractElement(b, b.getValue(scalar), {});
  }
  ScalarMath m(b, type);
  Value span = m.sub(numbers[1], numbers[0]), count;
  if (isFloat(type)) {
    Value steps = m.call<math::CeilOp>(m.div(span, numbers[2]));
    count = castScalar(b, m.max(steps, m.number(steps, 0)),
                       type == OnnxType::Double ? type : OnnxType::Float,
                       OnnxType::Int64);
  } else {
    Value steps = arith::CeilDivSIOp::create(
        b, castScalar(b, span, type, OnnxType::Int64),
        castScalar(b, numbers[2], type, OnnxType::Int64));
    count = arith::MaxSIOp::create(b, steps, m.number(steps, 0));
  }
  OpFoldResult size = getAsOpFoldResult(
      b.createOrFold<arith::IndexCastOp>(b.getIndexType(), count));
  if (n.input(0).elements && n.input(1).elements && n.input(2).elements) {
    auto first = getConstantIntValue(n.input(0).elements->front());
    auto last = getConstantIntValue(n.input(1).elements->front());
    auto step = getConstantIntValue(n.input(2).elements->front());
    if (first && last && step && *step != 0)
      size = b.constant(
          std::max<int64_t>(llvm::divideCeilSigned(*last - *first, *step), 0));
  }
  if (failed(n.checkSizes({size})))
    return failure();
  return n.set(b.generate(
      {size}, type, [&](ImplicitLocOpBuilder &inner, ValueRange indices) {
        ScalarMath body(inner, type);
        Value position =
            arith::IndexCastOp::create(inner, inner.getI64Type(), indices[0]);
        position = castScalar(inner, position, OnnxType::Int64, type);
        if (position.getType() != numbers[0].getType())
          position =
              arith::ExtFOp::create(inner, numbers[0].getType(), position);
        return body.add(numbers[0], body.mul(position, numbers[2]));
      }));
}

static LogicalResult buildIdentity(OnnxNode &n) { return n.set(n.input(0)); }

/// Inference drops nothing; the mask is all true.
static LogicalResult buildDropout(OnnxNode &n) {
  if (OnnxTensor *training = n.optionalInput(2)) {
    std::optional<SmallVector<int64_t>> value = n.b.getConstants(*training);
    if (!value || value->size() != 1 || value->front() != 0)
      return n.fail("expects constant false as 'training_mode'");
  }
  if (n.hasOutput(1)) {
    OnnxTensor &x = n.input(0);
    Value mask = n.b.createFilled(x.sizes, n.b.getBoolAttr(true));
    if (failed(n.set(1, n.b.makeTensor(mask, OnnxType::Bool, x.sizes))))
      return failure();
  }
  return n.set(n.input(0));
}

static LogicalResult buildCast(OnnxNode &n) {
  OnnxType type = OnnxType(n.getInt("to", 0));
  if (!n.b.getElementType(type))
    return n.fail("expects a type of numbers as 'to', but got " +
                  getOnnxTypeName(type));
  return n.set(n.b.castTo(n.input(0), type));
}

static LogicalResult buildCastLike(OnnxNode &n) {
  return n.set(n.b.castTo(n.input(0), n.input(1).type));
}

static LogicalResult buildShape(OnnxNode &n) {
  ArrayRef<OpFoldResult> sizes = n.input(0).sizes;
  int64_t rank = sizes.size();
  auto clamp = [&](int64_t position) {
    return std::clamp<int64_t>(position < 0 ? position + rank : position, 0,
                               rank);
  };
  int64_t start = clamp(n.getInt("start", 0));
  int64_t end = clamp(n.getInt("end", rank));
  ArrayRef<OpFoldResult> part =
      sizes.slice(start, std::max<int64_t>(end - start, 0));
  return n.set(n.b.makeElements(part, OnnxType::Int64, /*isScalar=*/false));
}

static LogicalResult buildSize(OnnxNode &n) {
  OpFoldResult count = n.b.product(n.input(0).sizes);
  return n.set(n.b.makeElements(count, OnnxType::Int64, /*isScalar=*/true));
}

ArrayRef<OnnxOp> ptq::getConstantOps() {
  static constexpr OnnxOp ops[] = {
      {"Cast", buildCast, 1, 1},
      {"CastLike", buildCastLike, 2, 2},
      {"Constant", buildConstant, 0, 0},
      {"ConstantOfShape", buildConstantOfShape, 1, 1},
      {"Dropout", buildDropout, 1, 3},
      {"Identity", buildIdentity, 1, 1},
      {"Range", buildRange, 3, 3},
      {"Shape", buildShape, 1, 1},
      {"Size", buildSize, 1, 1},
  };
  return ops;
}
