//===- QuantType.cpp - Format of a quantized tensor element ---------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/PTQ.h"
#include "ptq/IR/Reference.h"

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

static bool isStorageWidth(unsigned width) { return width >= 2 && width <= 16; }

static ParseResult parseStoredInteger(AsmParser &parser,
                                      StoredInteger &stored) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef keyword;
  if (parser.parseKeyword(&keyword))
    return failure();
  char sign = keyword.front();
  if ((sign != 's' && sign != 'u') ||
      keyword.drop_front().getAsInteger(10, stored.width))
    return parser.emitError(loc)
           << "expects a stored integer such as 's8' or 'u4', but got '"
           << keyword << "'";
  stored.isSigned = sign == 's';
  // Other widths have no range to default to; the verifier refuses them.
  if (isStorageWidth(stored.width)) {
    stored.min = QuantType::getMinOf(stored.width, stored.isSigned);
    stored.max = QuantType::getMaxOf(stored.width, stored.isSigned);
  }
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
    SMLoc keywordLoc = parser.getCurrentLocation();
    StringRef keyword;
    if (parser.parseKeyword(&keyword))
      return {};
    ParseResult parsed = failure();
    if (keyword == "zp" && !zeroPoint && multiplierBlock.empty())
      parsed =
          failure(parser.parseEqual() || parseZeroPoint(parser, zeroPoint));
    else if (keyword == "multiplier" && multiplierBlock.empty())
      parsed = failure(
          parser.parseEqual() || parseStoredInteger(parser, multiplier) ||
          parser.parseKeyword("per") || parseBlock(parser, multiplierBlock));
    else
      parser.emitError(keywordLoc) << "expects 'zp' or 'multiplier', each once "
                                      "and in this order, but got '"
                                   << keyword << "'";
    if (failed(parsed))
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
// Ranges
//===----------------------------------------------------------------------===//

/// Range of `code - zp`; a zero point that is an operand may be any code.
static std::pair<int64_t, int64_t> getCodeRange(const StoredInteger &storage,
                                                Attribute zeroPoint) {
  int64_t zeroMin = 0, zeroMax = 0;
  if (auto constant = dyn_cast_if_present<IntegerAttr>(zeroPoint))
    zeroMin = zeroMax = constant.getInt();
  else if (zeroPoint)
    std::tie(zeroMin, zeroMax) = std::pair(storage.min, storage.max);
  return {storage.min - zeroMax, storage.max - zeroMin};
}

static std::pair<int64_t, int64_t>
getProductRange(std::pair<int64_t, int64_t> lhs,
                std::pair<int64_t, int64_t> rhs) {
  return std::minmax({lhs.first * rhs.first, lhs.first * rhs.second,
                      lhs.second * rhs.first, lhs.second * rhs.second});
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

//===----------------------------------------------------------------------===//
// Verifier
//===----------------------------------------------------------------------===//

using EmitError = function_ref<InFlightDiagnostic()>;

/// The range is that of a stored integer of this many bits, or a part of it.
static LogicalResult verifyRange(EmitError emitError, StringRef name,
                                 const StoredInteger &stored) {
  int64_t min = QuantType::getMinOf(stored.width, stored.isSigned);
  int64_t max = QuantType::getMaxOf(stored.width, stored.isSigned);
  if (stored.min >= min && stored.min < stored.max && stored.max <= max)
    return success();
  return emitError() << "expects " << name << " range in [" << min << ", "
                     << max << "], min below max, but got [" << stored.min
                     << ", " << stored.max << ']';
}

static LogicalResult verifyZeroPoint(EmitError emitError, Attribute zeroPoint,
                                     const StoredInteger &storage) {
  if (auto constant = dyn_cast_if_present<IntegerAttr>(zeroPoint)) {
    int64_t value = constant.getInt();
    if (value < storage.min || value > storage.max) // quant_c6
      return emitError() << "expects zero point in [" << storage.min << ", "
                         << storage.max << "], but got " << value;
    return success();
  }
  auto operand = dyn_cast_if_present<TypeAttr>(zeroPoint);
  if (!zeroPoint || (operand && (operand.getValue().isSignlessInteger(8) ||
                                 operand.getValue().isSignlessInteger(16) ||
                                 operand.getValue().isSignlessInteger(32))))
    return success();
  InFlightDiagnostic diag = emitError(); // quant_c7
  diag << "expects zero point of type i8, i16 or i32, but got ";
  if (operand)
    return diag << operand.getValue();
  return diag << zeroPoint;
}

/// Each block of `blocks` is made of whole ones of `parts`.
static bool isRefinement(ArrayRef<int64_t> parts, ArrayRef<int64_t> blocks) {
  return parts.size() == blocks.size() &&
         llvm::all_of(llvm::zip_equal(parts, blocks), [](auto lengths) {
           auto [part, block] = lengths;
           return part >= 0 && (block == 0 || (part > 0 && block % part == 0));
         });
}

LogicalResult QuantType::verify(EmitError emitError, unsigned storageWidth,
                                bool isSigned, int64_t storageMin,
                                int64_t storageMax, FloatType expressedType,
                                ArrayRef<int64_t> block, FloatType scaleType,
                                Attribute zeroPoint, unsigned multiplierWidth,
                                bool isMultiplierSigned, int64_t multiplierMin,
                                int64_t multiplierMax,
                                ArrayRef<int64_t> multiplierBlock) {
  if (!isStorageWidth(storageWidth)) // quant_c1
    return emitError() << "expects storage of 2 to 16 bits, but got "
                       << storageWidth;
  StoredInteger storage = {storageWidth, isSigned, storageMin, storageMax};
  if (failed(verifyRange(emitError, "storage", storage))) // quant_c2
    return failure();
  if (!expressedType ||
      !isa<Float32Type, Float16Type, BFloat16Type>(expressedType)) // quant_c3
    return emitError() << "expects expressed type f32, f16 or bf16, but got "
                       << expressedType;
  if (block.empty() || llvm::any_of(block, [](int64_t length) {
        return length < 0;
      })) // quant_c4
    return emitError()
           << "expects a block of one length or more, none negative, "
              "but got ["
           << block << ']';
  if (!scaleType ||
      !isa<Float32Type, Float16Type, BFloat16Type, Float8E8M0FNUType>(
          scaleType)) // quant_c5
    return emitError()
           << "expects scale of type f32, f16, bf16 or f8E8M0FNU, but got "
           << scaleType;
  if (failed(verifyZeroPoint(emitError, zeroPoint, storage)))
    return failure();
  if (multiplierWidth == 0 && multiplierBlock.empty())
    return success();

  if (multiplierWidth < 2 || multiplierWidth > 8) // quant_c8
    return emitError() << "expects multiplier of 2 to 8 bits, but got "
                       << multiplierWidth;
  if (failed(verifyRange(emitError, "multiplier",
                         {multiplierWidth, isMultiplierSigned, multiplierMin,
                          multiplierMax}))) // quant_c8
    return failure();
  if (!isRefinement(multiplierBlock, block)) // quant_c9
    return emitError() << "expects multiplier blocks that divide [" << block
                       << "], but got [" << multiplierBlock << ']';
  auto [low, high] = getProductRange(getCodeRange(storage, zeroPoint),
                                     {multiplierMin, multiplierMax});
  if (low < -128 || high > 127) // quant_c10
    return emitError()
           << "expects multiplier * (code - zp) in [-128, 127], but "
              "got ["
           << low << ", " << high << ']';
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
  std::pair<int64_t, int64_t> range = getCodeRange(
      {getStorageWidth(), getIsSigned(), getStorageMin(), getStorageMax()},
      getZeroPoint());
  if (!hasMultiplier())
    return range;
  return getProductRange(range, {getMultiplierMin(), getMultiplierMax()});
}

bool QuantType::hasBlockPerDimension(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  auto format =
      tensor ? dyn_cast<QuantType>(tensor.getElementType()) : QuantType();
  return !format || format.getRank() == tensor.getRank();
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
                            MutableArrayRef<int32_t> codes) const {
  for (auto [value, code] : llvm::zip_equal(values, codes))
    code = reference::quantizeValue(value, 1.0f / scale, zeroPoint, *this);
}

void QuantType::decodeBlock(ArrayRef<int32_t> codes, float scale,
                            int32_t zeroPoint,
                            MutableArrayRef<float> values) const {
  for (auto [code, value] : llvm::zip_equal(codes, values))
    value = static_cast<float>(code - zeroPoint) * scale;
}
