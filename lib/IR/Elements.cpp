//===- Elements.cpp - Verifiers of the ops that are no contractions -------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verification.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ptq;

LogicalResult QuantizeOp::verify() {
  RankedTensorType type = getResult().getType();
  if (failed(verifySameShape(*this, getInput().getType(), type))) // quantize_c1
    return failure();
  // quantize_c2, quantize_c3, quantize_c4
  return verifyFormatOperands(*this, "", getFormat(type), type.getShape(),
                              {getScale(), getMultiplier(), getZeroPoint()});
}

LogicalResult DequantizeOp::verify() {
  RankedTensorType type = getInput().getType();
  if (failed(
          verifySameShape(*this, type, getResult().getType()))) // dequantize_c1
    return failure();
  // dequantize_c2, dequantize_c3, dequantize_c4
  return verifyFormatOperands(*this, "", getFormat(type), type.getShape(),
                              {getScale(), getMultiplier(), getZeroPoint()});
}

LogicalResult FakeQuantizeOp::verify() {
  RankedTensorType type = getInput().getType();
  if (failed(verifySameShape(*this, type,
                             getResult().getType()))) // fake_quantize_c1
    return failure();
  auto format = cast<QuantType>(getFormat());
  if (format.getRank() != type.getRank()) // fake_quantize_c1
    return emitOpError("expects a block per dimension of ")
           << formatShape(type.getShape()) << ", but got [" << format.getBlock()
           << ']';
  // fake_quantize_c2, fake_quantize_c3, fake_quantize_c4
  return verifyFormatOperands(*this, "", format, type.getShape(),
                              {getScale(), getMultiplier(), getZeroPoint()});
}

/// A sum over a block fits i32; `span` is the block's length along the last
/// dimension, the only one where it has more than an index.
static LogicalResult verifySumRange(DynamicQuantizeOp op, int64_t span,
                                    int64_t max) {
  if (ShapedType::isDynamic(span))
    return op.emitOpError(
        "expects sums over a static length, but got the whole "
        "of a dynamic dimension");
  if (span > std::numeric_limits<int32_t>::max() / max)
    return op.emitOpError("expects sums below 2^31, but got ")
           << span << " codes of at most " << max;
  return success();
}

LogicalResult DynamicQuantizeOp::verify() {
  RankedTensorType type = getResult().getType();
  ArrayRef<int64_t> shape = type.getShape();
  if (failed(verifySameShape(*this, getInput().getType(),
                             type))) // dynamic_quantize_c1
    return failure();
  QuantType format = ptq::getFormat(type);
  if (failed(verifyPerBlock(*this, "scale", getScale(), format.getScaleType(),
                            shape, format.getBlock()))) // dynamic_quantize_c2
    return failure();
  if (!format.isSymmetric() || format.hasMultiplier() ||
      format.getStorageMin() != -format.getStorageMax()) // dynamic_quantize_c3
    return emitOpError(
               "expects a symmetric format of range [-max, max] and one "
               "level of scales, but got ")
           << format;

  std::optional<ArrayRef<int64_t>> block = getSumsBlock();
  if (block && (static_cast<int64_t>(block->size()) != type.getRank() ||
                block->back() < 0 ||
                llvm::any_of(block->drop_back(), [](int64_t length) {
                  return length != 1;
                }))) // dynamic_quantize_c5
    return emitOpError("expects sums over blocks of 1 in each of ")
           << type.getRank() << " dimensions but the last, but got [" << *block
           << ']';
  Type sumType = block ? IntegerType::get(getContext(), 32) : IntegerType();
  if (failed(verifyPerBlock(
          *this, "sums", getSums(), sumType, shape,
          block.value_or(ArrayRef<int64_t>())))) // dynamic_quantize_c4
    return failure();
  if (!block)
    return success();
  int64_t size = shape.back(), length = block->back();
  if (length == 0 || (!ShapedType::isDynamic(size) && size < length))
    length = size;
  return verifySumRange(*this, length,
                        format.getStorageMax()); // dynamic_quantize_c6
}

/// Refuses a constant with an element outside [min, max]; anything that is not
/// a constant passes.
static LogicalResult verifyConstantRange(Operation *op, StringRef name,
                                         Value operand, int64_t min,
                                         int64_t max) {
  DenseIntElementsAttr elements;
  if (!matchPattern(operand, m_Constant(&elements)))
    return success();
  for (const APInt &value : elements)
    if (value.getSExtValue() < min || value.getSExtValue() > max)
      return op->emitOpError("expects ")
             << name << " in [" << min << ", " << max << "], but got "
             << value.getSExtValue();
  return success();
}

QuantType RequantizeOp::getInputFormat() {
  return getFormat(getInput().getType());
}

ArrayRef<int64_t> RequantizeOp::getMultiplierBlock() {
  return getPer() ? *getPer() : getFormat(getType()).getBlock();
}

/// Integers of these formats are codes less a constant.
static LogicalResult verifyConstantZeroPoints(Operation *op, StringRef what,
                                              QuantType format) {
  if (format && format.hasZeroPointOperand())
    return op->emitOpError("expects ")
           << what << " without a zero point that is an operand, but got "
           << format;
  return success();
}

static LogicalResult verifyOneLevel(Operation *op, QuantType format) {
  if (format && format.hasMultiplier())
    return op->emitOpError("expects a format of one level of scales, but got ")
           << format;
  return success();
}

LogicalResult RequantizeOp::verify() {
  RankedTensorType type = getResult().getType();
  ArrayRef<int64_t> shape = type.getShape();
  if (failed(
          verifySameShape(*this, getInput().getType(), type))) // requantize_c1
    return failure();
  QuantType format = getFormat(type), inputFormat = getInputFormat();
  if (failed(verifyOneLevel(*this, format)) ||
      failed(verifyOneLevel(*this, inputFormat))) // requantize_c6
    return failure();
  if (failed(verifyConstantZeroPoints(*this, "an input",
                                      inputFormat))) // requantize_c7
    return failure();
  if (std::optional<ArrayRef<int64_t>> per = getPer();
      per &&
      (per->size() != shape.size() || llvm::any_of(*per, [](int64_t length) {
         return length < 0;
       }))) // requantize_c8
    return emitOpError("expects per to have ")
           << shape.size() << " lengths that are not negative, but got ["
           << *per << ']';

  ArrayRef<int64_t> block = getMultiplierBlock();
  bool isFixed = getMode() == RequantizeMode::Fixed;
  Type i32 = IntegerType::get(getContext(), 32);
  Type multiplierType = isFixed ? i32 : Float32Type::get(getContext());
  // requantize_c2, requantize_c3
  if (failed(verifyPerBlock(*this, "multiplier", getMultiplier(),
                            multiplierType, shape, block)) ||
      failed(verifyPerBlock(*this, "shift", getShift(), isFixed ? i32 : Type(),
                            shape, block)) ||
      failed(verifyPerBlock(*this, "bias", getBias(), getBias() ? i32 : Type(),
                            shape, block)))
    return failure();
  if (failed(verifyPerBlock(*this, "zero point", getZeroPoint(),
                            format.getZeroPointType(), shape,
                            format.getBlock()))) // requantize_c4
    return failure();
  if (!isFixed)
    return success();
  // requantize_c5
  if (failed(verifyConstantRange(*this, "multiplier", getMultiplier(),
                                 int64_t(1) << 30, (int64_t(1) << 31) - 1)))
    return failure();
  return verifyConstantRange(*this, "shift", getShift(), 1, 62);
}

LogicalResult AddOp::verify() {
  RankedTensorType type = getResult().getType();
  ArrayRef<int64_t> shape = type.getShape();
  for (Value side : {Value(getLhs()), Value(getRhs())})
    if (failed(verifySameShape(*this, cast<ShapedType>(side.getType()),
                               type))) // add_c1
      return failure();
  QuantType format = getFormat(type);
  for (QuantType each :
       {getFormat(getLhs().getType()), getFormat(getRhs().getType()), format})
    if (failed(verifyOneLevel(*this, each)) ||
        failed(verifyConstantZeroPoints(*this, "formats", each))) // add_c5
      return failure();

  bool isFixed = getMode() == RequantizeMode::Fixed;
  Type i32 = IntegerType::get(getContext(), 32);
  Type multiplierType = isFixed ? i32 : Float32Type::get(getContext());
  // add_c2, add_c3
  for (Value multiplier :
       {Value(getLhsMultiplier()), Value(getRhsMultiplier())})
    if (failed(verifyPerBlock(*this, "multiplier", multiplier, multiplierType,
                              shape, format.getBlock())))
      return failure();
  if (failed(verifyPerBlock(*this, "shift", getShift(), isFixed ? i32 : Type(),
                            shape, format.getBlock())))
    return failure();
  if (!isFixed)
    return success();
  return verifyConstantRange(*this, "shift", getShift(), 1, 62); // add_c4
}

/// Bytes that `count` codes of `width` bits (below 8) take; no product here
/// overflows.
static int64_t getPackedBytes(int64_t count, int64_t width) {
  return count / 8 * width + llvm::divideCeil(count % 8 * width, 8);
}

LogicalResult StorageCastOp::verify() {
  RankedTensorType input = getInput().getType(), result = getResult().getType();
  QuantType format = getFormat(input);
  if (!format == !getFormat(result)) // storage_cast_c1
    return emitOpError("expects one quantized side, but got ")
           << (format ? "two" : "none");
  RankedTensorType codes = format ? input : result,
                   bytes = format ? result : input;
  format = getFormat(codes);

  if (!getPacked()) {
    if (bytes.getElementType() != format.getByteStorageType() ||
        failed(verifyCompatibleShape(codes, bytes))) // storage_cast_c2
      return emitOpError("expects ")
             << formatShape(codes.getShape()) << " integers of type "
             << format.getByteStorageType() << ", but got "
             << formatShape(bytes.getShape()) << " of type "
             << bytes.getElementType();
    return success();
  }
  if (format.getStorageWidth() >= 8) // storage_cast_c4
    return emitOpError("expects codes below 8 bits to be packed, but got ")
           << format.getStorageWidth();
  SmallVector<int64_t> packed(codes.getShape());
  if (ShapedType::isDynamic(packed.back())) // storage_cast_c3
    return emitOpError(
               "expects packed codes in rows of static length, but got ")
           << formatShape(packed);
  packed.back() = getPackedBytes(packed.back(), format.getStorageWidth());
  if (!bytes.getElementType().isInteger(8) ||
      failed(
          verifyCompatibleShape(bytes.getShape(), packed))) // storage_cast_c3
    return emitOpError("expects packed codes in ")
           << formatShape(packed) << " integers of type i8, but got "
           << formatShape(bytes.getShape()) << " of type "
           << bytes.getElementType();
  return success();
}
