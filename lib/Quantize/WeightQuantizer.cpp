//===- WeightQuantizer.cpp - Quantize the rows of a weight ----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Quantize/WeightQuantizer.h"

#include "BlockQuantizer.h"
#include "TwoLevelQuantizer.h"

#include "ptq/IR/NarrowFloats.h"
#include "ptq/IR/Reference.h"

#include "mlir/IR/Threading.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Names and figures
//===----------------------------------------------------------------------===//

StringRef ptq::stringifyScaleMethod(ScaleMethod method) {
  switch (method) {
  case ScaleMethod::AbsMax:
    return "absmax";
  case ScaleMethod::SignedMax:
    return "signed_max";
  case ScaleMethod::Search:
    return "search";
  }
  llvm_unreachable("unknown scale method");
}

std::optional<ScaleMethod> ptq::symbolizeScaleMethod(StringRef name) {
  for (ScaleMethod method :
       {ScaleMethod::AbsMax, ScaleMethod::SignedMax, ScaleMethod::Search})
    if (stringifyScaleMethod(method) == name)
      return method;
  return std::nullopt;
}

double QuantizationError::getSqnr() const {
  if (noise == 0)
    return INFINITY;
  return 10 * std::log10(signal / noise);
}

//===----------------------------------------------------------------------===//
// Construction
//===----------------------------------------------------------------------===//

static llvm::Error makeError(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

llvm::Expected<WeightQuantizer>
WeightQuantizer::get(QuantType format, ScaleMethod method, bool packed) {
  ArrayRef<int64_t> block = format.getBlock();
  if (block.size() != 2 || block[0] != 1)
    return makeError("expects a block [1, 0] or [1, G]");
  if (format.getStorageWidth() > 8)
    return makeError("expects codes of at most 8 bits, but got " +
                     llvm::Twine(format.getStorageWidth()));
  if (packed && format.getStorageWidth() == 8)
    return makeError("expects codes of fewer than 8 bits to pack");
  if (format.hasZeroPointOperand())
    return makeError("expects a format without zero points that are operands");
  if (format.hasMultiplier()) {
    ArrayRef<int64_t> groups = format.getMultiplierBlock();
    if (block[1] != 0 || groups[0] != 1)
      return makeError("expects multipliers per [1, G] beside a block [1, 0]");
    if (format.getMultiplierMin() != -format.getMultiplierMax())
      return makeError(llvm::formatv(
          "expects multipliers of [-max, max], but got [{0}, {1}]",
          format.getMultiplierMin(), format.getMultiplierMax()));
    if (isa<Float8E8M0FNUType>(format.getScaleType()))
      return makeError("expects scales beside multipliers to have a mantissa, "
                       "but got f8E8M0FNU");
  }
  auto [minCode, maxCode] = format.getCenteredRange();
  if (minCode >= 0 || maxCode <= 0)
    return makeError(llvm::formatv(
        "expects codes of both signs, but got [{0}, {1}]", minCode, maxCode));
  if (method == ScaleMethod::SignedMax &&
      isa<Float8E8M0FNUType>(format.getScaleType()))
    return makeError(
        "expects a scale type with a sign for signed_max, but got f8E8M0FNU");
  return WeightQuantizer(format, method, packed);
}

int64_t WeightQuantizer::getCodeRowBytes(int64_t numColumns) const {
  return packed ? reference::getPackedRowBytes(numColumns,
                                               format.getStorageWidth())
                : numColumns;
}

int64_t WeightQuantizer::getScaleRowBytes(int64_t numColumns) const {
  int64_t numBlocks = format.getScaleShape({1, numColumns}).back();
  return numBlocks * BlockQuantizer(format, method).getScaleBytes();
}

int64_t WeightQuantizer::getMultiplierRowBytes(int64_t numColumns) const {
  return format.hasMultiplier()
             ? format.getMultiplierShape({1, numColumns}).back()
             : 0;
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

/// Copies `numRows` rows from `begin` to `tile`, in f32. The loop over rows is
/// the inner one if rows are what is contiguous.
template <typename Bits, typename Widen>
static void loadTile(const WeightView &weight, int64_t begin, int64_t numRows,
                     Widen widen, MutableArrayRef<float> tile) {
  int64_t numColumns = weight.numColumns;
  auto load = [&](int64_t row, int64_t column) {
    Bits bits;
    int64_t offset =
        (begin + row) * weight.rowStride + column * weight.columnStride;
    std::memcpy(&bits, weight.data + offset * sizeof(Bits), sizeof(Bits));
    tile[row * numColumns + column] = widen(bits);
  };
  if (weight.columnStride == 1) {
    for (int64_t row = 0; row < numRows; ++row)
      for (int64_t column = 0; column < numColumns; ++column)
        load(row, column);
    return;
  }
  for (int64_t column = 0; column < numColumns; ++column)
    for (int64_t row = 0; row < numRows; ++row)
      load(row, column);
}

static void loadTile(const WeightView &weight, int64_t begin, int64_t numRows,
                     MutableArrayRef<float> tile) {
  if (weight.elementType.isF32())
    return loadTile<uint32_t>(weight, begin, numRows,
                              llvm::bit_cast<float, uint32_t>, tile);
  if (weight.elementType.isF16())
    return loadTile<uint16_t>(weight, begin, numRows, widenHalf, tile);
  assert(weight.elementType.isBF16() && "weights are f32, f16 or bf16");
  loadTile<uint16_t>(weight, begin, numRows, widenBFloat16, tile);
}

static llvm::Error checkFinite(ArrayRef<float> values, int64_t row) {
  uint32_t largest = 0;
  for (float value : values)
    largest = std::max(largest, llvm::bit_cast<uint32_t>(value) & 0x7fffffff);
  if (largest < 0x7f800000)
    return llvm::Error::success();
  const float *first =
      llvm::find_if_not(values, [](float v) { return std::isfinite(v); });
  return makeError(
      llvm::formatv("expects finite values, but got {0} at [{1}, {2}]",
                    std::isnan(*first) ? "nan"
                    : *first > 0       ? "inf"
                                       : "-inf",
                    row, first - values.begin()));
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// Appends codes to a little-endian stream of bits, eight codes at a time:
/// these fill whole bytes.
static void packRow(ArrayRef<uint8_t> codes, unsigned width,
                    MutableArrayRef<char> bytes) {
  uint64_t mask = (uint64_t(1) << width) - 1;
  while (!codes.empty()) {
    ArrayRef<uint8_t> eight = codes.take_front(8);
    uint64_t bits = 0;
    for (auto [index, code] : llvm::enumerate(eight))
      bits |= (code & mask) << (index * width);
    for (char &byte : bytes.take_front(width)) {
      byte = static_cast<char>(bits);
      bits >>= 8;
    }
    codes = codes.drop_front(eight.size());
    bytes = bytes.drop_front(std::min<size_t>(width, bytes.size()));
  }
}

namespace {

/// Quantizes one row after the other, with room for the blocks and the codes.
class RowQuantizer {
public:
  RowQuantizer(QuantType format, ScaleMethod method, int64_t numColumns)
      : quantizer(format, method), codes(numColumns) {
    if (format.hasMultiplier())
      twoLevels.emplace(format, method, numColumns);
    blockSize = format.getBlock().back();
    if (blockSize == 0 || blockSize > numColumns)
      blockSize = numColumns;
    block.resize(llvm::alignTo(blockSize, BlockQuantizer::numLanes));
  }

  llvm::Expected<QuantizationError> quantize(ArrayRef<float> values,
                                             int64_t row,
                                             MutableArrayRef<char> scales,
                                             MutableArrayRef<char> multipliers);
  ArrayRef<uint8_t> getCodes() const { return codes; }

private:
  llvm::Expected<QuantizationError>
  quantizeBlocks(ArrayRef<float> values, int64_t row,
                 MutableArrayRef<char> scales);
  void storeScale(float scale, MutableArrayRef<char> bytes);
  static llvm::Error refuseScale(int64_t row, int64_t begin, int64_t end);

  BlockQuantizer quantizer;
  std::optional<TwoLevelQuantizer> twoLevels;
  int64_t blockSize;
  std::vector<float> block;
  std::vector<uint8_t> codes;
};

} // namespace

llvm::Error RowQuantizer::refuseScale(int64_t row, int64_t begin, int64_t end) {
  return makeError(llvm::formatv("expects scales that fit their type, but the "
                                 "one of [{0}, {1}:{2}] overflows",
                                 row, begin, end));
}

void RowQuantizer::storeScale(float scale, MutableArrayRef<char> bytes) {
  uint32_t bits = quantizer.getScaleBits(scale);
  for (char &byte : bytes.take_front(quantizer.getScaleBytes())) {
    byte = static_cast<char>(bits);
    bits >>= 8;
  }
}

llvm::Expected<QuantizationError>
RowQuantizer::quantizeBlocks(ArrayRef<float> values, int64_t row,
                             MutableArrayRef<char> scales) {
  QuantizationError total;
  int64_t numColumns = values.size();
  for (int64_t begin = 0; begin < numColumns; begin += blockSize) {
    int64_t size = std::min(blockSize, numColumns - begin);
    llvm::copy(values.slice(begin, size), block.begin());
    std::fill(block.begin() + size, block.end(), 0.0f);
    float scale = quantizer.findScale(block);
    if (!std::isfinite(scale))
      return refuseScale(row, begin, begin + size);
    total += quantizer.encode(block, scale,
                              MutableArrayRef(codes).slice(begin, size));
    storeScale(scale, scales);
    scales = scales.drop_front(quantizer.getScaleBytes());
  }
  return total;
}

llvm::Expected<QuantizationError>
RowQuantizer::quantize(ArrayRef<float> values, int64_t row,
                       MutableArrayRef<char> scales,
                       MutableArrayRef<char> multipliers) {
  if (llvm::Error error = checkFinite(values, row))
    return error;
  if (!twoLevels)
    return quantizeBlocks(values, row, scales);
  std::optional<QuantizationError> error = twoLevels->quantize(values, codes);
  if (!error)
    return refuseScale(row, 0, values.size());
  storeScale(twoLevels->getScale(), scales);
  llvm::copy(twoLevels->getMultipliers(), multipliers.begin());
  return *error;
}

/// Rows of a transposed weight that are loaded together: neighbours in a line
/// of the cache.
static constexpr int64_t rowsPerTile = 16;

llvm::Error WeightQuantizer::quantizeRows(
    const WeightView &weight, int64_t begin, MutableArrayRef<char> codes,
    MutableArrayRef<char> scales, MutableArrayRef<char> multipliers,
    MutableArrayRef<QuantizationError> errors) const {
  int64_t numRows = errors.size(), numColumns = weight.numColumns;
  int64_t codeBytes = getCodeRowBytes(numColumns),
          scaleBytes = getScaleRowBytes(numColumns),
          multiplierBytes = getMultiplierRowBytes(numColumns);
  std::vector<float> tile(rowsPerTile * numColumns);
  RowQuantizer quantizer(format, method, numColumns);
  for (int64_t row = 0; row < numRows; ++row) {
    int64_t rowOfTile = row % rowsPerTile;
    if (rowOfTile == 0)
      loadTile(weight, begin + row, std::min(rowsPerTile, numRows - row), tile);
    llvm::Expected<QuantizationError> error = quantizer.quantize(
        ArrayRef(tile).slice(rowOfTile * numColumns, numColumns), begin + row,
        scales.slice(row * scaleBytes, scaleBytes),
        multipliers.slice(row * multiplierBytes, multiplierBytes));
    if (!error)
      return error.takeError();
    errors[row] = *error;
    MutableArrayRef<char> codeRow = codes.slice(row * codeBytes, codeBytes);
    if (packed)
      packRow(quantizer.getCodes(), format.getStorageWidth(), codeRow);
    else
      llvm::copy(quantizer.getCodes(), codeRow.begin());
  }
  return llvm::Error::success();
}

llvm::Expected<QuantizationError> WeightQuantizer::quantize(
    MLIRContext *context, const WeightView &weight, int64_t begin, int64_t end,
    MutableArrayRef<char> codes, MutableArrayRef<char> scales,
    MutableArrayRef<char> multipliers) const {
  int64_t numRows = end - begin;
  int64_t codeBytes = getCodeRowBytes(weight.numColumns);
  int64_t scaleBytes = getScaleRowBytes(weight.numColumns);
  int64_t multiplierBytes = getMultiplierRowBytes(weight.numColumns);
  std::vector<QuantizationError> errors(numRows);
  std::vector<std::string> failures(llvm::divideCeil(numRows, rowsPerTile));
  parallelFor(context, 0, failures.size(), [&](size_t index) {
    int64_t first = index * rowsPerTile,
            count = std::min(rowsPerTile, numRows - first);
    if (llvm::Error error = quantizeRows(
            weight, begin + first,
            codes.slice(first * codeBytes, count * codeBytes),
            scales.slice(first * scaleBytes, count * scaleBytes),
            multipliers.slice(first * multiplierBytes, count * multiplierBytes),
            MutableArrayRef(errors).slice(first, count)))
      failures[index] = llvm::toString(std::move(error));
  });
  for (const std::string &failure : failures)
    if (!failure.empty())
      return makeError(failure);
  QuantizationError total;
  for (const QuantizationError &error : errors)
    total += error;
  return total;
}
