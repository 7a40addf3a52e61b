//===- CenteredCodes.cpp - Integers minus a zero point --------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CenteredCodes.h"
#include "ConstantTensors.h"

#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

/// The integer that `number` is, if it is a small one.
static std::optional<int64_t> toInteger(const APFloat &number) {
  if (!number.isInteger())
    return std::nullopt;
  double value = number.convertToDouble();
  if (std::abs(value) > double(1 << 24))
    return std::nullopt;
  return int64_t(value);
}

bool ptq::holdsIntegers(Type type, int64_t magnitude) {
  auto floatType = dyn_cast<FloatType>(type);
  return floatType && magnitude <= int64_t(1) << floatType.getFPMantissaWidth();
}

//===----------------------------------------------------------------------===//
// Codes
//===----------------------------------------------------------------------===//

static void setSign(CenteredCodes &centered, bool isSigned) {
  if (centered.isSigned)
    return;
  centered.isSigned = isSigned;
  centered.min = QuantType::getMinOf(centered.width, isSigned);
  centered.max = QuantType::getMaxOf(centered.width, isSigned);
}

/// An element that a tensor holds as a code; its sign is that of what reads it,
/// unless it was unpacked by an op that knows.
static FailureOr<CenteredCodes> readCode(Element element) {
  element = element.inTensor();
  auto type =
      element ? dyn_cast<IntegerType>(element.getType()) : IntegerType();
  if (!type || type.getWidth() < 2 || type.getWidth() > 16)
    return failure();
  CenteredCodes centered;
  centered.codes = element;
  centered.width = type.getWidth();
  auto storageCast = element.getTensor().getDefiningOp<StorageCastOp>();
  if (!storageCast || storageCast.getPacked())
    return centered;
  auto format =
      cast<QuantType>(storageCast.getInput().getType().getElementType());
  // A wider code looks alike to both signs only if the top bit is never set.
  if (format.getStorageWidth() == type.getWidth())
    return centered;
  centered.width = format.getStorageWidth();
  setSign(centered, format.getIsSigned());
  return centered;
}

static FailureOr<CenteredCodes> readCenteredInteger(Element element,
                                                    std::string &reason);

/// `centered`, read through a conversion that takes its bits as signed or not.
static FailureOr<CenteredCodes> convert(CenteredCodes centered, bool isSigned,
                                        std::string &reason) {
  setSign(centered, isSigned);
  if (isSigned || centered.min >= 0)
    return centered;
  reason = "reads negative differences as unsigned";
  return failure();
}

/// `element - zeroPoint`, in integers that do not wrap.
static FailureOr<CenteredCodes> subtract(Element element, Element zeroPoint,
                                         bool isNegated, std::string &reason) {
  FailureOr<CenteredCodes> codes = readCenteredInteger(element, reason);
  if (failed(codes))
    return failure();
  unsigned width = element.getType().getIntOrFloatBitWidth();
  CenteredCodes centered = *codes;
  setSign(centered, /*isSigned=*/true);
  if (centered.zeroPoints || centered.zeroPoint != 0) {
    reason = "subtracts two zero points";
    return failure();
  }
  if (auto constant = zeroPoint.getConstantInteger()) {
    centered.zeroPoint = isNegated ? -*constant : *constant;
    centered.min -= centered.zeroPoint;
    centered.max -= centered.zeroPoint;
  } else if (isNegated) {
    reason = "adds a number that is not constant";
    return failure();
  } else {
    centered.zeroPoints = zeroPoint;
    int64_t span = centered.max - centered.min;
    centered.min = -span;
    centered.max = span;
  }
  if (centered.min < llvm::minIntN(std::min(width, 64u)) ||
      centered.max > llvm::maxIntN(std::min(width, 64u))) {
    reason = "subtracts the zero point in integers that may wrap";
    return failure();
  }
  return centered;
}

static FailureOr<CenteredCodes> readCenteredInteger(Element element,
                                                    std::string &reason) {
  if (!isa<IntegerType>(element.getType()))
    return failure();
  bool isSigned = bool(element.getOp<arith::ExtSIOp>());
  if (isSigned || element.getOp<arith::ExtUIOp>()) {
    FailureOr<CenteredCodes> inner =
        readCenteredInteger(element.getOperand(0), reason);
    return failed(inner) ? inner : convert(*inner, isSigned, reason);
  }
  if (element.getOp<arith::SubIOp>())
    return subtract(element.getOperand(0), element.getOperand(1),
                    /*isNegated=*/false, reason);
  if (element.getOp<arith::AddIOp>() &&
      element.getOperand(1).getConstantInteger())
    return subtract(element.getOperand(0), element.getOperand(1),
                    /*isNegated=*/true, reason);
  return readCode(element);
}

/// `element - zeroPoint` in floats.
static FailureOr<CenteredCodes> subtractFloat(Element element,
                                              Element zeroPoint, bool isNegated,
                                              std::string &reason) {
  FailureOr<CenteredCodes> codes = readCenteredFloat(element, reason);
  if (failed(codes))
    return failure();
  CenteredCodes centered = *codes;
  if (centered.zeroPoints || centered.zeroPoint != 0) {
    reason = "subtracts two zero points";
    return failure();
  }
  if (auto constant = zeroPoint.getConstantFloat()) {
    std::optional<int64_t> integer = toInteger(*constant);
    if (!integer) {
      reason = "expects a zero point that is an integer";
      return failure();
    }
    centered.zeroPoint = isNegated ? -*integer : *integer;
    centered.min -= centered.zeroPoint;
    centered.max -= centered.zeroPoint;
  } else if (isNegated) {
    // A sum with something else than a constant is no centred code.
    return failure();
  } else {
    centered.zeroPoints = zeroPoint;
    int64_t span = centered.max - centered.min;
    centered.min = -span;
    centered.max = span;
  }
  return centered;
}

FailureOr<CenteredCodes> ptq::readCenteredFloat(Element element,
                                                std::string &reason) {
  auto type = dyn_cast<FloatType>(element.getType());
  if (!type)
    return failure();
  FailureOr<CenteredCodes> centered = failure();
  bool isSigned = bool(element.getOp<arith::SIToFPOp>());
  if (isSigned || element.getOp<arith::UIToFPOp>()) {
    centered = readCenteredInteger(element.getOperand(0), reason);
    if (succeeded(centered))
      centered = convert(*centered, isSigned, reason);
  } else if (element.getOp<arith::ExtFOp>() ||
             element.getOp<arith::TruncFOp>()) {
    centered = readCenteredFloat(element.getOperand(0), reason);
  } else if (element.getOp<arith::SubFOp>()) {
    centered = subtractFloat(element.getOperand(0), element.getOperand(1),
                             /*isNegated=*/false, reason);
  } else if (element.getOp<arith::AddFOp>()) {
    centered = subtractFloat(element.getOperand(0), element.getOperand(1),
                             /*isNegated=*/true, reason);
  }
  if (failed(centered))
    return failure();
  int64_t magnitude =
      std::max(std::abs(centered->min), std::abs(centered->max));
  if (!holdsIntegers(type, magnitude)) {
    llvm::raw_string_ostream(reason)
        << "rounds integers up to " << magnitude << " to " << type;
    return failure();
  }
  return centered;
}

//===----------------------------------------------------------------------===//
// Zero points
//===----------------------------------------------------------------------===//

/// `element` before casts that change no number; `isSigned` by the first
/// conversion of integers.
static Element stripCasts(Element element, std::optional<bool> &isSigned) {
  while (true) {
    bool isUnsigned =
        element.getOp<arith::ExtUIOp>() || element.getOp<arith::UIToFPOp>();
    if (isUnsigned || element.getOp<arith::ExtSIOp>() ||
        element.getOp<arith::SIToFPOp>())
      isSigned = !isUnsigned;
    else if (!element.getOp<arith::ExtFOp>() &&
             !element.getOp<arith::TruncFOp>() &&
             !(element.getOp<arith::TruncIOp>() &&
               element.getType().getIntOrFloatBitWidth() > 16))
      return element;
    element = element.getOperand(0);
  }
}

/// The numbers of a constant as integers; fails with a reason if one is none,
/// or outside of `[min, max]`.
static FailureOr<SmallVector<int64_t>> readIntegers(ElementsAttr elements,
                                                    bool isSigned, int64_t min,
                                                    int64_t max,
                                                    std::string &reason) {
  auto dense = dyn_cast<DenseElementsAttr>(elements);
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements)) {
    ArrayRef<char> data = resource.getRawHandle().getBlob()->getData();
    bool isSplat;
    if (DenseElementsAttr::isValidRawBuffer(resource.getType(), data, isSplat))
      dense = DenseElementsAttr::getFromRawBuffer(resource.getType(), data);
  }
  SmallVector<int64_t> integers;
  auto refuse = [&](auto number) {
    llvm::raw_string_ostream(reason)
        << "expects zero points that are integers in [" << min << ", " << max
        << "], but got " << number;
    return failure();
  };
  if (!dense) {
    reason = "expects zero points whose bytes have the size of their type";
    return failure();
  }
  if (isa<FloatType>(dense.getElementType())) {
    for (const APFloat &number : dense.getValues<APFloat>()) {
      std::optional<int64_t> integer = toInteger(number);
      if (!integer || *integer < min || *integer > max)
        return refuse(number.convertToDouble());
      integers.push_back(*integer);
    }
    return integers;
  }
  for (const APInt &number : dense.getValues<APInt>()) {
    int64_t integer =
        isSigned ? number.getSExtValue() : int64_t(number.getZExtValue());
    if (integer < min || integer > max)
      return refuse(integer);
    integers.push_back(integer);
  }
  return integers;
}

/// A constant of i8 or i16 with these numbers, of the kind of `like`.
static TypedAttr makeIntegers(ElementsAttr like, ArrayRef<int64_t> numbers,
                              Type elementType) {
  auto type =
      RankedTensorType::get(like.getShapedType().getShape(), elementType);
  SmallVector<APInt> values;
  for (int64_t number : numbers)
    values.emplace_back(elementType.getIntOrFloatBitWidth(), number,
                        /*isSigned=*/true, /*implicitTrunc=*/true);
  auto dense = DenseElementsAttr::get(type, values);
  auto resource = dyn_cast<DenseResourceElementsAttr>(like);
  if (!resource || dense.isSplat())
    return dense;
  return DenseResourceElementsAttr::get(
      type, resource.getRawHandle().getKey(),
      HeapAsmResourceBlob::allocateAndCopyWithAlign(dense.getRawData(), 64));
}

FailureOr<BlockNumbers> ptq::findZeroPoints(Element element, unsigned width,
                                            bool isSigned, int64_t min,
                                            int64_t max,
                                            const BlockedTensor &codes,
                                            std::string &reason) {
  std::optional<bool> isRead;
  Element stored = stripCasts(element, isRead);
  FailureOr<BlockNumbers> numbers = findBlocks(stored, codes, reason);
  if (failed(numbers))
    return failure();
  MLIRContext *context = codes.tensor.getContext();
  Type byteType = IntegerType::get(context, width <= 8 ? 8 : 16);
  ElementsAttr elements =
      numbers->tensor ? getConstantElements(numbers->tensor) : ElementsAttr();
  if (elements) {
    FailureOr<SmallVector<int64_t>> integers =
        readIntegers(elements, isRead.value_or(true), min, max, reason);
    if (failed(integers))
      return failure();
    numbers->elements = makeIntegers(elements, *integers, byteType);
    numbers->type = byteType;
    return numbers;
  }
  bool isFull = min == QuantType::getMinOf(width, isSigned) &&
                max == QuantType::getMaxOf(width, isSigned);
  if (!stored.getType().isInteger(width) || !isFull ||
      isRead.value_or(isSigned) != isSigned) {
    reason = "expects zero points that are constant, or integers of the type "
             "of the codes";
    return failure();
  }
  numbers->type = byteType;
  numbers->isSigned = isSigned;
  return numbers;
}

FailureOr<BlockNumbers> ptq::findZeroPoints(const CenteredCodes &centered,
                                            const BlockedTensor &codes,
                                            std::string &reason) {
  bool isSigned = *centered.isSigned;
  return findZeroPoints(centered.zeroPoints, centered.width, isSigned,
                        QuantType::getMinOf(centered.width, isSigned),
                        QuantType::getMaxOf(centered.width, isSigned), codes,
                        reason);
}
