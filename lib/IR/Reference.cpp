//===- Reference.cpp - The exact arithmetic of elements -------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/Reference.h"

#include "llvm/ADT/APFloat.h"

#include <cfloat>
#include <cmath>

using namespace mlir;
using namespace mlir::ptq;
using namespace mlir::ptq::reference;

int64_t reference::getBlockIndex(int64_t index, ArrayRef<int64_t> shape,
                                 ArrayRef<int64_t> block) {
  int64_t blockIndex = 0, stride = 1;
  for (auto [size, length] : llvm::reverse(llvm::zip_equal(shape, block))) {
    int64_t coordinate = index % size;
    index /= size;
    if (length == 0)
      continue; // one block along this dimension
    blockIndex += coordinate / length * stride;
    stride *= llvm::divideCeil(size, length);
  }
  return blockIndex;
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

float reference::roundToPowerOfTwo(float value) {
  if (!(value >= 0 && value <= FLT_MAX))
    return NAN;
  if (value <= 0x1p-127f)
    return 0x1p-127f;
  int exponent;
  // value == fraction * 2^exponent with fraction in [0.5, 1)
  float fraction = std::frexp(value, &exponent);
  if (fraction < 0.75f)
    --exponent;
  return exponent > 127 ? NAN : std::ldexp(1.0f, exponent);
}

float reference::roundTo(float value, FloatType type) {
  if (type.isF32())
    return value;
  if (isa<Float8E8M0FNUType>(type))
    return roundToPowerOfTwo(value);
  bool losesInfo;
  llvm::APFloat rounded(value);
  rounded.convert(type.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven,
                  &losesInfo);
  rounded.convert(llvm::APFloat::IEEEsingle(),
                  llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return rounded.convertToFloat();
}

float reference::roundScale(float scale, FloatType type) {
  float rounded = roundTo(scale, type);
  return std::fabs(rounded) < FLT_MIN ? 1.0f : rounded;
}

float reference::getAbsMaxScale(ArrayRef<float> values, QuantType format) {
  float absMax = 0;
  for (float value : values)
    absMax = std::fmax(absMax, std::fabs(value)); // fmax drops a NaN
  int64_t max = format.getStorageMax() - format.getConstantZeroPoint();
  return roundScale(absMax / static_cast<float>(max), format.getScaleType());
}

float reference::getSignedMaxScale(ArrayRef<float> values, QuantType format) {
  float largest = 0;
  for (float value : values)
    if (std::fabs(value) > std::fabs(largest))
      largest = value;
  int64_t min = format.getStorageMin() - format.getConstantZeroPoint();
  return roundScale(largest / static_cast<float>(min), format.getScaleType());
}

/// The range of the values and zero.
static std::pair<float, float> getRangeWithZero(ArrayRef<float> values) {
  float low = 0, high = 0;
  for (float value : values) {
    low = std::fmin(low, value);
    high = std::fmax(high, value);
  }
  return {low, high};
}

float reference::getAsymmetricScale(ArrayRef<float> values, QuantType format) {
  auto [low, high] = getRangeWithZero(values);
  int64_t steps = format.getStorageMax() - format.getStorageMin();
  return roundScale((high - low) / static_cast<float>(steps),
                    format.getScaleType());
}

/// `int(clamp(value, min, max))`: the clamp is in float, and drops a NaN.
static int32_t clampToStorage(float value, QuantType format) {
  value = std::fmax(value, static_cast<float>(format.getStorageMin()));
  value = std::fmin(value, static_cast<float>(format.getStorageMax()));
  return static_cast<int32_t>(value);
}

int32_t reference::getAsymmetricZeroPoint(ArrayRef<float> values, float scale,
                                          QuantType format) {
  float low = getRangeWithZero(values).first;
  float zeroPoint = static_cast<float>(format.getStorageMin()) - low / scale;
  return clampToStorage(std::nearbyint(zeroPoint), format);
}

int32_t reference::quantizeValue(float value, float inverseScale,
                                 int32_t zeroPoint, QuantType format) {
  float rounded = std::nearbyint(value * inverseScale);
  return clampToStorage(rounded + static_cast<float>(zeroPoint), format);
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

/// Zero point of element `index`: an operand, a constant, or 0.
static int32_t getZeroPoint(int64_t index, ArrayRef<int64_t> shape,
                            QuantType format, const IntegerTensor &zeroPoints) {
  if (!format.hasZeroPointOperand())
    return format.getConstantZeroPoint();
  return zeroPoints.values[getBlockIndex(index, shape, format.getBlock())];
}

static int32_t getMultiplier(int64_t index, ArrayRef<int64_t> shape,
                             QuantType format,
                             const IntegerTensor &multipliers) {
  if (!format.hasMultiplier())
    return 1;
  return multipliers
      .values[getBlockIndex(index, shape, format.getMultiplierBlock())];
}

IntegerTensor reference::quantize(const FloatTensor &input,
                                  const QuantParameters &parameters,
                                  QuantType format) {
  IntegerTensor codes(input.shape);
  for (int64_t i = 0, e = input.getNumElements(); i < e; ++i) {
    int32_t zeroPoint =
        getZeroPoint(i, input.shape, format, parameters.zeroPoints);
    int32_t multiplier =
        getMultiplier(i, input.shape, format, parameters.multipliers);
    float scale = parameters.scales
                      .values[getBlockIndex(i, input.shape, format.getBlock())];
    if (format.hasMultiplier())
      scale = static_cast<float>(multiplier) * scale;
    codes.values[i] =
        multiplier == 0
            ? clampToStorage(static_cast<float>(zeroPoint), format)
            : quantizeValue(input.values[i], 1.0f / scale, zeroPoint, format);
  }
  return codes;
}

IntegerTensor reference::centerCodes(const QuantizedTensor &input) {
  const auto &[format, codes, parameters] = input;
  IntegerTensor centered(codes.shape);
  for (int64_t i = 0, e = codes.getNumElements(); i < e; ++i) {
    int32_t zeroPoint =
        getZeroPoint(i, codes.shape, format, parameters.zeroPoints);
    int32_t multiplier =
        getMultiplier(i, codes.shape, format, parameters.multipliers);
    // Unsigned: a zero point operand out of range wraps, as compiled code does.
    centered.values[i] = uint32_t(multiplier) *
                         (uint32_t(codes.values[i]) - uint32_t(zeroPoint));
  }
  return centered;
}

FloatTensor reference::dequantize(const QuantizedTensor &input,
                                  FloatType resultType) {
  const auto &[format, codes, parameters] = input;
  IntegerTensor centered = centerCodes(input);
  FloatTensor result(codes.shape);
  for (int64_t i = 0, e = codes.getNumElements(); i < e; ++i) {
    float scale = parameters.scales
                      .values[getBlockIndex(i, codes.shape, format.getBlock())];
    result.values[i] =
        roundTo(static_cast<float>(centered.values[i]) * scale, resultType);
  }
  return result;
}

IntegerTensor reference::sumCodes(const IntegerTensor &codes,
                                  ArrayRef<int64_t> block) {
  IntegerTensor sums(QuantType::getBlockedShape(codes.shape, block));
  for (int64_t i = 0, e = codes.getNumElements(); i < e; ++i)
    sums.values[getBlockIndex(i, codes.shape, block)] += codes.values[i];
  return sums;
}

/// The values of each block, in the order of the blocks.
static std::vector<SmallVector<float>>
splitIntoBlocks(const FloatTensor &input, ArrayRef<int64_t> block) {
  std::vector<SmallVector<float>> blocks(ShapedType::getNumElements(
      QuantType::getBlockedShape(input.shape, block)));
  for (int64_t i = 0, e = input.getNumElements(); i < e; ++i)
    blocks[getBlockIndex(i, input.shape, block)].push_back(input.values[i]);
  return blocks;
}

DynamicQuantizeResult
reference::dynamicQuantize(const FloatTensor &input, QuantType format,
                           std::optional<ArrayRef<int64_t>> sumsBlock) {
  QuantParameters parameters;
  parameters.scales.shape = format.getScaleShape(input.shape);
  for (ArrayRef<float> values : splitIntoBlocks(input, format.getBlock()))
    parameters.scales.values.push_back(getAbsMaxScale(values, format));
  IntegerTensor codes = quantize(input, parameters, format);
  IntegerTensor sums =
      sumsBlock ? sumCodes(codes, *sumsBlock) : IntegerTensor();
  return {{format, std::move(codes), std::move(parameters)}, std::move(sums)};
}

FloatTensor reference::fakeQuantize(const FloatTensor &input,
                                    const QuantParameters &parameters,
                                    QuantType format, FloatType resultType) {
  return dequantize({format, quantize(input, parameters, format), parameters},
                    resultType);
}

IntegerTensor reference::addBias(const IntegerTensor &values,
                                 const IntegerTensor &bias,
                                 ArrayRef<int64_t> block) {
  IntegerTensor sums(values.shape);
  for (int64_t i = 0, e = values.getNumElements(); i < e; ++i)
    sums.values[i] =
        uint32_t(values.values[i]) +
        uint32_t(bias.values[getBlockIndex(i, values.shape, block)]);
  return sums;
}

IntegerTensor reference::requantizeFloat(const IntegerTensor &input,
                                         const FloatTensor &multipliers,
                                         const IntegerTensor &zeroPoints,
                                         QuantType format,
                                         std::optional<ArrayRef<int64_t>> per) {
  ArrayRef<int64_t> block = per.value_or(format.getBlock());
  IntegerTensor codes(input.shape);
  for (int64_t i = 0, e = input.getNumElements(); i < e; ++i) {
    float multiplier = multipliers.values[getBlockIndex(i, input.shape, block)];
    int32_t zeroPoint = getZeroPoint(i, input.shape, format, zeroPoints);
    codes.values[i] = quantizeValue(static_cast<float>(input.values[i]),
                                    multiplier, zeroPoint, format);
  }
  return codes;
}

/// `clamp(((sum + (1 << (shift - 1))) >> shift) + zeroPoint)`
static int32_t shiftToCode(int64_t sum, int64_t shift, int64_t zeroPoint,
                           QuantType format) {
  int64_t rounded = (sum + (int64_t(1) << (shift - 1))) >> shift;
  return std::clamp(rounded + zeroPoint, format.getStorageMin(),
                    format.getStorageMax());
}

IntegerTensor reference::requantizeFixed(const IntegerTensor &input,
                                         const IntegerTensor &multipliers,
                                         const IntegerTensor &shifts,
                                         const IntegerTensor &zeroPoints,
                                         QuantType format,
                                         std::optional<ArrayRef<int64_t>> per) {
  IntegerTensor codes(input.shape);
  for (int64_t i = 0, e = input.getNumElements(); i < e; ++i) {
    int64_t block =
        getBlockIndex(i, input.shape, per.value_or(format.getBlock()));
    int64_t product = int64_t(input.values[i]) * multipliers.values[block];
    codes.values[i] =
        shiftToCode(product, shifts.values[block],
                    getZeroPoint(i, input.shape, format, zeroPoints), format);
  }
  return codes;
}

IntegerTensor reference::addFloat(const IntegerTensor &lhs,
                                  const IntegerTensor &rhs,
                                  const FloatTensor &lhsMultipliers,
                                  const FloatTensor &rhsMultipliers,
                                  QuantType format) {
  IntegerTensor codes(lhs.shape);
  for (int64_t i = 0, e = lhs.getNumElements(); i < e; ++i) {
    int64_t block = getBlockIndex(i, lhs.shape, format.getBlock());
    float scaled =
        static_cast<float>(lhs.values[i]) * lhsMultipliers.values[block];
    float sum = std::fma(static_cast<float>(rhs.values[i]),
                         rhsMultipliers.values[block], scaled);
    codes.values[i] =
        quantizeValue(sum, 1.0f, format.getConstantZeroPoint(), format);
  }
  return codes;
}

IntegerTensor reference::addFixed(const IntegerTensor &lhs,
                                  const IntegerTensor &rhs,
                                  const IntegerTensor &lhsMultipliers,
                                  const IntegerTensor &rhsMultipliers,
                                  const IntegerTensor &shifts,
                                  QuantType format) {
  IntegerTensor codes(lhs.shape);
  for (int64_t i = 0, e = lhs.getNumElements(); i < e; ++i) {
    int64_t block = getBlockIndex(i, lhs.shape, format.getBlock());
    int64_t sum = int64_t(lhs.values[i]) * lhsMultipliers.values[block] +
                  int64_t(rhs.values[i]) * rhsMultipliers.values[block];
    codes.values[i] = shiftToCode(sum, shifts.values[block],
                                  format.getConstantZeroPoint(), format);
  }
  return codes;
}

//===----------------------------------------------------------------------===//
// Storage
//===----------------------------------------------------------------------===//

int64_t reference::getPackedRowBytes(int64_t numColumns, unsigned width) {
  return llvm::divideCeil(numColumns * width, 8);
}

IntegerTensor reference::unpackCodes(const Tensor<uint8_t> &bytes,
                                     ArrayRef<int64_t> shape,
                                     QuantType format) {
  IntegerTensor codes(shape);
  unsigned width = format.getStorageWidth();
  int64_t numColumns = codes.getNumColumns();
  int64_t rowBytes = getPackedRowBytes(numColumns, width);
  for (int64_t i = 0, e = codes.getNumElements(); i < e; ++i) {
    int64_t row = i / numColumns, firstBit = i % numColumns * width;
    int32_t code = 0;
    for (unsigned bit = 0; bit < width; ++bit) {
      uint8_t byte = bytes.values[row * rowBytes + (firstBit + bit) / 8];
      code |= (byte >> ((firstBit + bit) % 8) & 1) << bit;
    }
    codes.values[i] =
        format.getIsSigned() ? llvm::SignExtend32(code, width) : code;
  }
  return codes;
}

Tensor<uint8_t> reference::packCodes(const IntegerTensor &codes,
                                     QuantType format) {
  unsigned width = format.getStorageWidth();
  int64_t numColumns = codes.getNumColumns();
  int64_t rowBytes = getPackedRowBytes(numColumns, width);
  SmallVector<int64_t> shape(codes.shape);
  shape.back() = rowBytes;
  Tensor<uint8_t> bytes(shape);
  for (int64_t i = 0, e = codes.getNumElements(); i < e; ++i) {
    int64_t row = i / numColumns, firstBit = i % numColumns * width;
    for (unsigned bit = 0; bit < width; ++bit)
      bytes.values[row * rowBytes + (firstBit + bit) / 8] |=
          (codes.values[i] >> bit & 1) << ((firstBit + bit) % 8);
  }
  return bytes;
}
