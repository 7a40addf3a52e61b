//===- MovePatterns.cpp - Move codes in place of floats -------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One scale for all elements: then quantizing before or after elements are
// moved, dropped or compared gives the same codes, bit for bit.
//
//===----------------------------------------------------------------------===//

#include "IntegerOps.h"
#include "IntegerPatterns.h"

#include "ptq/IR/Reference.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

static QuantType getFormat(Value tensor) {
  return cast<QuantType>(getElementTypeOrSelf(tensor.getType()));
}

static RankedTensorType getTensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static Value castToBytes(OpBuilder &builder, Value codes) {
  RankedTensorType type = getTensorType(codes);
  return StorageCastOp::create(builder, codes.getLoc(),
                               type.clone(builder.getI8Type()), codes,
                               /*packed=*/false);
}

static Value castToCodes(OpBuilder &builder, Value bytes, QuantType format) {
  RankedTensorType type = getTensorType(bytes);
  return StorageCastOp::create(builder, bytes.getLoc(),
                               type.clone(withRank(format, type.getRank())),
                               bytes, /*packed=*/false);
}

/// `value` quantized as `op` does it.
static Value quantizeLike(OpBuilder &builder, QuantizeOp op, Value value,
                          float scale) {
  RankedTensorType type = getTensorType(value);
  int64_t rank = type.getRank();
  return QuantizeOp::create(builder, op.getLoc(),
                            type.clone(withRank(getFormat(op), rank)), value,
                            createScale(builder, op.getLoc(), scale, rank),
                            /*multiplier=*/Value(), /*zeroPoint=*/Value());
}

/// The scale of codes that any op here may move.
static std::optional<float> getMovableScale(Type tensor, Value scale) {
  if (!isIntegerActivation(tensor))
    return std::nullopt;
  std::optional<float> number = getOnlyElement(scale);
  return number && *number > 0 ? number : std::nullopt;
}

namespace {

/// quantize(move(x)) == move(quantize(x)), zeros being the zero point.
struct MoveAfterQuantize : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    Operation *move = op.getInput().getDefiningOp();
    Value source = move ? getMoved(move) : Value();
    std::optional<float> scale = getMovableScale(op.getType(), op.getScale());
    if (!source || !scale || getTensorType(source).getRank() == 0)
      return rewriter.notifyMatchFailure(op, "quantizes nothing that moves");
    Value codes = quantizeLike(rewriter, op, source, *scale);
    Value moved = moveCodes(rewriter, move, castToBytes(rewriter, codes),
                            getFormat(op).getConstantZeroPoint());
    rewriter.replaceOp(op, castToCodes(rewriter, moved, getFormat(op)));
    return success();
  }
};

/// quantize(concat(xs)) == concat(quantize(xs))
struct ConcatAfterQuantize : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto concat = op.getInput().getDefiningOp<tensor::ConcatOp>();
    std::optional<float> scale = getMovableScale(op.getType(), op.getScale());
    if (!concat || !scale)
      return rewriter.notifyMatchFailure(op, "quantizes no joined tensors");
    SmallVector<Value> parts;
    for (Value part : concat.getInputs())
      parts.push_back(
          castToBytes(rewriter, quantizeLike(rewriter, op, part, *scale)));
    Value joined = tensor::ConcatOp::create(
        rewriter, concat.getLoc(), op.getType().clone(rewriter.getI8Type()),
        concat.getDim(), parts);
    rewriter.replaceOp(op, castToCodes(rewriter, joined, getFormat(op)));
    return success();
  }
};

/// quantize(clamp(x, low, high)) is quantize(x) with codes from that of low to
/// that of high.
struct ClampByFormat : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    Operation *producer = op.getInput().getDefiningOp();
    std::optional<Clamp> clamp = producer ? matchClamp(producer) : std::nullopt;
    std::optional<float> scale = getMovableScale(op.getType(), op.getScale());
    if (!clamp || !scale)
      return rewriter.notifyMatchFailure(op, "quantizes nothing clamped");
    QuantType format = getFormat(op);
    int32_t zeroPoint = format.getConstantZeroPoint();
    auto getCode = [&](float value) -> int64_t {
      return reference::quantizeValue(value, 1.0f / *scale, zeroPoint, format);
    };
    int64_t min = getCode(clamp->low), max = getCode(clamp->high);
    if (min >= max || zeroPoint < min || zeroPoint > max)
      return rewriter.notifyMatchFailure(op, "0 is outside of the clamp");
    QuantType clamped =
        QuantType::get(format.getStorageWidth(), format.getIsSigned(), min, max,
                       format.getExpressedType(), format.getBlock(),
                       format.getScaleType(), format.getZeroPoint());
    Value codes = QuantizeOp::create(
        rewriter, op.getLoc(), op.getType().clone(clamped), clamp->input,
        op.getScale(), /*multiplier=*/Value(), /*zeroPoint=*/Value());
    if (clamped != format)
      codes = castToCodes(rewriter, castToBytes(rewriter, codes), format);
    rewriter.replaceOp(op, codes);
    return success();
  }
};

/// move(dequantize(q)) == dequantize(move(q)). One scale is positive, so the
/// largest code is that of the largest value.
struct MoveBeforeDequantize : OpRewritePattern<DequantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DequantizeOp op,
                                PatternRewriter &rewriter) const override {
    QuantType format = getFormat(op.getInput());
    std::optional<float> scale =
        getMovableScale(op.getInput().getType(), op.getScale());
    if (!scale || !getTensorType(op.getResult()).getElementType().isF32())
      return rewriter.notifyMatchFailure(op, "not one positive scale");
    for (Operation *move : op->getUsers()) {
      if (move->getNumResults() != 1 || getMoved(move) != op.getResult())
        continue;
      RankedTensorType type = getTensorType(move->getResult(0));
      if (type.getRank() == 0)
        continue;
      rewriter.setInsertionPoint(move);
      Value moved =
          moveCodes(rewriter, move, castToBytes(rewriter, op.getInput()),
                    format.getConstantZeroPoint());
      rewriter.replaceOpWithNewOp<DequantizeOp>(
          move, type, castToCodes(rewriter, moved, format),
          createScale(rewriter, op.getLoc(), *scale, type.getRank()),
          /*multiplier=*/Value(), /*zeroPoint=*/Value());
      return success();
    }
    return rewriter.notifyMatchFailure(op, "nothing moves the result");
  }
};

} // namespace

void ptq::populateMovePatterns(RewritePatternSet &patterns) {
  patterns.add<MoveAfterQuantize, ConcatAfterQuantize, ClampByFormat,
               MoveBeforeDequantize>(patterns.getContext());
}
