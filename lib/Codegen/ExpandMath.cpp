//===- ExpandMath.cpp - Mathematical functions become polynomials ---------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The minimax polynomials of exp, sin and cos are those of the Cephes library
// (Moshier, expf.c and sinf.c); the argument reductions use fused
// multiply-adds. Every op below is exactly specified, so a function has the
// same bits in a vector lane and in a scalar, on every CPU.
//
//===----------------------------------------------------------------------===//

#include "ptq/Codegen/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_EXPANDMATH
#include "ptq/Codegen/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// Builds f32 arithmetic on scalars or on vectors, as `type` is.
class FloatBuilder : public ImplicitLocOpBuilder {
public:
  FloatBuilder(Location loc, OpBuilder &builder, Type type)
      : ImplicitLocOpBuilder(loc, builder), floatType(type),
        integerType(withElement(type, builder.getI32Type())) {}

  Value constant(float value) {
    return splat(floatType, getF32FloatAttr(value));
  }
  Value integer(int32_t value) {
    return splat(integerType, getI32IntegerAttr(value));
  }
  Value fma(Value a, Value b, Value c) {
    return math::FmaOp::create(*this, a, b, c);
  }
  Value add(Value a, Value b) { return arith::AddFOp::create(*this, a, b); }
  Value sub(Value a, Value b) { return arith::SubFOp::create(*this, a, b); }
  Value mul(Value a, Value b) { return arith::MulFOp::create(*this, a, b); }
  Value bitsOf(Value value) {
    return arith::BitcastOp::create(*this, integerType, value);
  }
  Value fromBits(Value value) {
    return arith::BitcastOp::create(*this, floatType, value);
  }
  Value select(arith::CmpFPredicate predicate, Value a, Value b, Value ifTrue,
               Value ifFalse) {
    Value condition = arith::CmpFOp::create(*this, predicate, a, b);
    return arith::SelectOp::create(*this, condition, ifTrue, ifFalse);
  }
  /// `c[0] * x^n + ... + c[n]`, by Horner's rule.
  Value polynomial(Value x, ArrayRef<float> coefficients) {
    Value result = constant(coefficients.front());
    for (float coefficient : coefficients.drop_front())
      result = fma(result, x, constant(coefficient));
    return result;
  }
  /// `x * factor` rounded to an integer, as an i32 and as a float. Adding
  /// 1.5 * 2^23 leaves the integer in the low bits, and garbage, but no
  /// undefined value, for NaN and for magnitudes above 2^22.
  std::pair<Value, Value> roundProduct(Value x, float factor) {
    Value magic = constant(12582912.0f);
    Value shifted = fma(x, constant(factor), magic);
    Value rounded = sub(shifted, magic);
    return {arith::SubIOp::create(*this, bitsOf(shifted), bitsOf(magic)),
            rounded};
  }

private:
  static Type withElement(Type type, Type element) {
    auto vector = dyn_cast<VectorType>(type);
    return vector ? vector.clone(element) : element;
  }
  Value splat(Type type, TypedAttr value) {
    if (auto vector = dyn_cast<VectorType>(type))
      value = DenseElementsAttr::get(vector, value);
    return arith::ConstantOp::create(*this, value);
  }

  Type floatType, integerType;
};

/// 2^n for n in [-126, 127], by its exponent bits.
Value buildPowerOfTwo(FloatBuilder &b, Value n) {
  Value biased = arith::AddIOp::create(b, n, b.integer(127));
  return b.fromBits(arith::ShLIOp::create(b, biased, b.integer(23)));
}

/// exp(x) = 2^n * exp(r), n = rne(x / ln 2), |r| <= ln(2) / 2. Beyond the clamp
/// the result is 0 or infinity anyway; the power is applied in two halves so
/// that subnormal results are rounded once and 2^128 is reached.
Value expandExp(FloatBuilder &b, Value x) {
  Value low = b.constant(-104.0f), high = b.constant(89.0f);
  Value clamped = b.select(arith::CmpFPredicate::OLT, x, low, low, x);
  clamped = b.select(arith::CmpFPredicate::OGT, clamped, high, high, clamped);
  auto [n, rounded] = b.roundProduct(clamped, 1.44269504088896341f);
  Value r = b.fma(rounded, b.constant(-0.693359375f), clamped);
  r = b.fma(rounded, b.constant(2.12194440e-4f), r);
  Value q =
      b.polynomial(r, {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                       4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f});
  Value y = b.add(b.fma(q, b.mul(r, r), r), b.constant(1.0f));
  Value half = arith::ShRSIOp::create(b, n, b.integer(1));
  Value rest = arith::SubIOp::create(b, n, half);
  return b.mul(b.mul(y, buildPowerOfTwo(b, half)), buildPowerOfTwo(b, rest));
}

/// sin(x + quarter * pi/2), accurate for |x| <= 2^20: x = n * pi/2 + r with
/// pi/2 in three parts, then the polynomial of the octant's function.
Value expandSine(FloatBuilder &b, Value x, int32_t quarter) {
  auto [n, rounded] = b.roundProduct(x, 0.636619772367581343f);
  Value r = b.fma(rounded, b.constant(-0x1.921fb6p+0f), x);
  r = b.fma(rounded, b.constant(0x1.777a5cp-25f), r);
  r = b.fma(rounded, b.constant(0x1.ee59dap-50f), r);
  Value z = b.mul(r, r);
  Value sine =
      b.polynomial(z, {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f});
  sine = b.fma(b.mul(sine, z), r, r);
  Value cosine = b.polynomial(z, {2.443315711809948e-5f, -1.388731625493765e-3f,
                                  4.166664568298827e-2f});
  cosine =
      b.fma(cosine, b.mul(z, z), b.fma(z, b.constant(-0.5f), b.constant(1.0f)));

  Value quadrant = arith::AddIOp::create(b, n, b.integer(quarter));
  Value isOdd = arith::CmpIOp::create(
      b, arith::CmpIPredicate::ne,
      arith::AndIOp::create(b, quadrant, b.integer(1)), b.integer(0));
  Value magnitude = arith::SelectOp::create(b, isOdd, cosine, sine);
  Value signBit = arith::ShLIOp::create(
      b, arith::AndIOp::create(b, quadrant, b.integer(2)), b.integer(30));
  return b.fromBits(arith::XOrIOp::create(b, b.bitsOf(magnitude), signBit));
}

template <typename OpTy>
struct ExpandFunction : OpRewritePattern<OpTy> {
  using Expansion = Value (*)(FloatBuilder &, Value);
  ExpandFunction(MLIRContext *context, Expansion expansion)
      : OpRewritePattern<OpTy>(context, /*benefit=*/10), expansion(expansion) {}

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "is not f32");
    FloatBuilder builder(op.getLoc(), rewriter, op.getType());
    rewriter.replaceOp(op, expansion(builder, op.getOperand()));
    return success();
  }
  Expansion expansion;
};

/// 1 / sqrt(x): both are correctly rounded, the instructions that estimate are
/// not the same everywhere.
Value expandRsqrt(FloatBuilder &b, Value x) {
  return arith::DivFOp::create(b, b.constant(1.0f), math::SqrtOp::create(b, x));
}

struct ExpandMath : ptq::impl::ExpandMathBase<ExpandMath> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    patterns.add<ExpandFunction<math::ExpOp>>(context, expandExp);
    patterns.add<ExpandFunction<math::RsqrtOp>>(context, expandRsqrt);
    patterns.add<ExpandFunction<math::SinOp>>(
        context, [](FloatBuilder &b, Value x) { return expandSine(b, x, 0); });
    patterns.add<ExpandFunction<math::CosOp>>(
        context, [](FloatBuilder &b, Value x) { return expandSine(b, x, 1); });
    // What the network layers of today need less often is upstream's.
    math::populateExpansionPatterns(patterns, {"tan", "sinh", "cosh", "asinh",
                                               "acosh", "atanh", "exp2", "powf",
                                               "fpowi", "sincos"});
    populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
      return llvm::is_contained({"math.tanh", "math.erf", "math.erfc",
                                 "math.log", "math.log2", "math.log1p",
                                 "math.expm1", "math.atan", "math.atan2",
                                 "math.asin", "math.acos", "math.cbrt"},
                                name);
    });
    populateMathF32ExpansionPatterns(patterns, [](StringRef name) {
      return !llvm::is_contained({"math.fma"}, name);
    });
    arith::populateArithExpandOpsPatterns(patterns);
    arith::populateExpandBFloat16Patterns(patterns);
    arith::populateExpandF8E8M0Patterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
