//===- PowerOps.cpp - Powers and remainders -------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BinaryMap.h"
#include "OnnxOps.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Remainders
//===----------------------------------------------------------------------===//

/// x - trunc(x / y) * y with one rounding; arith.remf becomes a call.
static Value buildFloatRemainder(ScalarMath &m, Value x, Value y) {
  Value quotient = m.call<math::TruncOp>(m.div(x, y));
  Value negated = m.call<arith::NegFOp>(quotient);
  return math::FmaOp::create(m.b, negated, y, x);
}

/// Remainder with the sign of the dividend (`fmod`) or of the divisor.
static LogicalResult buildMod(OnnxNode &n) {
  bool isTruncated = n.getBool("fmod", false);
  if (failed(n.expectNumber(0)) || failed(n.expectSameType(1, 0)))
    return failure();
  return buildBinaryMap(
      n, n.input(0).type, [&](ScalarMath &m, Value x, Value y) -> Value {
        if (isUnsigned(m.type))
          return arith::RemUIOp::create(m.b, x, y);
        Value rest = isFloat(m.type)
                         ? buildFloatRemainder(m, x, y)
                         : arith::RemSIOp::create(m.b, x, y).getResult();
        if (isTruncated)
          return rest;
        using Order = ScalarMath::Order;
        Value zero = m.number(x, 0);
        Value signsDiffer =
            arith::XOrIOp::create(m.b, m.compare(Order::Less, rest, zero),
                                  m.compare(Order::Less, y, zero));
        Value isExact = m.compare(Order::Equal, rest, zero);
        return m.select(isExact, rest,
                        m.select(signsDiffer, m.add(rest, y), rest));
      });
}

//===----------------------------------------------------------------------===//
// Powers
//===----------------------------------------------------------------------===//

/// `base` to an exponent that is an i64, not negative, by squaring.
static Value buildIntegerPower(ScalarMath &m, Value base, Value exponent) {
  ImplicitLocOpBuilder &b = m.b;
  Value zero = m.number(exponent, 0), one = m.number(exponent, 1);
  using I = arith::CmpIPredicate;
  auto loop = scf::WhileOp::create(
      b, TypeRange{base.getType(), base.getType(), exponent.getType()},
      ValueRange{m.number(base, 1), base, exponent},
      [&](OpBuilder &builder, Location loc, ValueRange state) {
        Value goesOn =
            arith::CmpIOp::create(builder, loc, I::sgt, state[2], zero);
        scf::ConditionOp::create(builder, loc, goesOn, state);
      },
      [&](OpBuilder &builder, Location loc, ValueRange state) {
        ImplicitLocOpBuilder inner(loc, builder);
        ScalarMath body(inner, m.type);
        Value isOdd =
            arith::TruncIOp::create(inner, inner.getI1Type(), state[2]);
        Value product =
            body.select(isOdd, body.mul(state[0], state[1]), state[0]);
        Value rest = arith::ShRUIOp::create(inner, state[2], one);
        scf::YieldOp::create(
            inner, ValueRange{product, body.mul(state[1], state[1]), rest});
      });
  return loop.getResult(0);
}

/// The exponent, if it is one small constant: powers of exported models are
/// squares and cubes.
static std::optional<double> getExponent(OnnxTensor &tensor) {
  auto dense = dyn_cast_if_present<DenseElementsAttr>(tensor.constant);
  if (!dense || dense.getNumElements() != 1)
    return std::nullopt;
  if (isFloat(tensor.type))
    return dense.getSplatValue<APFloat>().convertToDouble();
  return double(dense.getSplatValue<APInt>().getSExtValue());
}

static LogicalResult buildPow(OnnxNode &n) {
  if (failed(n.expectNumber(0)) || failed(n.expectNumber(1)))
    return failure();
  OnnxType baseType = n.input(0).type, type = n.input(1).type;
  std::optional<double> exponent = getExponent(n.input(1));
  return buildBinaryMap(
      n, baseType, [&](ScalarMath &m, Value x, Value y) -> Value {
        if (exponent == 1.0)
          return x;
        if (exponent == 2.0)
          return m.mul(x, x);
        if (exponent == 3.0)
          return m.mul(m.mul(x, x), x);
        if (exponent == 0.5 && isFloat(baseType))
          return m.call<math::SqrtOp>(x);
        if (!isFloat(type)) {
          Value wide = castScalar(m.b, y, type, OnnxType::Int64);
          if (!isFloat(baseType))
            return buildIntegerPower(m, x, wide);
          Value power = buildIntegerPower(m, x, m.call<math::AbsIOp>(wide));
          Value isNegative = arith::CmpIOp::create(
              m.b, arith::CmpIPredicate::slt, wide, m.number(wide, 0));
          return m.select(isNegative, m.div(m.number(x, 1), power), power);
        }
        Value power =
            math::PowFOp::create(m.b, castScalar(m.b, x, baseType, type), y);
        if (isFloat(baseType))
          return castScalar(m.b, power, type, baseType);
        // Integers to whole exponents are exact.
        Value whole = m.call<math::RoundEvenOp>(y);
        Value isWhole =
            arith::CmpFOp::create(m.b, arith::CmpFPredicate::OEQ, whole, y);
        Value exact = buildIntegerPower(
            m, x, castScalar(m.b, whole, type, OnnxType::Int64));
        return m.select(isWhole, exact, castScalar(m.b, power, type, baseType));
      });
}

ArrayRef<OnnxOp> ptq::getPowerOps() {
  static constexpr OnnxOp ops[] = {
      {"Mod", buildMod, 2, 2},
      {"Pow", buildPow, 2, 2},
  };
  return ops;
}
