//===- UnaryOps.cpp - Functions of one element ----------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxOps.h"
#include "ScalarMath.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ptq;

using UnaryBody = llvm::function_ref<Value(ScalarMath &, Value)>;

static LogicalResult buildMap(OnnxNode &n, OnnxType type, UnaryBody body) {
  OnnxTensor &x = n.input(0);
  OnnxType inputType = x.type;
  return n.set(n.b.createElementwise(
      {&x}, x.sizes, type, [&](ImplicitLocOpBuilder &b, ValueRange values) {
        ScalarMath m(b, inputType);
        return body(m, values[0]);
      }));
}

static LogicalResult buildMap(OnnxNode &n, UnaryBody body) {
  return buildMap(n, n.input(0).type, body);
}

static LogicalResult buildFloatMap(OnnxNode &n, UnaryBody body) {
  if (failed(n.expectFloat(0)))
    return failure();
  return buildMap(n, body);
}

template <typename OpTy>
static LogicalResult buildMath(OnnxNode &n) {
  return buildFloatMap(n,
                       [](ScalarMath &m, Value x) { return m.call<OpTy>(x); });
}

static LogicalResult buildAbs(OnnxNode &n) {
  if (failed(n.expectNumber(0)))
    return failure();
  return buildMap(n, [](ScalarMath &m, Value x) -> Value {
    if (isFloat(m.type))
      return m.call<math::AbsFOp>(x);
    return isUnsigned(m.type) ? x : m.call<math::AbsIOp>(x);
  });
}

static LogicalResult buildNeg(OnnxNode &n) {
  OnnxTensor &operand = n.input(0);
  if (failed(n.expectNumber(0)))
    return failure();
  if (operand.elements && operand.type == OnnxType::Int64) {
    auto negated = llvm::map_to_vector(*operand.elements, [&](OpFoldResult x) {
      return n.b.sub(n.b.constant(0), x);
    });
    return n.set(
        n.b.makeElements(negated, operand.type, operand.getRank() == 0));
  }
  return buildMap(n, [](ScalarMath &m, Value x) -> Value {
    if (isFloat(m.type))
      return m.call<arith::NegFOp>(x);
    return m.sub(m.number(x, 0), x);
  });
}

static LogicalResult buildSign(OnnxNode &n) {
  if (failed(n.expectNumber(0)))
    return failure();
  using Order = ScalarMath::Order;
  return buildMap(n, [](ScalarMath &m, Value x) {
    Value zero = m.number(x, 0);
    Value isAbove = m.compare(Order::Greater, x, zero);
    Value result = m.select(isAbove, m.number(x, 1), x); // keeps 0 and NaN
    Value isBelow = m.compare(Order::Less, x, zero);
    return m.select(isBelow, m.number(x, -1), result);
  });
}

static LogicalResult buildReciprocal(OnnxNode &n) {
  return buildFloatMap(
      n, [](ScalarMath &m, Value x) { return m.div(m.number(x, 1), x); });
}

static LogicalResult buildNot(OnnxNode &n) {
  if (failed(n.expectType(0, {OnnxType::Bool})))
    return failure();
  return buildMap(n, [](ScalarMath &m, Value x) -> Value {
    return arith::XOrIOp::create(m.b, x, m.number(x, 1));
  });
}

static LogicalResult buildIsNaN(OnnxNode &n) {
  if (failed(n.expectFloat(0)))
    return failure();
  return buildMap(n, OnnxType::Bool, [](ScalarMath &m, Value x) -> Value {
    return arith::CmpFOp::create(m.b, arith::CmpFPredicate::UNO, x, x);
  });
}

static LogicalResult buildIsInf(OnnxNode &n) {
  if (failed(n.expectFloat(0)))
    return failure();
  bool above = n.getBool("detect_positive", true);
  bool below = n.getBool("detect_negative", true);
  return buildMap(n, OnnxType::Bool, [&](ScalarMath &m, Value x) -> Value {
    double infinity = std::numeric_limits<double>::infinity();
    Value isAbove = m.compare(ScalarMath::Order::Equal, x,
                              m.number(x, above ? infinity : NAN));
    Value isBelow = m.compare(ScalarMath::Order::Equal, x,
                              m.number(x, below ? -infinity : NAN));
    return arith::OrIOp::create(m.b, isAbove, isBelow);
  });
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

static LogicalResult buildRelu(OnnxNode &n) {
  if (failed(n.expectNumber(0)))
    return failure();
  return buildMap(
      n, [](ScalarMath &m, Value x) { return m.max(x, m.number(x, 0)); });
}

static LogicalResult buildSigmoid(OnnxNode &n) {
  return buildFloatMap(n, [](ScalarMath &m, Value x) { return m.sigmoid(x); });
}

/// `x > limit ? x : below(x)`
static Value above(ScalarMath &m, Value x, double limit, Value below) {
  return m.select(m.compare(ScalarMath::Order::Greater, x, m.number(x, limit)),
                  x, below);
}

static LogicalResult buildLeakyRelu(OnnxNode &n) {
  double alpha = n.getFloat("alpha", 0.01f);
  return buildFloatMap(n, [&](ScalarMath &m, Value x) {
    return above(m, x, 0, m.mul(x, m.number(x, alpha)));
  });
}

static LogicalResult buildThresholdedRelu(OnnxNode &n) {
  double alpha = n.getFloat("alpha", 1.0f);
  return buildFloatMap(n, [&](ScalarMath &m, Value x) {
    return above(m, x, alpha, m.number(x, 0));
  });
}

/// `scale * (exp(x / divisor) - 1)`
static Value expMinusOne(ScalarMath &m, Value x, double scale,
                         double divisor = 1) {
  if (divisor != 1)
    x = m.div(x, m.number(x, divisor));
  Value value = m.sub(m.exp(x), m.number(x, 1));
  return m.mul(value, m.number(x, scale));
}

static LogicalResult buildElu(OnnxNode &n) {
  double alpha = n.getFloat("alpha", 1.0f);
  return buildFloatMap(n, [&](ScalarMath &m, Value x) {
    return above(m, x, 0, expMinusOne(m, x, alpha));
  });
}

static LogicalResult buildCelu(OnnxNode &n) {
  double alpha = n.getFloat("alpha", 1.0f);
  return buildFloatMap(n, [&](ScalarMath &m, Value x) {
    return above(m, x, 0, expMinusOne(m, x, alpha, alpha));
  });
}

static LogicalResult buildSelu(OnnxNode &n) {
  double alpha = n.getFloat("alpha", 1.67326319217681884765625);
  double gamma = n.getFloat("gamma", 1.05070102214813232421875);
  return buildFloatMap(n, [&](ScalarMath &m, Value x) {
    return m.mul(above(m, x, 0, expMinusOne(m, x, alpha)), m.number(x, gamma));
  });
}

/// `max(0, min(1, alpha * x + beta))`
static Value hardSigmoid(ScalarMath &m, Value x, double alpha, double beta) {
  Value line = m.add(m.mul(x, m.number(x, alpha)), m.number(x, beta));
  return m.max(m.number(x, 0), m.min(m.number(x, 1), line));
}

static LogicalResult buildHardSigmoid(OnnxNode &n) {
  double alpha = n.getFloat("alpha", 0.2f), beta = n.getFloat("beta", 0.5f);
  return buildFloatMap(n, [&](ScalarMath &m, Value x) {
    return hardSigmoid(m, x, alpha, beta);
  });
}

static LogicalResult buildHardSwish(OnnxNode &n) {
  return buildFloatMap(n, [](ScalarMath &m, Value x) {
    return m.mul(x, hardSigmoid(m, x, 1.0 / 6, 0.5));
  });
}

/// log(1 + exp(x)) = max(x, 0) + log(1 + exp(-abs(x))), which does not overflow
static Value softplus(ScalarMath &m, Value x) {
  Value decay = m.exp(m.call<arith::NegFOp>(m.call<math::AbsFOp>(x)));
  return m.add(m.max(x, m.number(x, 0)), m.call<math::Log1pOp>(decay));
}

static LogicalResult buildSoftplus(OnnxNode &n) {
  return buildFloatMap(n,
                       [](ScalarMath &m, Value x) { return softplus(m, x); });
}

static LogicalResult buildMish(OnnxNode &n) {
  return buildFloatMap(n, [](ScalarMath &m, Value x) {
    return m.mul(x, m.call<math::TanhOp>(softplus(m, x)));
  });
}

static LogicalResult buildSoftsign(OnnxNode &n) {
  return buildFloatMap(n, [](ScalarMath &m, Value x) {
    return m.div(x, m.add(m.number(x, 1), m.call<math::AbsFOp>(x)));
  });
}

static LogicalResult buildGelu(OnnxNode &n) {
  std::string kind = n.getString("approximate", "none");
  if (kind != "none" && kind != "tanh")
    return n.fail("attribute 'approximate': expects none or tanh, but got '" +
                  Twine(kind) + "'");
  return buildFloatMap(n, [&](ScalarMath &m, Value x) {
    Value y;
    if (kind == "none") {
      y = m.call<math::ErfOp>(m.mul(x, m.number(x, llvm::numbers::sqrt2 / 2)));
    } else {
      Value cube = m.mul(m.mul(x, x), x);
      Value sum = m.add(x, m.mul(cube, m.number(x, 0.044715)));
      double factor = std::sqrt(2 / llvm::numbers::pi);
      y = m.call<math::TanhOp>(m.mul(sum, m.number(x, factor)));
    }
    return m.mul(m.mul(x, m.number(x, 0.5)), m.add(m.number(x, 1), y));
  });
}

ArrayRef<OnnxOp> ptq::getUnaryOps() {
  static constexpr OnnxOp ops[] = {
      {"Abs", buildAbs, 1, 1},
      {"Acos", buildMath<math::AcosOp>, 1, 1},
      {"Acosh", buildMath<math::AcoshOp>, 1, 1},
      {"Asin", buildMath<math::AsinOp>, 1, 1},
      {"Asinh", buildMath<math::AsinhOp>, 1, 1},
      {"Atan", buildMath<math::AtanOp>, 1, 1},
      {"Atanh", buildMath<math::AtanhOp>, 1, 1},
      {"Ceil", buildMath<math::CeilOp>, 1, 1},
      {"Celu", buildCelu, 1, 1},
      {"Cos", buildMath<math::CosOp>, 1, 1},
      {"Cosh", buildMath<math::CoshOp>, 1, 1},
      {"Elu", buildElu, 1, 1},
      {"Erf", buildMath<math::ErfOp>, 1, 1},
      {"Exp", buildMath<math::ExpOp>, 1, 1},
      {"Floor", buildMath<math::FloorOp>, 1, 1},
      {"Gelu", buildGelu, 1, 1},
      {"HardSigmoid", buildHardSigmoid, 1, 1},
      {"HardSwish", buildHardSwish, 1, 1},
      {"IsInf", buildIsInf, 1, 1},
      {"IsNaN", buildIsNaN, 1, 1},
      {"LeakyRelu", buildLeakyRelu, 1, 1},
      {"Log", buildMath<math::LogOp>, 1, 1},
      {"Mish", buildMish, 1, 1},
      {"Neg", buildNeg, 1, 1},
      {"Not", buildNot, 1, 1},
      {"Reciprocal", buildReciprocal, 1, 1},
      {"Relu", buildRelu, 1, 1},
      {"Round", buildMath<math::RoundEvenOp>, 1, 1},
      {"Selu", buildSelu, 1, 1},
      {"Sigmoid", buildSigmoid, 1, 1},
      {"Sign", buildSign, 1, 1},
      {"Sin", buildMath<math::SinOp>, 1, 1},
      {"Sinh", buildMath<math::SinhOp>, 1, 1},
      {"Softplus", buildSoftplus, 1, 1},
      {"Softsign", buildSoftsign, 1, 1},
      {"Sqrt", buildMath<math::SqrtOp>, 1, 1},
      {"Tan", buildMath<math::TanOp>, 1, 1},
      {"Tanh", buildMath<math::TanhOp>, 1, 1},
      {"ThresholdedRelu", buildThresholdedRelu, 1, 1},
  };
  return ops;
}
