//===- Folds.cpp - Folders and canonicalizations of the quantized ops -----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is not here is on purpose: `dequantize(quantize x)` is not x, the
// dequantized value of a constant is not stored as float again, and
// `fake_quantize` is never the identity.
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/PTQ.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Folders
//===----------------------------------------------------------------------===//

/// True if every code `q` of `format` survives `quantize(dequantize(q))` when
/// the value between is of type `between`: its significand tells neighbouring
/// codes apart, its exponents reach as far as those of f32, and no block has
/// the scale 0 of a zero multiplier.
static bool keepsCodes(QuantType format, Type between) {
  if (format.hasMultiplier() && format.getMultiplierMin() <= 0 &&
      format.getMultiplierMax() >= 0)
    return false;
  auto [min, max] = format.getCenteredRange();
  // bf16 rounds by 1/257 of the value: by less than half a code up to 128.
  return between.isF32() ||
         (between.isBF16() && std::max(std::abs(min), std::abs(max)) <= 128);
}

/// quantize(dequantize(q)) == q with the same scales, multipliers, zero points.
OpFoldResult QuantizeOp::fold(FoldAdaptor) {
  auto source = getInput().getDefiningOp<DequantizeOp>();
  if (!source || source.getInput().getType() != getType() ||
      source.getScale() != getScale() ||
      source.getMultiplier() != getMultiplier() ||
      source.getZeroPoint() != getZeroPoint())
    return {};
  auto format = cast<QuantType>(getType().getElementType());
  if (!keepsCodes(format, getInput().getType().getElementType()))
    return {};
  return source.getInput();
}

/// cast(cast(x)) == x if both count the same bytes.
OpFoldResult StorageCastOp::fold(FoldAdaptor) {
  auto source = getInput().getDefiningOp<StorageCastOp>();
  if (!source || source.getInput().getType() != getType() ||
      source.getPacked() != getPacked())
    return {};
  return source.getInput();
}

bool StorageCastOp::areCastCompatible(TypeRange inputs, TypeRange outputs) {
  return inputs.size() == 1 && outputs.size() == 1;
}

//===----------------------------------------------------------------------===//
// Zero points that are all zero
//===----------------------------------------------------------------------===//

/// True if `value` is a constant, inline or in a resource, with only zeros.
static bool isConstantZero(Value value) {
  Attribute attribute;
  if (!value || !matchPattern(value, m_Constant(&attribute)))
    return false;
  if (auto elements = dyn_cast<DenseIntElementsAttr>(attribute))
    return llvm::all_of(elements, [](const APInt &x) { return x.isZero(); });
  auto resource = dyn_cast<DenseResourceElementsAttr>(attribute);
  AsmResourceBlob *blob =
      resource ? resource.getRawHandle().getBlob() : nullptr;
  return blob &&
         llvm::all_of(blob->getData(), [](char byte) { return byte == 0; });
}

/// `format` without its zero points if they are all zero; null otherwise.
static QuantType dropZeroPoints(QuantType format, Value zeroPoint) {
  if (!format || format.isSymmetric() || format.getStorageMin() > 0 ||
      format.getStorageMax() < 0)
    return {};
  if (format.hasConstantZeroPoint() ? format.getConstantZeroPoint() != 0
                                    : !isConstantZero(zeroPoint))
    return {};
  return QuantType::get(
      format.getContext(), format.getStorageWidth(), format.getIsSigned(),
      format.getStorageMin(), format.getStorageMax(), format.getExpressedType(),
      format.getBlock(), format.getScaleType(), /*zeroPoint=*/Attribute(),
      format.getMultiplierWidth(), format.getIsMultiplierSigned(),
      format.getMultiplierMin(), format.getMultiplierMax(),
      format.getMultiplierBlock());
}

/// The codes of `tensor`, bit for bit, as ones of `format`, which stores them
/// alike.
static Value retype(OpBuilder &builder, Value tensor, QuantType format) {
  Location loc = tensor.getLoc();
  auto type = cast<RankedTensorType>(tensor.getType());
  RankedTensorType result = type.clone(format);
  if (auto source = tensor.getDefiningOp<StorageCastOp>())
    return StorageCastOp::create(builder, loc, result, source.getInput(),
                                 source.getPacked());
  Value bytes = StorageCastOp::create(
      builder, loc, type.clone(format.getByteStorageType()), tensor,
      /*packed=*/false);
  return StorageCastOp::create(builder, loc, result, bytes, /*packed=*/false);
}

static QuantType getFormat(Value tensor) {
  return dyn_cast<QuantType>(getElementTypeOrSelf(tensor.getType()));
}

namespace {

/// An op that reads codes reads them as ones of a symmetric format.
template <typename OpTy>
struct DropReadZeroPoints : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    OpOperand &codes = getCodes(op);
    QuantType format =
        dropZeroPoints(getFormat(codes.get()), op.getZeroPoint());
    if (!format)
      return rewriter.notifyMatchFailure(op, "zero points are not all zero");
    Value symmetric = retype(rewriter, codes.get(), format);
    rewriter.modifyOpInPlace(op, [&] {
      codes.set(symmetric);
      op.getZeroPointMutable().clear();
    });
    return success();
  }
  static OpOperand &getCodes(DequantizeOp op) { return op.getInputMutable(); }
  static OpOperand &getCodes(EmbeddingOp op) { return op.getTableMutable(); }
};

/// The same on either side of a contraction; sums go with the zero points of
/// rhs.
template <typename OpTy>
struct DropContractedZeroPoints : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    QuantType lhs = dropZeroPoints(op.getLhsFormat(), op.getLhsZeroPoint());
    QuantType rhs = dropZeroPoints(op.getRhsFormat(), op.getRhsZeroPoint());
    if (!lhs && !rhs)
      return rewriter.notifyMatchFailure(op, "zero points are not all zero");
    Value lhsCodes = lhs ? retype(rewriter, op.getLhs(), lhs) : Value();
    Value rhsCodes = rhs ? retype(rewriter, op.getRhs(), rhs) : Value();
    rewriter.modifyOpInPlace(op, [&] {
      if (lhs) {
        op.getLhsMutable().set(lhsCodes);
        op.getLhsZeroPointMutable().clear();
      }
      if (rhs) {
        op.getRhsMutable().set(rhsCodes);
        op.getRhsZeroPointMutable().clear();
        op.getLhsSumsMutable().clear();
      }
    });
    return success();
  }
};

/// An op that makes codes makes those of a symmetric format, for its readers
/// retyped as they were.
template <typename OpTy>
struct DropMadeZeroPoints : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    QuantType original = getFormat(op.getResult());
    QuantType format = dropZeroPoints(original, op.getZeroPoint());
    if (!format)
      return rewriter.notifyMatchFailure(op, "zero points are not all zero");
    auto symmetric = cast<OpTy>(rewriter.clone(*op));
    symmetric.getZeroPointMutable().clear();
    symmetric.getResult().setType(op.getType().clone(format));
    rewriter.replaceOp(op, retype(rewriter, symmetric.getResult(), original));
    return success();
  }
};

struct DropSimulatedZeroPoints : OpRewritePattern<FakeQuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(FakeQuantizeOp op,
                                PatternRewriter &rewriter) const override {
    QuantType format =
        dropZeroPoints(cast<QuantType>(op.getFormat()), op.getZeroPoint());
    if (!format)
      return rewriter.notifyMatchFailure(op, "zero points are not all zero");
    rewriter.modifyOpInPlace(op, [&] {
      op.setFormat(format);
      op.getZeroPointMutable().clear();
    });
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Sums that nothing reads
//===----------------------------------------------------------------------===//

struct DropUnusedSums : OpRewritePattern<DynamicQuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DynamicQuantizeOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getSums() || !op.getSums().use_empty())
      return rewriter.notifyMatchFailure(op, "sums are used, or not there");
    auto withoutSums = DynamicQuantizeOp::create(
        rewriter, op.getLoc(), op.getResult().getType(),
        op.getScale().getType(), /*sums=*/Type(), op.getInput(),
        /*sumsBlock=*/DenseI64ArrayAttr());
    withoutSums->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    rewriter.replaceOp(op, {withoutSums.getResult(), withoutSums.getScale(),
                            /*sums=*/Value()});
    return success();
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Registration
//===----------------------------------------------------------------------===//

void QuantizeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                             MLIRContext *context) {
  patterns.add<DropMadeZeroPoints<QuantizeOp>>(context);
}

void DequantizeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                               MLIRContext *context) {
  patterns.add<DropReadZeroPoints<DequantizeOp>>(context);
}

void DynamicQuantizeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                                    MLIRContext *context) {
  patterns.add<DropUnusedSums>(context);
}

void FakeQuantizeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                                 MLIRContext *context) {
  patterns.add<DropSimulatedZeroPoints>(context);
}

void RequantizeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                               MLIRContext *context) {
  patterns.add<DropMadeZeroPoints<RequantizeOp>>(context);
}

void MatmulOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<DropContractedZeroPoints<MatmulOp>>(context);
}

void BatchMatmulOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                                MLIRContext *context) {
  patterns.add<DropContractedZeroPoints<BatchMatmulOp>>(context);
}

void EmbeddingOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<DropReadZeroPoints<EmbeddingOp>>(context);
}
