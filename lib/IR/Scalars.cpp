//===- Scalars.cpp - The exact arithmetic of one element ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Scalars.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::ptq;

IntegerAttr ptq::getBitsAttr(IntegerType type, int64_t value) {
  return IntegerAttr::get(type, APInt(64, value).trunc(type.getWidth()));
}

static Value getI32(ImplicitLocOpBuilder &builder, int64_t value) {
  IntegerType type = builder.getI32Type();
  return arith::ConstantOp::create(builder, getBitsAttr(type, value));
}

static Value getF32(ImplicitLocOpBuilder &builder, float value) {
  return arith::ConstantOp::create(builder, builder.getF32FloatAttr(value));
}

static Value select(ImplicitLocOpBuilder &builder, Value condition,
                    Value ifTrue, Value ifFalse) {
  return arith::SelectOp::create(builder, condition, ifTrue, ifFalse);
}

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

/// 2^(bits - 127) by moving the exponent to its place in an f32; bits 0 are an
/// f32 subnormal, bits 255 a NaN.
static Value extendPowerOfTwo(ImplicitLocOpBuilder &builder, Value value) {
  Value byte = arith::BitcastOp::create(builder, builder.getI8Type(), value);
  Value exponent = arith::ExtUIOp::create(builder, builder.getI32Type(), byte);
  Value bits = arith::ShLIOp::create(builder, exponent, getI32(builder, 23));
  auto equals = [&](int64_t code) -> Value {
    return arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, exponent,
                                 getI32(builder, code));
  };
  bits = select(builder, equals(0), getI32(builder, 0x00400000), bits);
  bits = select(builder, equals(255), getI32(builder, 0x7fc00000), bits);
  return arith::BitcastOp::create(builder, builder.getF32Type(), bits);
}

Value ptq::extendToF32(ImplicitLocOpBuilder &builder, Value value) {
  if (value.getType().isF32())
    return value;
  if (isa<Float8E8M0FNUType>(value.getType()))
    return extendPowerOfTwo(builder, value);
  return arith::ExtFOp::create(builder, builder.getF32Type(), value);
}

Value ptq::roundFromF32(ImplicitLocOpBuilder &builder, Value value, Type type) {
  if (type.isF32())
    return value;
  return arith::TruncFOp::create(builder, type, value);
}

/// The nearest power of two, ties up, as f8E8M0FNU. What would become 2^-127,
/// an f32 subnormal, becomes 1 by the scale rule; what overflows becomes NaN,
/// whose code is the next one.
static Value roundScaleToPowerOfTwo(ImplicitLocOpBuilder &builder, Value scale,
                                    Type type) {
  Value bits = arith::BitcastOp::create(builder, builder.getI32Type(), scale);
  Value rounded =
      arith::AddIOp::create(builder, bits, getI32(builder, 0x00400000));
  Value exponent =
      arith::ShRUIOp::create(builder, rounded, getI32(builder, 23));
  Value vanishes = arith::CmpIOp::create(builder, arith::CmpIPredicate::ult,
                                         bits, getI32(builder, 0x00600000));
  exponent = select(builder, vanishes, getI32(builder, 127), exponent);
  Value byte = arith::TruncIOp::create(builder, builder.getI8Type(), exponent);
  return arith::BitcastOp::create(builder, type, byte);
}

Value ptq::roundScale(ImplicitLocOpBuilder &builder, Value scale, Type type) {
  if (isa<Float8E8M0FNUType>(type))
    return roundScaleToPowerOfTwo(builder, scale, type);
  Value rounded = roundFromF32(builder, scale, type);
  Value smallest = getF32(builder, 0x1p-126f);
  Value vanishes =
      arith::CmpFOp::create(builder, arith::CmpFPredicate::OLT,
                            extendToF32(builder, rounded), smallest);
  Value one =
      arith::ConstantOp::create(builder, builder.getFloatAttr(type, 1.0));
  return select(builder, vanishes, one, rounded);
}

//===----------------------------------------------------------------------===//
// Codes
//===----------------------------------------------------------------------===//

Value ptq::extendCode(ImplicitLocOpBuilder &builder, Value code,
                      bool isSigned) {
  IntegerType type = builder.getI32Type();
  if (code.getType() == type)
    return code;
  if (isSigned)
    return arith::ExtSIOp::create(builder, type, code);
  return arith::ExtUIOp::create(builder, type, code);
}

Value ptq::getZeroPoint(ImplicitLocOpBuilder &builder, Value zeroPoint,
                        QuantType format) {
  if (zeroPoint)
    return extendCode(builder, zeroPoint, format.getIsSigned());
  if (format.getConstantZeroPoint() == 0)
    return {};
  return getI32(builder, format.getConstantZeroPoint());
}

Value ptq::clampToCode(ImplicitLocOpBuilder &builder, Value value,
                       QuantType format) {
  Value min = getF32(builder, format.getStorageMin());
  Value max = getF32(builder, format.getStorageMax());
  // maxnum drops a NaN, which thus becomes min.
  value = arith::MaxNumFOp::create(builder, value, min);
  value = arith::MinNumFOp::create(builder, value, max);
  IntegerType type = format.getByteStorageType();
  if (format.getIsSigned())
    return arith::FPToSIOp::create(builder, type, value);
  return arith::FPToUIOp::create(builder, type, value);
}

Value ptq::quantizeValue(ImplicitLocOpBuilder &builder, Value value,
                         Value factor, Value zeroPoint, QuantType format) {
  value = arith::MulFOp::create(builder, value, factor);
  value = math::RoundEvenOp::create(builder, value);
  if (zeroPoint) {
    Value offset =
        arith::SIToFPOp::create(builder, builder.getF32Type(), zeroPoint);
    value = arith::AddFOp::create(builder, value, offset);
  }
  return clampToCode(builder, value, format);
}

Value ptq::centerCode(ImplicitLocOpBuilder &builder, Value code,
                      Value multiplier, Value zeroPoint, QuantType format) {
  Value centered = extendCode(builder, code, format.getIsSigned());
  if (Value offset = getZeroPoint(builder, zeroPoint, format))
    centered = arith::SubIOp::create(builder, centered, offset);
  if (!multiplier)
    return centered;
  Value factor =
      extendCode(builder, multiplier, format.getIsMultiplierSigned());
  return arith::MulIOp::create(builder, factor, centered);
}
