//===- DecomposeElements.cpp - Elementwise ops as linalg ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Blocks.h"
#include "Decompose.h"
#include "Scalars.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Codes
//===----------------------------------------------------------------------===//

Value ptq::getCodes(ImplicitLocOpBuilder &builder, Value quantized) {
  auto type = cast<RankedTensorType>(quantized.getType());
  auto format = cast<QuantType>(type.getElementType());
  return StorageCastOp::create(builder, type.clone(format.getByteStorageType()),
                               quantized, /*packed=*/false);
}

Value ptq::getQuantized(ImplicitLocOpBuilder &builder, Value codes,
                        QuantType format) {
  auto type = cast<RankedTensorType>(codes.getType());
  return StorageCastOp::create(builder, type.clone(format), codes,
                               /*packed=*/false);
}

//===----------------------------------------------------------------------===//
// Numbers of a format
//===----------------------------------------------------------------------===//

namespace {

/// The parameters of `mapBlocks` that a format brings, and what of them a body
/// finds among its arguments.
class FormatParameters {
public:
  FormatParameters(const QuantOperands &operands, QuantType format) {
    auto add = [&](Value value, ArrayRef<int64_t> block) -> unsigned {
      if (!value)
        return 0;
      parameters.push_back({value, SmallVector<int64_t>(block)});
      return parameters.size(); // argument 0 is the element
    };
    scaleArgument = add(operands.scale, format.getBlock());
    zeroPointArgument = add(operands.zeroPoint, format.getBlock());
    multiplierArgument = add(operands.multiplier, format.getMultiplierBlock());
  }

  ArrayRef<BlockParameter> get() const { return parameters; }
  QuantOperands select(ValueRange arguments) const {
    auto at = [&](unsigned index) {
      return index ? arguments[index] : Value();
    };
    return {at(scaleArgument), at(multiplierArgument), at(zeroPointArgument)};
  }

private:
  SmallVector<BlockParameter> parameters;
  unsigned scaleArgument, zeroPointArgument, multiplierArgument;
};

} // namespace

/// The centred integers of a format: i8 or i16 if its type proves them to fit.
static IntegerType getCenteredType(QuantType format) {
  auto [min, max] = format.getCenteredRange();
  unsigned width = 32;
  if (!format.hasZeroPointOperand())
    width = llvm::isInt<8>(min) && llvm::isInt<8>(max)     ? 8
            : llvm::isInt<16>(min) && llvm::isInt<16>(max) ? 16
                                                           : 32;
  return IntegerType::get(format.getContext(), width);
}

Value ptq::centerCodes(ImplicitLocOpBuilder &builder, Value codes,
                       const QuantOperands &operands, QuantType format) {
  FormatParameters parameters(
      {Value(), operands.multiplier, operands.zeroPoint}, format);
  IntegerType type = getCenteredType(format);
  return mapBlocks(
      builder, codes, parameters.get(), type,
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) {
        QuantOperands numbers = parameters.select(arguments);
        Value centered = centerCode(nested, arguments[0], numbers.multiplier,
                                    numbers.zeroPoint, format);
        if (type.getWidth() == 32)
          return centered;
        return arith::TruncIOp::create(nested, type, centered).getResult();
      });
}

//===----------------------------------------------------------------------===//
// Quantize and dequantize
//===----------------------------------------------------------------------===//

/// `1 / f32(scale)` of every block.
static Value invertScales(ImplicitLocOpBuilder &builder, Value scale) {
  return mapBlocks(
      builder, scale, {}, builder.getF32Type(),
      [](ImplicitLocOpBuilder &nested, ValueRange arguments) -> Value {
        Value one =
            arith::ConstantOp::create(nested, nested.getF32FloatAttr(1.0));
        return arith::DivFOp::create(nested, one,
                                     extendToF32(nested, arguments[0]));
      });
}

/// The code of `value` where the scale is `f32(multiplier) * scale`.
static Value quantizeWithMultiplier(ImplicitLocOpBuilder &builder, Value value,
                                    const QuantOperands &numbers,
                                    Value zeroPoint, QuantType format) {
  Value multiplier =
      extendCode(builder, numbers.multiplier, format.getIsMultiplierSigned());
  Type f32 = builder.getF32Type();
  Value factor = arith::SIToFPOp::create(builder, f32, multiplier);
  Value scale = arith::MulFOp::create(builder, factor,
                                      extendToF32(builder, numbers.scale));
  Value one = arith::ConstantOp::create(builder, builder.getF32FloatAttr(1.0));
  Value inverse = arith::DivFOp::create(builder, one, scale);
  Value code = quantizeValue(builder, value, inverse, zeroPoint, format);

  Value zero = arith::ConstantOp::create(builder, builder.getI32IntegerAttr(0));
  Value origin =
      arith::SIToFPOp::create(builder, f32, zeroPoint ? zeroPoint : zero);
  Value isZero = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq,
                                       multiplier, zero);
  return arith::SelectOp::create(builder, isZero,
                                 clampToCode(builder, origin, format), code);
}

/// The codes of `input`, with the scales as stored.
static Value quantizeToCodes(ImplicitLocOpBuilder &builder, Value input,
                             QuantOperands operands, QuantType format) {
  if (!operands.multiplier)
    operands.scale = invertScales(builder, operands.scale);
  FormatParameters parameters(operands, format);
  return mapBlocks(
      builder, input, parameters.get(), format.getByteStorageType(),
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) {
        QuantOperands numbers = parameters.select(arguments);
        Value value = extendToF32(nested, arguments[0]);
        Value zeroPoint = getZeroPoint(nested, numbers.zeroPoint, format);
        if (numbers.multiplier)
          return quantizeWithMultiplier(nested, value, numbers, zeroPoint,
                                        format);
        return quantizeValue(nested, value, numbers.scale, zeroPoint, format);
      });
}

Value ptq::dequantizeCodes(ImplicitLocOpBuilder &builder, Value codes,
                           const QuantOperands &operands, QuantType format,
                           Type resultType) {
  FormatParameters parameters(operands, format);
  return mapBlocks(
      builder, codes, parameters.get(), resultType,
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) {
        QuantOperands numbers = parameters.select(arguments);
        Value centered = centerCode(nested, arguments[0], numbers.multiplier,
                                    numbers.zeroPoint, format);
        Value value =
            arith::SIToFPOp::create(nested, nested.getF32Type(), centered);
        value = arith::MulFOp::create(nested, value,
                                      extendToF32(nested, numbers.scale));
        return roundFromF32(nested, value, resultType);
      });
}

FailureOr<SmallVector<Value>>
QuantizeOp::decomposeOperation(OpBuilder &opBuilder) {
  ImplicitLocOpBuilder builder(getLoc(), opBuilder);
  auto format = cast<QuantType>(getElementTypeOrSelf(getResult()));
  Value codes =
      quantizeToCodes(builder, getInput(),
                      {getScale(), getMultiplier(), getZeroPoint()}, format);
  return SmallVector<Value>{getQuantized(builder, codes, format)};
}

FailureOr<SmallVector<Value>>
DequantizeOp::decomposeOperation(OpBuilder &opBuilder) {
  ImplicitLocOpBuilder builder(getLoc(), opBuilder);
  auto format = cast<QuantType>(getElementTypeOrSelf(getInput()));
  return SmallVector<Value>{
      dequantizeCodes(builder, getCodes(builder, getInput()),
                      {getScale(), getMultiplier(), getZeroPoint()}, format,
                      getElementTypeOrSelf(getResult()))};
}

FailureOr<SmallVector<Value>>
FakeQuantizeOp::decomposeOperation(OpBuilder &opBuilder) {
  ImplicitLocOpBuilder builder(getLoc(), opBuilder);
  QuantOperands operands = {getScale(), getMultiplier(), getZeroPoint()};
  Value codes = quantizeToCodes(builder, getInput(), operands, getFormat());
  return SmallVector<Value>{dequantizeCodes(builder, codes, operands,
                                            getFormat(),
                                            getElementTypeOrSelf(getResult()))};
}

//===----------------------------------------------------------------------===//
// Dynamic quantization
//===----------------------------------------------------------------------===//

/// `max |x|` of every block, a NaN ignored, without the whole dimensions.
static Value reduceToAbsMax(ImplicitLocOpBuilder &builder, Value input,
                            ArrayRef<int64_t> block) {
  // In f32, though a maximum rounds nothing: LLVM computes |x| of bf16 in f32
  // and calls a library to round it back.
  return reduceBlocks(
      builder, input, block, builder.getF32Type(),
      [](ImplicitLocOpBuilder &nested, ValueRange arguments) -> Value {
        Value magnitude =
            math::AbsFOp::create(nested, extendToF32(nested, arguments[0]));
        return arith::MaxNumFOp::create(nested, arguments[1], magnitude);
      });
}

/// The scale of every block, as it is stored.
static Value computeScales(ImplicitLocOpBuilder &builder, Value input,
                           QuantType format) {
  Value absMax = reduceToAbsMax(builder, input, format.getBlock());
  Value scales = mapBlocks(
      builder, absMax, {}, format.getScaleType(),
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) {
        int64_t max = format.getStorageMax() - format.getConstantZeroPoint();
        Value divisor =
            arith::ConstantOp::create(nested, nested.getF32FloatAttr(max));
        Value scale = arith::DivFOp::create(nested, arguments[0], divisor);
        return roundScale(nested, scale, format.getScaleType());
      });
  return restoreWholeDimensions(builder, scales, format.getBlock());
}

/// The sum of the codes of every block.
static Value sumCodes(ImplicitLocOpBuilder &builder, Value codes,
                      ArrayRef<int64_t> block, QuantType format) {
  Value sums = reduceBlocks(
      builder, codes, block, builder.getI32Type(),
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) -> Value {
        Value code = extendCode(nested, arguments[0], format.getIsSigned());
        return arith::AddIOp::create(nested, arguments[1], code);
      });
  return restoreWholeDimensions(builder, sums, block);
}

FailureOr<SmallVector<Value>>
DynamicQuantizeOp::decomposeOperation(OpBuilder &opBuilder) {
  ImplicitLocOpBuilder builder(getLoc(), opBuilder);
  auto format = cast<QuantType>(getElementTypeOrSelf(getResult()));
  Value scale = computeScales(builder, getInput(), format);
  Value codes =
      quantizeToCodes(builder, getInput(), {scale, Value(), Value()}, format);
  SmallVector<Value> results = {getQuantized(builder, codes, format), scale};
  if (getSums())
    results.push_back(sumCodes(builder, codes, *getSumsBlock(), format));
  return results;
}

//===----------------------------------------------------------------------===//
// Requantize
//===----------------------------------------------------------------------===//

static Value extendToI64(ImplicitLocOpBuilder &builder, Value value) {
  return arith::ExtSIOp::create(builder, builder.getI64Type(), value);
}

/// `clamp(((sum + (1 << (shift - 1))) >> shift) + zp)` of a sum in i64.
static Value shiftToCode(ImplicitLocOpBuilder &builder, Value sum, Value shift,
                         Value zeroPoint, QuantType format) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(builder, builder.getI64IntegerAttr(value));
  };
  Value wideShift = extendToI64(builder, shift), one = constant(1);
  Value half = arith::ShLIOp::create(
      builder, one, arith::SubIOp::create(builder, wideShift, one));
  Value value = arith::ShRSIOp::create(
      builder, arith::AddIOp::create(builder, sum, half), wideShift);
  if (zeroPoint)
    value =
        arith::AddIOp::create(builder, value, extendToI64(builder, zeroPoint));
  value =
      arith::MaxSIOp::create(builder, value, constant(format.getStorageMin()));
  value =
      arith::MinSIOp::create(builder, value, constant(format.getStorageMax()));
  return arith::TruncIOp::create(builder, format.getByteStorageType(), value);
}

FailureOr<SmallVector<Value>>
RequantizeOp::decomposeOperation(OpBuilder &opBuilder) {
  ImplicitLocOpBuilder builder(getLoc(), opBuilder);
  auto format = cast<QuantType>(getElementTypeOrSelf(getResult()));
  QuantType inputFormat = getInputFormat();
  SmallVector<BlockParameter> parameters;
  auto add = [&](Value value, ArrayRef<int64_t> block) -> unsigned {
    if (value)
      parameters.push_back({value, SmallVector<int64_t>(block)});
    return value ? parameters.size() : 0; // argument 0 is the element
  };
  unsigned multiplier = add(getMultiplier(), getMultiplierBlock());
  unsigned shift = add(getShift(), getMultiplierBlock());
  unsigned bias = add(getBias(), getMultiplierBlock());
  unsigned stored = add(getZeroPoint(), format.getBlock());
  Value input = inputFormat ? getCodes(builder, getInput()) : Value(getInput());
  Value codes = mapBlocks(
      builder, input, parameters, format.getByteStorageType(),
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) {
        Value acc = arguments[0];
        if (inputFormat)
          acc = centerCode(nested, acc, /*multiplier=*/Value(),
                           /*zeroPoint=*/Value(), inputFormat);
        if (bias)
          acc = arith::AddIOp::create(nested, acc, arguments[bias]);
        Value zeroPoint = ptq::getZeroPoint(
            nested, stored ? arguments[stored] : Value(), format);
        if (shift) {
          Value product =
              arith::MulIOp::create(nested, extendToI64(nested, acc),
                                    extendToI64(nested, arguments[multiplier]));
          return shiftToCode(nested, product, arguments[shift], zeroPoint,
                             format);
        }
        Value value = arith::SIToFPOp::create(nested, nested.getF32Type(), acc);
        return quantizeValue(nested, value, arguments[multiplier], zeroPoint,
                             format);
      });
  return SmallVector<Value>{getQuantized(builder, codes, format)};
}

//===----------------------------------------------------------------------===//
// Add
//===----------------------------------------------------------------------===//

namespace {

/// The sides of an addition as integers, in the body of its loops.
struct Summands {
  Value lhs, lhsMultiplier, rhs, rhsMultiplier, shift;
};

} // namespace

static Value addFloats(ImplicitLocOpBuilder &builder, const Summands &sides,
                       QuantType format) {
  Type f32 = builder.getF32Type();
  Value lhs = arith::SIToFPOp::create(builder, f32, sides.lhs);
  Value rhs = arith::SIToFPOp::create(builder, f32, sides.rhs);
  Value sum = math::FmaOp::create(
      builder, rhs, sides.rhsMultiplier,
      arith::MulFOp::create(builder, lhs, sides.lhsMultiplier));
  Value one = arith::ConstantOp::create(builder, builder.getF32FloatAttr(1));
  return quantizeValue(builder, sum, one,
                       getZeroPoint(builder, Value(), format), format);
}

static Value addFixed(ImplicitLocOpBuilder &builder, const Summands &sides,
                      QuantType format) {
  auto multiply = [&](Value side, Value multiplier) -> Value {
    return arith::MulIOp::create(builder, extendToI64(builder, side),
                                 extendToI64(builder, multiplier));
  };
  Value sum =
      arith::AddIOp::create(builder, multiply(sides.lhs, sides.lhsMultiplier),
                            multiply(sides.rhs, sides.rhsMultiplier));
  return shiftToCode(builder, sum, sides.shift,
                     getZeroPoint(builder, Value(), format), format);
}

FailureOr<SmallVector<Value>> AddOp::decomposeOperation(OpBuilder &opBuilder) {
  ImplicitLocOpBuilder builder(getLoc(), opBuilder);
  auto format = cast<QuantType>(getElementTypeOrSelf(getResult()));
  auto lhsFormat = cast<QuantType>(getElementTypeOrSelf(getLhs()));
  auto rhsFormat = cast<QuantType>(getElementTypeOrSelf(getRhs()));
  SmallVector<int64_t> block(format.getBlock());
  SmallVector<BlockParameter> parameters = {
      {getCodes(builder, getRhs()), SmallVector<int64_t>(block.size(), 1)},
      {getLhsMultiplier(), block},
      {getRhsMultiplier(), block}};
  if (getShift())
    parameters.push_back({getShift(), block});
  Value codes = mapBlocks(
      builder, getCodes(builder, getLhs()), parameters,
      format.getByteStorageType(),
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) {
        auto center = [&](Value code, QuantType side) {
          return centerCode(nested, code, /*multiplier=*/Value(),
                            /*zeroPoint=*/Value(), side);
        };
        Summands sides = {center(arguments[0], lhsFormat), arguments[2],
                          center(arguments[1], rhsFormat), arguments[3],
                          getShift() ? arguments[4] : Value()};
        return getShift() ? addFixed(nested, sides, format)
                          : addFloats(nested, sides, format);
      });
  return SmallVector<Value>{getQuantized(builder, codes, format)};
}
