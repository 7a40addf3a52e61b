//===- DequantizeIdiom.cpp - (code - zero point) * scale ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Idioms.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Analysis
//===----------------------------------------------------------------------===//

/// The scale as it is before the formula widens or narrows it to the type of
/// the product. Only the rounding to a narrower type is part of the formula.
static Element readScale(Element scale) {
  while (scale.getOp<arith::ExtFOp>() &&
         isa<Float16Type, BFloat16Type, Float32Type>(
             scale.getOperand(0).getType()))
    scale = scale.getOperand(0);
  return scale;
}

/// The blocks of the scales and their type: that of the numbers, or the
/// narrower one that the formula rounds them to.
static FailureOr<BlockNumbers> findScales(Element element, Type productType,
                                          const BlockedTensor &codes,
                                          std::string &reason) {
  if (std::optional<APFloat> number = element.getConstantFloat()) {
    BlockNumbers numbers;
    numbers.type = productType;
    numbers.constant = FloatAttr::get(productType, *number);
    numbers.block.assign(codes.getType().getRank(), 0);
    return numbers;
  }
  Element scale = readScale(element);
  Type type = scale.getType();
  // The rounding of a scalar or a tensor of scales moves out of the body.
  if (!scale.inTensor() && scale.getOp<arith::TruncFOp>() && !scale.getScalar())
    scale = scale.getOperand(0);
  FailureOr<BlockNumbers> numbers = findBlocks(scale, codes, reason);
  if (failed(numbers))
    return failure();
  numbers->type = type;
  if (isa<Float32Type, Float16Type, BFloat16Type>(type))
    return numbers;
  llvm::raw_string_ostream(reason)
      << "expects scales of f32, f16 or bf16, but got " << type;
  return failure();
}

FailureOr<DequantizeIdiom> ptq::matchDequantize(Operation *root,
                                                std::string &reason) {
  Element product = Element::atRoot(root->getResult(0));
  auto resultType = dyn_cast<FloatType>(product.getType());
  if (auto truncate = dyn_cast<arith::TruncFOp>(root)) {
    product = product.getOperand(0);
    if (!product.getType().isF32())
      return failure();
  }
  auto multiply = product.getOp<arith::MulFOp>();
  Type productType = product.getType();
  if (!multiply || !resultType ||
      !isa<Float32Type, Float16Type, BFloat16Type>(productType) ||
      !isa<Float32Type, Float16Type, BFloat16Type>(resultType))
    return failure();
  for (unsigned side : {0u, 1u}) {
    FailureOr<CenteredCodes> centered =
        readCenteredFloat(product.getOperand(side), reason);
    if (failed(centered) && !reason.empty())
      return failure();
    if (failed(centered))
      continue;
    FailureOr<BlockedTensor> codes = getBlockedTensor(centered->codes);
    if (failed(codes)) {
      reason = "expects codes at indices that are loops, each once";
      return failure();
    }
    DequantizeIdiom idiom;
    idiom.codes = *codes;
    idiom.isSigned = *centered->isSigned;
    idiom.zeroPoint = centered->zeroPoint;
    idiom.resultType = resultType;
    if (idiom.zeroPoint <
            QuantType::getMinOf(centered->width, idiom.isSigned) ||
        idiom.zeroPoint >
            QuantType::getMaxOf(centered->width, idiom.isSigned)) {
      llvm::raw_string_ostream(reason)
          << "expects a zero point in the range of the codes, but got "
          << idiom.zeroPoint;
      return failure();
    }
    if (centered->zeroPoints) {
      FailureOr<BlockNumbers> zeroPoints =
          findZeroPoints(*centered, *codes, reason);
      if (failed(zeroPoints))
        return failure();
      idiom.zeroPoints = *zeroPoints;
    }
    FailureOr<BlockNumbers> scales =
        findScales(product.getOperand(1 - side), productType, *codes, reason);
    if (failed(scales))
      return failure();
    idiom.scales = *scales;
    if (idiom.zeroPoints &&
        failed(joinBlocks(idiom.scales.block, idiom.zeroPoints->block))) {
      reason = "expects scales and zero points of the same blocks";
      return failure();
    }
    return idiom;
  }
  return failure();
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

/// The codes as elements of `format`: unpacked ones from where they are packed.
static Value castCodes(OpBuilder &builder, Location loc, Value tensor,
                       QuantType format) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (auto unpacked = tensor.getDefiningOp<StorageCastOp>())
    if (auto packed = unpacked.getInput().getDefiningOp<StorageCastOp>())
      return StorageCastOp::create(builder, loc, type.clone(format),
                                   packed.getInput(), packed.getPacked());
  RankedTensorType bytes = type.clone(format.getByteStorageType());
  if (type != bytes && format.getIsSigned())
    tensor = arith::ExtSIOp::create(builder, loc, bytes, tensor);
  else if (type != bytes)
    tensor = arith::ExtUIOp::create(builder, loc, bytes, tensor);
  return StorageCastOp::create(builder, loc, type.clone(format), tensor,
                               /*packed=*/false);
}

/// Width and range of what is stored: those of the format that was unpacked.
static QuantType makeFormat(const DequantizeIdiom &idiom,
                            ArrayRef<int64_t> block) {
  unsigned width = idiom.codes.getType().getElementTypeBitWidth();
  bool isSigned = idiom.isSigned;
  if (auto unpacked = idiom.codes.tensor.getDefiningOp<StorageCastOp>()) {
    auto format =
        cast<QuantType>(unpacked.getInput().getType().getElementType());
    if (format.getStorageWidth() != width)
      width = format.getStorageWidth();
  }
  MLIRContext *context = idiom.codes.tensor.getContext();
  Attribute zeroPoint;
  if (idiom.zeroPoints)
    zeroPoint = TypeAttr::get(idiom.zeroPoints->type);
  else if (idiom.zeroPoint != 0)
    zeroPoint =
        IntegerAttr::get(IntegerType::get(context, 64), idiom.zeroPoint);
  return QuantType::get(width, isSigned, QuantType::getMinOf(width, isSigned),
                        QuantType::getMaxOf(width, isSigned), idiom.resultType,
                        block, cast<FloatType>(idiom.scales.type), zeroPoint);
}

Value ptq::build(OpBuilder &builder, Location loc,
                 const DequantizeIdiom &idiom) {
  SmallVector<int64_t> block = idiom.scales.block;
  if (idiom.zeroPoints)
    block = *joinBlocks(block, idiom.zeroPoints->block);
  Value codes =
      castCodes(builder, loc, idiom.codes.tensor, makeFormat(idiom, block));
  Value scales = arrangeNumbers(builder, loc, idiom.scales, idiom.codes, block);
  Value zeroPoints;
  if (idiom.zeroPoints)
    zeroPoints =
        arrangeNumbers(builder, loc, *idiom.zeroPoints, idiom.codes, block);
  return DequantizeOp::create(
      builder, loc, idiom.codes.getType().clone(idiom.resultType), codes,
      scales, /*multiplier=*/Value(), zeroPoints);
}
