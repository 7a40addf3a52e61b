//===- QuantType.cpp - Format of a quantized tensor element
//------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/PTQ.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Assembly
//===----------------------------------------------------------------------===//

namespace {

/// A stored integer as it is written: `s8<-127:127>`, `u4`.
struct StoredInteger {
  unsigned width = 0;
  bool isSigned = true;
  int64_t min = 0;
  int64_t max = 0;
};

} // namespace

static ParseResult parseStoredInteger(AsmParser &parser,
                                      StoredInteger &stored) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef keyword;
  if (parser.parseKeyword(&keyword))
    return failure();
  char sign = keyword.front();
  if ((sign != 's' && sign != 'u') ||
      keyword.drop_front().getAsInteger(10, stored.width) || stored.width < 1 ||
      stored.width > 16)
    return parser.emitError(loc)
           << "expects a stored integer such as 's8' or 'u4', but got '"
           << keyword << "'";
  stored.isSigned = sign == 's';
  stored.min = QuantType::getMinOf(stored.width, stored.isSigned);
  stored.max = QuantType::getMaxOf(stored.width, stored.isSigned);
  if (succeeded(parser.parseOptionalLess()))
    return failure(parser.parseInteger(stored.min) || parser.parseColon() ||
                   parser.parseInteger(stored.max) || parser.parseGreater());
  return success();
}

static void printStoredInteger(AsmPrinter &printer,
                               const StoredInteger &stored) {
  printer << (stored.isSigned ? 's' : 'u') << stored.width;
  if (stored.min != QuantType::getMinOf(stored.width, stored.isSigned) ||
      stored.max != QuantType::getMaxOf(stored.width, stored.isSigned))
    printer << '<' << stored.min << ':' << stored.max << '>';
}

static ParseResult parseBlock(AsmParser &parser,
                              SmallVectorImpl<int64_t> &block) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
    return parser.parseInteger(block.emplace_back());
  });
}

static void printBlock(AsmPrinter &printer, ArrayRef<int64_t> block) {
  printer << '[';
  llvm::interleaveComma(block, printer);
  printer << ']';
}

static ParseResult parseZeroPoint(AsmParser &parser, Attribute &zeroPoint) {
  Type type;
  OptionalParseResult parsedType = parser.parseOptionalType(type);
  if (parsedType.has_value()) {
    if (failed(*parsedType))
      return failure();
    zeroPoint = TypeAttr::get(type);
    return success();
  }
  int64_t value;
  if (parser.parseInteger(value))
    return failure();
  zeroPoint = parser.getBuilder().getI64IntegerAttr(value);
  return success();
}

Type QuantType::parse(AsmParser &parser) {
  SMLoc loc = parser.getCurrentLocation();
  StoredInteger stored, multiplier;
  FloatType expressed, scale;
  SmallVector<int64_t> block, multiplierBlock;
  Attribute zeroPoint;
  if (parser.parseLess() || parseStoredInteger(parser, stored) ||
      parser.parseColon() || parser.parseType(expressed) ||
      parser.parseComma() || parser.parseKeyword("block") ||
      parser.parseEqual() || parseBlock(parser, block) || parser.parseComma() ||
      parser.parseKeyword("scale") || parser.parseEqual() ||
      parser.parseType(scale))
    return {};
  while (succeeded(parser.parseOptionalComma())) {
    if (!zeroPoint && !multiplier.width &&
        succeeded(parser.parseOptionalKeyword("zp"))) {
      if (parser.parseEqual() || parseZeroPoint(parser, zeroPoint))
        return {};
      continue;
    }
    if (multiplier.width || parser.parseKeyword("multiplier") ||
        parser.parseEqual() || parseStoredInteger(parser, multiplier) ||
        parser.parseKeyword("per") || parseBlock(parser, multiplierBlock))
      return {};
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<QuantType>(
      loc, parser.getContext(), stored.width, stored.isSigned, stored.min,
      stored.max, expressed, ArrayRef<int64_t>(block), scale, zeroPoint,
      multiplier.width, multiplier.isSigned, multiplier.min, multiplier.max,
      ArrayRef<int64_t>(multiplierBlock));
}

void QuantType::print(AsmPrinter &printer) const {
  printer << '<';
  printStoredInteger(printer, {getStorageWidth(), getIsSigned(),
                               getStorageMin(), getStorageMax()});
  printer << ':' << getExpressedType() << ", block = ";
  printBlock(printer, getBlock());
  printer << ", scale = " << getScaleType();
  if (hasConstantZeroPoint())
    printer << ", zp = " << getConstantZeroPoint();
  else if (hasZeroPointOperand())
    printer << ", zp = " << getZeroPointType();
  if (hasMultiplier()) {
    printer << ", multiplier = ";
    printStoredInteger(printer, {getMultiplierWidth(), getIsMultiplierSigned(),
                                 getMultiplierMin(), getMultiplierMax()});
    printer << " per ";
    printBlock(printer, getMultiplierBlock());
  }
  printer << '>';
}

//===----------------------------------------------------------------------===//
// Construction
//===----------------------------------------------------------------------===//

QuantType QuantType::get(unsigned storageWidth, bool isSigned,
                         int64_t storageMin, int64_t storageMax,
                         FloatType expressedType, ArrayRef<int64_t> block,
                         FloatType scaleType, Attribute zeroPoint) {
  return get(expressedType.getContext(), storageWidth, isSigned, storageMin,
             storageMax, expressedType, block, scaleType, zeroPoint,
             /*multiplierWidth=*/0, /*isMultiplierSigned=*/true,
             /*multiplierMin=*/0, /*multiplierMax=*/0, /*multiplierBlock=*/{});
}

LogicalResult QuantType::verify(function_ref<InFlightDiagnostic()> emitError,
                                unsigned storageWidth, bool isSigned,
                                int64_t storageMin, int64_t storageMax,
                                FloatType expressedType,
                                ArrayRef<int64_t> block, FloatType scaleType,
                                Attribute zeroPoint, unsigned multiplierWidth,
                                bool isMultiplierSigned, int64_t multiplierMin,
                                int64_t multiplierMax,
                                ArrayRef<int64_t> multiplierBlock) {
  return success();
}

//===----------------------------------------------------------------------===//
// Queries
//===----------------------------------------------------------------------===//

int64_t QuantType::getMinOf(unsigned width, bool isSigned) {
  return isSigned ? -(int64_t(1) << (width - 1)) : 0;
}

int64_t QuantType::getMaxOf(unsigned width, bool isSigned) {
  return (int64_t(1) << (isSigned ? width - 1 : width)) - 1;
}

SmallVector<int64_t> QuantType::getBlockedShape(ArrayRef<int64_t> shape,
                                                ArrayRef<int64_t> block) {
  SmallVector<int64_t> blocks;
  for (auto [size, length] : llvm::zip_equal(shape, block)) {
    if (length == 0)
      blocks.push_back(1);
    else if (ShapedType::isDynamic(size))
      blocks.push_back(ShapedType::kDynamic);
    else
      blocks.push_back(llvm::divideCeil(size, length));
  }
  return blocks;
}

SmallVector<int64_t>
QuantType::getMultiplierShape(ArrayRef<int64_t> shape) const {
  return getBlockedShape(shape, getMultiplierBlock());
}

bool QuantType::hasConstantZeroPoint() const {
  return isa_and_present<IntegerAttr>(getZeroPoint());
}

bool QuantType::hasZeroPointOperand() const {
  return isa_and_present<TypeAttr>(getZeroPoint());
}

int64_t QuantType::getConstantZeroPoint() const {
  auto constant = dyn_cast_if_present<IntegerAttr>(getZeroPoint());
  return constant ? constant.getInt() : 0;
}

IntegerType QuantType::getZeroPointType() const {
  auto type = dyn_cast_if_present<TypeAttr>(getZeroPoint());
  return type ? dyn_cast<IntegerType>(type.getValue()) : IntegerType();
}

IntegerType QuantType::getByteStorageType() const {
  return IntegerType::get(getContext(), getStorageWidth() <= 8 ? 8 : 16);
}

std::pair<int64_t, int64_t> QuantType::getCenteredRange() const {
  int64_t zeroMin = getConstantZeroPoint(), zeroMax = zeroMin;
  if (hasZeroPointOperand()) {
    zeroMin = getStorageMin();
    zeroMax = getStorageMax();
  }
  int64_t min = getStorageMin() - zeroMax, max = getStorageMax() - zeroMin;
  if (!hasMultiplier())
    return {min, max};
  auto [low, high] =
      std::minmax({min * getMultiplierMin(), min * getMultiplierMax(),
                   max * getMultiplierMin(), max * getMultiplierMax()});
  return {low, high};
}

//===----------------------------------------------------------------------===//
// QuantFormatInterface
//===----------------------------------------------------------------------===//

unsigned QuantType::getStorageBits() const { return getStorageWidth(); }

FloatType QuantType::getExpressedFloatType() const {
  return getExpressedType();
}

SmallVector<int64_t> QuantType::getScaleShape(ArrayRef<int64_t> shape) const {
  return getBlockedShape(shape, getBlock());
}

void QuantType::encodeBlock(ArrayRef<float> values, float scale,
                            int32_t zeroPoint,
                            MutableArrayRef<int32_t> codes) const {}

void QuantType::decodeBlock(ArrayRef<int32_t> codes, float scale,
                            int32_t zeroPoint,
                            MutableArrayRef<float> values) const {}
