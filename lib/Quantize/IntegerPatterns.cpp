//===- IntegerPatterns.cpp - Compute with codes in place of floats --------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each of these replaces a rounding to float and another one to codes by one
// of the exact integers: docs/spec.md, "Integer inference".
//
//===----------------------------------------------------------------------===//

#include "IntegerPatterns.h"

#include "IntegerLinear.h"
#include "IntegerOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

std::optional<Rescaling> ptq::getRescaling(double factor) {
  if (!(factor > 0) || !std::isfinite(factor))
    return std::nullopt;
  int exponent;
  // factor == fraction * 2^exponent, fraction in [0.5, 1)
  double fraction = std::frexp(factor, &exponent);
  int64_t multiplier = std::llrint(std::ldexp(fraction, 31));
  if (multiplier == int64_t(1) << 31) {
    multiplier /= 2;
    ++exponent;
  }
  int64_t shift = 31 - int64_t(exponent);
  if (shift < 1)
    return std::nullopt; // 2^30 codes for one
  if (shift > 62) {      // less than half a code for every accumulator
    multiplier = int64_t(1) << 30;
    shift = 62;
  }
  return Rescaling{static_cast<float>(factor), static_cast<int32_t>(multiplier),
                   static_cast<int32_t>(shift)};
}

static QuantType getFormat(Value tensor) {
  return cast<QuantType>(getElementTypeOrSelf(tensor.getType()));
}

namespace {

/// Codes of one scale.
struct ScaledCodes {
  Value codes;
  float scale;
};

/// The base of what rewrites a quantize to a format of one scale.
struct QuantizePattern : OpRewritePattern<QuantizeOp> {
  QuantizePattern(MLIRContext *context, RequantizeMode mode)
      : OpRewritePattern(context), mode(mode) {}

  /// The scale, if the result is codes of one.
  std::optional<float> getScale(QuantizeOp op) const {
    if (!isIntegerActivation(op.getType()))
      return std::nullopt;
    std::optional<float> scale = getOnlyElement(op.getScale());
    return scale && *scale > 0 ? scale : std::nullopt;
  }

  /// The codes behind a float value.
  std::optional<ScaledCodes> getCodes(Value value) const {
    auto dequantize = value.getDefiningOp<DequantizeOp>();
    if (!dequantize || !isIntegerActivation(dequantize.getInput().getType()))
      return std::nullopt;
    std::optional<float> scale = getOnlyElement(dequantize.getScale());
    if (!scale || !(*scale > 0))
      return std::nullopt;
    return ScaledCodes{dequantize.getInput(), *scale};
  }

  /// `input` times `factors`, of one channel each of dimension `channelDim`, or
  /// of all.
  Value requantize(OpBuilder &builder, Location loc, RankedTensorType type,
                   Value input, ArrayRef<Rescaling> factors,
                   ArrayRef<int32_t> bias, int64_t channelDim) const {
    SmallVector<int64_t> shape(type.getRank(), 1), per(type.getRank(), 0);
    if (factors.size() > 1 || bias.size() > 1) {
      shape[channelDim] = std::max(factors.size(), bias.size());
      per[channelDim] = 1;
    }
    auto getConstant = [&](auto values, Type element) -> Value {
      auto elements = DenseElementsAttr::get(
          RankedTensorType::get(shape, element), ArrayRef(values));
      return arith::ConstantOp::create(builder, loc, elements);
    };
    Type i32 = builder.getI32Type();
    Value multiplier, shift, biasValue;
    if (mode == RequantizeMode::Float) {
      auto values = llvm::map_to_vector(
          factors, [](const Rescaling &each) { return each.factor; });
      multiplier = getConstant(ArrayRef<float>(values), builder.getF32Type());
    } else {
      auto values = llvm::map_to_vector(
          factors, [](const Rescaling &each) { return each.multiplier; });
      auto shifts = llvm::map_to_vector(
          factors, [](const Rescaling &each) { return each.shift; });
      multiplier = getConstant(ArrayRef<int32_t>(values), i32);
      shift = getConstant(ArrayRef<int32_t>(shifts), i32);
    }
    if (llvm::any_of(bias, [](int32_t value) { return value != 0; }))
      biasValue = getConstant(bias, i32);
    return RequantizeOp::create(builder, loc, type, input, mode, multiplier,
                                shift, biasValue,
                                /*zeroPoint=*/Value(),
                                shape == SmallVector<int64_t>(type.getRank(), 1)
                                    ? DenseI64ArrayAttr()
                                    : builder.getDenseI64ArrayAttr(per));
  }

  RequantizeMode mode;
};

/// quantize(dequantize(q)): the same codes, or these rescaled.
struct RequantizeCodes : QuantizePattern {
  using QuantizePattern::QuantizePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<float> scale = getScale(op);
    std::optional<ScaledCodes> source = getCodes(op.getInput());
    if (!scale || !source)
      return rewriter.notifyMatchFailure(op, "no codes of one scale");
    QuantType from = getFormat(source->codes), to = getFormat(op);
    auto type = cast<RankedTensorType>(op.getType());
    if (source->scale == *scale &&
        from.getConstantZeroPoint() == to.getConstantZeroPoint() &&
        from.getStorageMin() >= to.getStorageMin() &&
        from.getStorageMax() <= to.getStorageMax()) {
      Value codes = source->codes;
      if (from != to) {
        Value bytes = StorageCastOp::create(
            rewriter, op.getLoc(), type.clone(rewriter.getI8Type()), codes,
            /*packed=*/false);
        codes = StorageCastOp::create(rewriter, op.getLoc(), type, bytes,
                                      /*packed=*/false);
      }
      rewriter.replaceOp(op, codes);
      return success();
    }
    auto factor = getRescaling(double(source->scale) / *scale);
    if (!factor)
      return rewriter.notifyMatchFailure(op, "scales are too far apart");
    rewriter.replaceOp(op, requantize(rewriter, op.getLoc(), type,
                                      source->codes, *factor, {}, 0));
    return success();
  }
};

/// quantize(linear + bias): accumulators, rescaled by channel.
struct RequantizeLinear : QuantizePattern {
  using QuantizePattern::QuantizePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<float> scale = getScale(op);
    std::string reason;
    if (!scale)
      return rewriter.notifyMatchFailure(op, "not one scale");
    FailureOr<IntegerLinear> linear = matchLinear(op.getInput(), reason);
    if (failed(linear))
      return rewriter.notifyMatchFailure(op, reason);
    SmallVector<Rescaling> factors;
    for (double each : linear->scales) {
      auto factor = getRescaling(each / *scale);
      if (!factor)
        return rewriter.notifyMatchFailure(op, "scales are too far apart");
      factors.push_back(*factor);
    }
    Value accumulators = createAccumulators(rewriter, linear->op);
    rewriter.replaceOp(op, requantize(rewriter, linear->op->getLoc(),
                                      cast<RankedTensorType>(op.getType()),
                                      accumulators, factors, linear->bias,
                                      linear->channelDim));
    return success();
  }
};

/// quantize(dequantize(a) + dequantize(b))
struct AddCodes : QuantizePattern {
  using QuantizePattern::QuantizePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    Operation *producer = op.getInput().getDefiningOp();
    std::optional<float> scale = getScale(op);
    SymbolTableCollection symbols;
    auto sum = producer ? matchAddition(producer, symbols) : std::nullopt;
    if (!scale || !sum)
      return rewriter.notifyMatchFailure(op, "quantizes no sum");
    std::optional<ScaledCodes> lhs = getCodes(sum->lhs),
                               rhs = getCodes(sum->rhs);
    if (!lhs || !rhs)
      return rewriter.notifyMatchFailure(op, "a side of the sum is float");
    double a = double(lhs->scale) / *scale, b = double(rhs->scale) / *scale;
    auto larger = getRescaling(std::max(a, b));
    if (!larger)
      return rewriter.notifyMatchFailure(op, "scales are too far apart");
    Location loc = producer->getLoc();
    auto type = cast<RankedTensorType>(op.getType());
    bool isFloat = mode == RequantizeMode::Float;
    auto shape = RankedTensorType::get(SmallVector<int64_t>(type.getRank(), 1),
                                       isFloat ? Type(rewriter.getF32Type())
                                               : rewriter.getI32Type());
    auto getConstant = [&](auto value) -> Value {
      return arith::ConstantOp::create(rewriter, loc,
                                       DenseElementsAttr::get(shape, value));
    };
    auto getMultiplier = [&](double factor) {
      return isFloat ? getConstant(static_cast<float>(factor))
                     : getConstant(static_cast<int32_t>(
                           std::llrint(std::ldexp(factor, larger->shift))));
    };
    rewriter.replaceOpWithNewOp<AddOp>(
        op, type, lhs->codes, rhs->codes, mode, getMultiplier(a),
        getMultiplier(b), isFloat ? Value() : getConstant(larger->shift));
    return success();
  }
};

/// quantize(average(dequantize(q))): the sum of codes, rescaled.
struct AverageCodes : QuantizePattern {
  using QuantizePattern::QuantizePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    Operation *producer = op.getInput().getDefiningOp();
    std::optional<float> scale = getScale(op);
    auto average = producer ? matchAveragePool(producer) : std::nullopt;
    if (!scale || !average)
      return rewriter.notifyMatchFailure(op, "quantizes no average");
    std::optional<ScaledCodes> source = getCodes(average->input);
    if (!source || average->windowSize > (1 << 22))
      return rewriter.notifyMatchFailure(op, "the average is of floats");
    auto factor =
        getRescaling(average->factor * double(source->scale) / *scale);
    if (!factor)
      return rewriter.notifyMatchFailure(op, "scales are too far apart");
    int32_t bias =
        -average->windowSize * getFormat(source->codes).getConstantZeroPoint();
    Value sum = sumCodes(rewriter, average->sum, source->codes);
    rewriter.replaceOp(op, requantize(rewriter, producer->getLoc(),
                                      cast<RankedTensorType>(op.getType()), sum,
                                      *factor, bias, /*channelDim=*/0));
    return success();
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Chains
//===----------------------------------------------------------------------===//

/// The real factors of a requantize; none if they are not constant.
static std::optional<SmallVector<double>> getFactors(RequantizeOp op) {
  DenseElementsAttr multipliers, shifts;
  if (!matchPattern(op.getMultiplier(), m_Constant(&multipliers)) ||
      (op.getShift() && !matchPattern(op.getShift(), m_Constant(&shifts))))
    return std::nullopt;
  SmallVector<double> factors;
  if (op.getMode() == RequantizeMode::Float) {
    for (float value : multipliers.getValues<float>())
      factors.push_back(value);
    return factors;
  }
  for (auto [multiplier, shift] : llvm::zip_equal(
           multipliers.getValues<int32_t>(), shifts.getValues<int32_t>()))
    factors.push_back(std::ldexp(double(multiplier), -shift));
  return factors;
}

namespace {

/// requantize(requantize(acc)) rounds once; what the first one clamps to stays
/// a clamp.
struct MergeRequantize : OpRewritePattern<RequantizeOp> {
  MergeRequantize(MLIRContext *context, RequantizeMode mode)
      : OpRewritePattern(context), base(context, mode) {}
  LogicalResult matchAndRewrite(RequantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto first = op.getInput().getDefiningOp<RequantizeOp>();
    if (!first || !first->hasOneUse() || op.getBias() ||
        !isIntegerActivation(op.getType()) ||
        !isIntegerActivation(first.getType()) || op.getMode() != base.mode ||
        first.getMode() != base.mode)
      return rewriter.notifyMatchFailure(op, "no chain of rescalings");
    auto inner = getFactors(first), outer = getFactors(op);
    if (!inner || !outer || outer->size() != 1)
      return rewriter.notifyMatchFailure(op, "factors are not constant");
    double factor = outer->front();
    QuantType from = getFormat(first), to = getFormat(op);
    auto getCode = [&](int64_t code) -> int64_t {
      double value = (code - from.getConstantZeroPoint()) * factor;
      return std::clamp<double>(std::nearbyint(value) +
                                    to.getConstantZeroPoint(),
                                to.getStorageMin(), to.getStorageMax());
    };
    int64_t min = getCode(from.getStorageMin());
    int64_t max = getCode(from.getStorageMax());
    if (min >= max)
      return rewriter.notifyMatchFailure(op, "one code is left");
    SmallVector<Rescaling> factors;
    for (double each : *inner) {
      auto merged = getRescaling(each * factor);
      if (!merged)
        return rewriter.notifyMatchFailure(op, "scales are too far apart");
      factors.push_back(*merged);
    }
    QuantType clamped = QuantType::get(
        to.getStorageWidth(), to.getIsSigned(), min, max, to.getExpressedType(),
        to.getBlock(), to.getScaleType(), to.getZeroPoint());
    SmallVector<int32_t> bias;
    DenseElementsAttr constant;
    if (first.getBias()) {
      if (!matchPattern(first.getBias(), m_Constant(&constant)))
        return rewriter.notifyMatchFailure(op, "the bias is not constant");
      llvm::append_range(bias, constant.getValues<int32_t>());
    }
    RankedTensorType type = op.getType();
    int64_t channelDim = 0;
    for (auto [dim, length] : llvm::enumerate(first.getMultiplierBlock()))
      if (length == 1)
        channelDim = dim;
      else if (length != 0)
        return rewriter.notifyMatchFailure(op, "factors are of groups");
    if (llvm::count(first.getMultiplierBlock(), 1) > 1)
      return rewriter.notifyMatchFailure(op, "factors have two dimensions");
    Value codes = base.requantize(rewriter, op.getLoc(), type.clone(clamped),
                                  first.getInput(), factors, bias, channelDim);
    if (clamped != to) {
      Value bytes = StorageCastOp::create(
          rewriter, op.getLoc(), type.clone(rewriter.getI8Type()), codes,
          /*packed=*/false);
      codes = StorageCastOp::create(rewriter, op.getLoc(), type, bytes,
                                    /*packed=*/false);
    }
    rewriter.replaceOp(op, codes);
    return success();
  }

  struct Base : QuantizePattern {
    using QuantizePattern::QuantizePattern;
    LogicalResult matchAndRewrite(QuantizeOp,
                                  PatternRewriter &) const override {
      return failure();
    }
  } base;
};

} // namespace

std::string ptq::refuseBetweenCodes(Operation *op) {
  std::string reason;
  if (op->getNumResults() == 1 &&
      failed(matchLinear(op->getResult(0), reason)) && !reason.empty())
    return reason;
  reason = refuseInteger(op);
  if (!reason.empty())
    return reason;
  if (auto clamp = matchClamp(op); clamp && (clamp->low > 0 || clamp->high < 0))
    return "expects a clamp to a range that holds 0";
  return "an operand is not codes of one scale";
}

void ptq::populateIntegerPatterns(RewritePatternSet &patterns,
                                  RequantizeMode mode) {
  populateMovePatterns(patterns);
  patterns.add<RequantizeCodes, RequantizeLinear, AddCodes, AverageCodes,
               MergeRequantize>(patterns.getContext(), mode);
}
