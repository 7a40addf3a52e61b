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

static Value getI32(OpBuilder &builder, Location loc, int64_t value) {
  IntegerType type = builder.getI32Type();
  return arith::ConstantOp::create(builder, loc, getBitsAttr(type, value));
}

static Value getF32(OpBuilder &builder, Location loc, float value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getF32FloatAttr(value));
}

static Value select(OpBuilder &builder, Location loc, Value condition,
                    Value ifTrue, Value ifFalse) {
  return arith::SelectOp::create(builder, loc, condition, ifTrue, ifFalse);
}

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

/// 2^(bits - 127) by moving the exponent to its place in an f32; bits 0 are an
/// f32 subnormal, bits 255 a NaN.
static Value extendPowerOfTwo(OpBuilder &builder, Location loc, Value value) {
  Value byte =
      arith::BitcastOp::create(builder, loc, builder.getI8Type(), value);
  Value exponent =
      arith::ExtUIOp::create(builder, loc, builder.getI32Type(), byte);
  Value bits =
      arith::ShLIOp::create(builder, loc, exponent, getI32(builder, loc, 23));
  auto equals = [&](int64_t code) -> Value {
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                 exponent, getI32(builder, loc, code));
  };
  bits =
      select(builder, loc, equals(0), getI32(builder, loc, 0x00400000), bits);
  bits =
      select(builder, loc, equals(255), getI32(builder, loc, 0x7fc00000), bits);
  return arith::BitcastOp::create(builder, loc, builder.getF32Type(), bits);
}

Value ptq::extendToF32(OpBuilder &builder, Location loc, Value value) {
  if (value.getType().isF32())
    return value;
  if (isa<Float8E8M0FNUType>(value.getType()))
    return extendPowerOfTwo(builder, loc, value);
  return arith::ExtFOp::create(builder, loc, builder.getF32Type(), value);
}

Value ptq::roundFromF32(OpBuilder &builder, Location loc, Value value,
                        Type type) {
  if (type.isF32())
    return value;
  return arith::TruncFOp::create(builder, loc, type, value);
}

/// The nearest power of two, ties up, as f8E8M0FNU. What would become 2^-127,
/// an f32 subnormal, becomes 1 by the scale rule; what overflows becomes NaN,
/// whose code is the next one.
static Value roundScaleToPowerOfTwo(OpBuilder &builder, Location loc,
                                    Value scale, Type type) {
  Value bits =
      arith::BitcastOp::create(builder, loc, builder.getI32Type(), scale);
  Value rounded = arith::AddIOp::create(builder, loc, bits,
                                        getI32(builder, loc, 0x00400000));
  Value exponent =
      arith::ShRUIOp::create(builder, loc, rounded, getI32(builder, loc, 23));
  Value vanishes =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, bits,
                            getI32(builder, loc, 0x00600000));
  exponent =
      select(builder, loc, vanishes, getI32(builder, loc, 127), exponent);
  Value byte =
      arith::TruncIOp::create(builder, loc, builder.getI8Type(), exponent);
  return arith::BitcastOp::create(builder, loc, type, byte);
}

Value ptq::roundScale(OpBuilder &builder, Location loc, Value scale,
                      Type type) {
  if (isa<Float8E8M0FNUType>(type))
    return roundScaleToPowerOfTwo(builder, loc, scale, type);
  Value rounded = roundFromF32(builder, loc, scale, type);
  Value smallest = getF32(builder, loc, 0x1p-126f);
  Value vanishes =
      arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT,
                            extendToF32(builder, loc, rounded), smallest);
  Value one =
      arith::ConstantOp::create(builder, loc, builder.getFloatAttr(type, 1.0));
  return select(builder, loc, vanishes, one, rounded);
}

//===----------------------------------------------------------------------===//
// Codes
//===----------------------------------------------------------------------===//

Value ptq::extendCode(OpBuilder &builder, Location loc, Value code,
                      bool isSigned) {
  IntegerType type = builder.getI32Type();
  if (code.getType() == type)
    return code;
  if (isSigned)
    return arith::ExtSIOp::create(builder, loc, type, code);
  return arith::ExtUIOp::create(builder, loc, type, code);
}

Value ptq::getZeroPoint(OpBuilder &builder, Location loc, Value zeroPoint,
                        QuantType format) {
  if (zeroPoint)
    return extendCode(builder, loc, zeroPoint, format.getIsSigned());
  if (format.getConstantZeroPoint() == 0)
    return {};
  return getI32(builder, loc, format.getConstantZeroPoint());
}

Value ptq::clampToCode(OpBuilder &builder, Location loc, Value value,
                       QuantType format) {
  Value min = getF32(builder, loc, format.getStorageMin());
  Value max = getF32(builder, loc, format.getStorageMax());
  // maxnum drops a NaN, which thus becomes min.
  value = arith::MaxNumFOp::create(builder, loc, value, min);
  value = arith::MinNumFOp::create(builder, loc, value, max);
  IntegerType type = format.getByteStorageType();
  if (format.getIsSigned())
    return arith::FPToSIOp::create(builder, loc, type, value);
  return arith::FPToUIOp::create(builder, loc, type, value);
}

Value ptq::quantizeValue(OpBuilder &builder, Location loc, Value value,
                         Value factor, Value zeroPoint, QuantType format) {
  value = arith::MulFOp::create(builder, loc, value, factor);
  value = math::RoundEvenOp::create(builder, loc, value);
  if (zeroPoint) {
    Value offset =
        arith::SIToFPOp::create(builder, loc, builder.getF32Type(), zeroPoint);
    value = arith::AddFOp::create(builder, loc, value, offset);
  }
  return clampToCode(builder, loc, value, format);
}

Value ptq::centerCode(OpBuilder &builder, Location loc, Value code,
                      Value multiplier, Value zeroPoint, QuantType format) {
  Value centered = extendCode(builder, loc, code, format.getIsSigned());
  if (Value offset = getZeroPoint(builder, loc, zeroPoint, format))
    centered = arith::SubIOp::create(builder, loc, centered, offset);
  if (!multiplier)
    return centered;
  Value factor =
      extendCode(builder, loc, multiplier, format.getIsMultiplierSigned());
  return arith::MulIOp::create(builder, loc, factor, centered);
}
