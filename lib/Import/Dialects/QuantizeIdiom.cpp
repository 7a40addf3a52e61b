//===- QuantizeIdiom.cpp - clamp(round(value / scale) + zero point) -------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ClampedInteger.h"
#include "ConstantTensors.h"
#include "Idioms.h"
#include "RoundedFloat.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Scales
//===----------------------------------------------------------------------===//

/// The scale whose reciprocal, rounded to f32, is `factor`; the nearest one
/// where there is none.
static float getScaleOf(float factor, bool &isExact) {
  float nearest = 1.0f / factor;
  for (float scale : {nearest, std::nextafter(nearest, 0.0f),
                      std::nextafter(nearest, INFINITY)})
    if (std::isnormal(scale) && 1.0f / scale == factor)
      return scale;
  isExact = false;
  return nearest;
}

/// Whether a division by `scale` is a multiplication with its reciprocal.
static bool isPowerOfTwo(float scale) {
  int exponent;
  return std::isnormal(scale) && std::isnormal(1.0f / scale) &&
         std::abs(std::frexp(scale, &exponent)) == 0.5f;
}

/// Applies `change` to the numbers, if they are constant f32.
static LogicalResult mapConstants(BlockNumbers &numbers,
                                  function_ref<float(float)> change) {
  if (numbers.constant) {
    float value =
        cast<FloatAttr>(numbers.constant).getValue().convertToDouble();
    numbers.constant = FloatAttr::get(numbers.type, double(change(value)));
    return success();
  }
  auto dense = dyn_cast_if_present<DenseElementsAttr>(
      numbers.tensor ? getConstantElements(numbers.tensor) : ElementsAttr());
  if (!dense || !dense.getElementType().isF32())
    return failure();
  SmallVector<float> values;
  for (float value : dense.getValues<float>())
    values.push_back(change(value));
  numbers.elements = DenseElementsAttr::get(dense.getType(), ArrayRef(values));
  return success();
}

/// The scales of `value * factor`.
static FailureOr<BlockNumbers> findFactors(Element factor,
                                           const BlockedTensor &values,
                                           std::string &difference,
                                           std::string &reason) {
  // 1 / scale is what a quantize computes itself.
  if (factor.getOp<arith::DivFOp>()) {
    auto one = factor.getOperand(0).getConstantFloat();
    if (one && one->isExactlyValue(1.0))
      return findBlocks(factor.getOperand(1), values, reason);
  }
  FailureOr<BlockNumbers> numbers = findBlocks(factor, values, reason);
  if (failed(numbers))
    return failure();
  bool isExact = true;
  if (failed(mapConstants(
          *numbers, [&](float value) { return getScaleOf(value, isExact); }))) {
    reason = "multiplies with a number of run time, and not with 1 / scale";
    return failure();
  }
  if (!isExact)
    difference += "the factor is no reciprocal of an f32 scale; ";
  return numbers;
}

/// The scales of `value / divisor`.
static FailureOr<BlockNumbers> findDivisors(Element divisor,
                                            const BlockedTensor &values,
                                            std::string &difference,
                                            std::string &reason) {
  FailureOr<BlockNumbers> numbers = findBlocks(divisor, values, reason);
  if (failed(numbers))
    return failure();
  bool isExact = true;
  if (failed(mapConstants(*numbers, [&](float value) {
        isExact &= isPowerOfTwo(value);
        return value;
      })))
    isExact = false;
  if (!isExact)
    difference += "a quotient becomes a product with the reciprocal; ";
  return numbers;
}

/// The float tensor that `element` is in, before it is widened.
static FailureOr<BlockedTensor> findValues(Element element) {
  if (element.getOp<arith::ExtFOp>() &&
      isa<Float16Type, BFloat16Type>(element.getOperand(0).getType()))
    element = element.getOperand(0);
  return getBlockedTensor(element);
}

static LogicalResult readScaling(Element base, QuantizeIdiom &idiom,
                                 std::string &reason) {
  bool isProduct = bool(base.getOp<arith::MulFOp>());
  if (!isProduct && !base.getOp<arith::DivFOp>())
    return failure();
  if (!base.getType().isF32()) {
    llvm::raw_string_ostream(reason)
        << "expects to scale in f32, but got " << base.getType();
    return failure();
  }
  for (unsigned side : {1u, 0u}) {
    if (side == 0 && !isProduct)
      break;
    FailureOr<BlockedTensor> values = findValues(base.getOperand(1 - side));
    if (failed(values))
      continue;
    std::string attempt;
    FailureOr<BlockNumbers> scales =
        isProduct ? findFactors(base.getOperand(side), *values,
                                idiom.difference, attempt)
                  : findDivisors(base.getOperand(side), *values,
                                 idiom.difference, attempt);
    if (failed(scales)) {
      reason = attempt;
      continue;
    }
    if (!scales->type.isF32()) {
      llvm::raw_string_ostream(reason)
          << "expects scales of f32, but got " << scales->type;
      return failure();
    }
    idiom.values = *values;
    idiom.scales = *scales;
    reason.clear();
    return success();
  }
  if (reason.empty())
    reason = "expects values in a tensor, but got ones computed beside";
  return failure();
}

//===----------------------------------------------------------------------===//
// Analysis
//===----------------------------------------------------------------------===//

/// Joins what the floats and the integers of the formula do.
static LogicalResult join(const RoundedFloat &rounded,
                          const ClampedInteger &integer, QuantizeIdiom &idiom,
                          std::string &reason) {
  if (rounded.zeroPoints && integer.offset != 0) {
    reason = "adds two zero points";
    return failure();
  }
  // Clamped floats, converted to integers of a range, then offset and clamped.
  ClampedInteger clamped = integer;
  double low = std::max(rounded.min, -4294967296.0) + integer.offset;
  double high = std::min(rounded.max, 4294967296.0) + integer.offset;
  clamped.min = std::clamp<int64_t>(low, integer.min, integer.max);
  clamped.max = std::clamp<int64_t>(high, integer.min, integer.max);
  idiom.zeroPoint = rounded.zeroPoint + integer.offset;
  idiom.min = clamped.min;
  idiom.max = clamped.max;
  // Signed unless only unsigned integers of this width hold the codes.
  idiom.isSigned = !integer.base.getOp<arith::FPToUIOp>() &&
                   idiom.max <= QuantType::getMaxOf(idiom.width, true);
  if (idiom.min < QuantType::getMinOf(idiom.width, idiom.isSigned) ||
      idiom.max > QuantType::getMaxOf(idiom.width, idiom.isSigned) ||
      idiom.min >= idiom.max || idiom.zeroPoint < idiom.min ||
      idiom.zeroPoint > idiom.max) {
    llvm::raw_string_ostream(reason)
        << "expects codes around the zero point " << idiom.zeroPoint
        << ", but got [" << idiom.min << ", " << idiom.max << "]";
    return failure();
  }
  if (!rounded.zeroPoints)
    return success();
  FailureOr<BlockNumbers> zeroPoints =
      findZeroPoints(rounded.zeroPoints, idiom.width, idiom.isSigned, idiom.min,
                     idiom.max, idiom.values, reason);
  if (failed(zeroPoints))
    return failure();
  idiom.zeroPoints = *zeroPoints;
  if (failed(joinBlocks(idiom.scales.block, zeroPoints->block))) {
    reason = "expects scales and zero points of the same blocks";
    return failure();
  }
  return success();
}

/// The op that converts is the root unless its result is clamped and truncated.
static bool isLast(Operation *root) {
  if (isa<arith::TruncIOp>(root))
    return true;
  return llvm::none_of(root->getUsers(), [](Operation *user) {
    return isa<arith::AddIOp, arith::MinSIOp, arith::MaxSIOp, arith::TruncIOp>(
        user);
  });
}

/// Whether the op that scales a value promises nothing of NaNs.
static bool mayBeNaN(Element scaled) {
  Operation *op = scaled.getOp<arith::DivFOp>();
  if (!op)
    op = scaled.getOp<arith::MulFOp>();
  auto flags = dyn_cast_if_present<arith::ArithFastMathInterface>(op);
  return !flags || !bitEnumContainsAny(flags.getFastMathFlagsAttr().getValue(),
                                       arith::FastMathFlags::nnan);
}

FailureOr<QuantizeIdiom> ptq::matchQuantize(Operation *root, bool isRelaxed,
                                            std::string &reason) {
  Element element = Element::atRoot(root->getResult(0));
  auto type = dyn_cast<IntegerType>(element.getType());
  if (!type || type.getWidth() < 2 || type.getWidth() > 16 || !isLast(root))
    return failure();
  FailureOr<ClampedInteger> integer = readClampedInteger(element, reason);
  if (failed(integer) || integer->base.getOp<tosa::ApplyScaleOp>())
    return failure();
  FailureOr<RoundedFloat> rounded =
      readRoundedFloat(integer->base.getOperand(0), reason);
  if (failed(rounded))
    return failure();
  QuantizeIdiom idiom;
  idiom.width = type.getWidth();
  if (failed(readScaling(rounded->base, idiom, reason)))
    return failure();
  if (!rounded->isRounded) {
    reason = "truncates where ptq rounds";
    return failure();
  }
  bool roundsTies = rounded->otherRounding == "rounds ties away from zero";
  if (!rounded->otherRounding.empty() && !roundsTies) {
    reason = rounded->otherRounding;
    return failure();
  }
  if (roundsTies)
    idiom.difference += rounded->otherRounding + "; ";
  if (rounded->isRoundedLate)
    idiom.difference += "the zero point is added before the rounding; ";
  if (failed(join(*rounded, *integer, idiom, reason)))
    return failure();
  // Without a clamp that takes it, a NaN is undefined where it is converted.
  if (rounded->nan && mayBeNaN(rounded->base) &&
      std::clamp<double>(*rounded->nan + integer->offset, integer->min,
                         integer->max) != idiom.min)
    idiom.difference += "a NaN becomes another code than the smallest; ";
  if (!idiom.difference.empty())
    idiom.difference.resize(idiom.difference.size() - 2);
  if (!idiom.difference.empty() && !isRelaxed) {
    reason = idiom.difference;
    return failure();
  }
  return idiom;
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

Value ptq::build(OpBuilder &builder, Location loc, const QuantizeIdiom &idiom) {
  SmallVector<int64_t> block = idiom.scales.block;
  Attribute zeroPoint;
  Value zeroPoints;
  if (idiom.zeroPoints) {
    block = *joinBlocks(block, idiom.zeroPoints->block);
    zeroPoint = TypeAttr::get(idiom.zeroPoints->type);
    zeroPoints =
        arrangeNumbers(builder, loc, *idiom.zeroPoints, idiom.values, block);
  } else if (idiom.zeroPoint != 0) {
    zeroPoint = builder.getI64IntegerAttr(idiom.zeroPoint);
  }
  RankedTensorType type = idiom.values.getType();
  QuantType format =
      QuantType::get(idiom.width, idiom.isSigned, idiom.min, idiom.max,
                     cast<FloatType>(type.getElementType()), block,
                     builder.getF32Type(), zeroPoint);
  Value scales =
      arrangeNumbers(builder, loc, idiom.scales, idiom.values, block);
  Value codes = QuantizeOp::create(builder, loc, type.clone(format),
                                   idiom.values.tensor, scales,
                                   /*multiplier=*/Value(), zeroPoints);
  RankedTensorType bytes = type.clone(format.getByteStorageType());
  Value result = StorageCastOp::create(builder, loc, bytes, codes,
                                       /*packed=*/false);
  auto integers = type.clone(builder.getIntegerType(idiom.width));
  if (integers != bytes)
    result = arith::TruncIOp::create(builder, loc, integers, result);
  return result;
}
