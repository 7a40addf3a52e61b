//===- Verification.cpp - Checks that several verifiers share -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verification.h"

#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;

QuantType ptq::getFormat(Type tensor) {
  return dyn_cast<QuantType>(getElementTypeOrSelf(tensor));
}

std::string ptq::formatShape(ArrayRef<int64_t> shape) {
  if (shape.empty())
    return "()";
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(
      shape, os,
      [&](int64_t size) {
        if (ShapedType::isDynamic(size))
          os << '?';
        else
          os << size;
      },
      "x");
  return text;
}

LogicalResult ptq::verifySameShape(Operation *op, ShapedType input,
                                   ShapedType result) {
  if (succeeded(verifyCompatibleShape(input, result)))
    return success();
  return op->emitOpError("expects result of shape ")
         << formatShape(input.getShape()) << " like the input, but got "
         << formatShape(result.getShape());
}

LogicalResult ptq::verifyPerBlock(Operation *op, StringRef name, Value operand,
                                  Type elementType, ArrayRef<int64_t> shape,
                                  ArrayRef<int64_t> block) {
  if (!elementType) {
    if (!operand)
      return success();
    return op->emitOpError("expects no ") << name << ", but got one";
  }
  if (!operand)
    return op->emitOpError("expects ")
           << name << " of type " << elementType << ", but got none";

  auto type = cast<RankedTensorType>(operand.getType());
  if (type.getElementType() != elementType)
    return op->emitOpError("expects ") << name << " of type " << elementType
                                       << ", but got " << type.getElementType();
  SmallVector<int64_t> blocks = QuantType::getBlockedShape(shape, block);
  if (failed(verifyCompatibleShape(type.getShape(), blocks)))
    return op->emitOpError("expects ")
           << name << " of shape " << formatShape(blocks) << " for block ["
           << block << "], but got " << formatShape(type.getShape());
  return success();
}

LogicalResult ptq::verifyFormatOperands(Operation *op, StringRef side,
                                        QuantType format,
                                        ArrayRef<int64_t> shape,
                                        const FormatOperands &operands) {
  auto check = [&](StringRef kind, Value operand, Type elementType,
                   ArrayRef<int64_t> block) {
    return verifyPerBlock(op, (side + kind).str(), operand, elementType, shape,
                          block);
  };
  if (!format)
    return success(succeeded(check("scale", operands.scale, {}, {})) &&
                   succeeded(check("zero point", operands.zeroPoint, {}, {})) &&
                   succeeded(check("multiplier", operands.multiplier, {}, {})));

  Type multiplierType = format.hasMultiplier()
                            ? IntegerType::get(op->getContext(), 8)
                            : IntegerType();
  return success(
      succeeded(check("scale", operands.scale, format.getScaleType(),
                      format.getBlock())) &&
      succeeded(check("zero point", operands.zeroPoint,
                      format.getZeroPointType(), format.getBlock())) &&
      succeeded(check("multiplier", operands.multiplier, multiplierType,
                      format.getMultiplierBlock())));
}
