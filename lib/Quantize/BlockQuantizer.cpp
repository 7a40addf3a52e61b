//===- BlockQuantizer.cpp - Scale and codes of one block ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockQuantizer.h"

#include "ptq/IR/NarrowFloats.h"
#include "ptq/IR/Reference.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cfloat>

using namespace mlir;
using namespace mlir::ptq;

BlockQuantizer::BlockQuantizer(QuantType format, ScaleMethod method)
    : method(method), zeroPoint(format.getConstantZeroPoint()) {
  minCode = format.getStorageMin() - zeroPoint;
  maxCode = format.getStorageMax() - zeroPoint;
  scaleKind = TypeSwitch<Type, ScaleKind>(format.getScaleType())
                  .Case([](Float16Type) { return ScaleKind::F16; })
                  .Case([](BFloat16Type) { return ScaleKind::BF16; })
                  .Case([](Float8E8M0FNUType) { return ScaleKind::F8E8M0FNU; })
                  .Default([](Type) { return ScaleKind::F32; });
}

//===----------------------------------------------------------------------===//
// Scales in storage
//===----------------------------------------------------------------------===//

unsigned BlockQuantizer::getScaleBytes() const {
  switch (scaleKind) {
  case ScaleKind::F32:
    return 4;
  case ScaleKind::F16:
  case ScaleKind::BF16:
    return 2;
  case ScaleKind::F8E8M0FNU:
    return 1;
  }
  llvm_unreachable("unknown scale kind");
}

uint32_t BlockQuantizer::getScaleBits(float scale) const {
  switch (scaleKind) {
  case ScaleKind::F32:
    return llvm::bit_cast<uint32_t>(scale);
  case ScaleKind::F16:
    return narrowToHalf(scale);
  case ScaleKind::BF16:
    return narrowToBFloat16(scale);
  case ScaleKind::F8E8M0FNU:
    return llvm::bit_cast<uint32_t>(scale) >> 23; // the exponent, biased alike
  }
  llvm_unreachable("unknown scale kind");
}

/// reference::roundScale, but fast: a search rounds dozens of scales per block.
float BlockQuantizer::roundScale(float scale) const {
  if (scaleKind == ScaleKind::F16)
    scale = widenHalf(narrowToHalf(scale));
  else if (scaleKind == ScaleKind::BF16)
    scale = widenBFloat16(narrowToBFloat16(scale));
  else if (scaleKind == ScaleKind::F8E8M0FNU)
    scale = reference::roundToPowerOfTwo(scale);
  return std::fabs(scale) < FLT_MIN ? 1.0f : scale;
}

//===----------------------------------------------------------------------===//
// Loops over a block
//===----------------------------------------------------------------------===//

/// Lanes are fixed and nothing is contracted, so both clones give the same
/// bits; a search spends its time in them.
#if defined(__x86_64__) && defined(__ELF__)
#define PTQ_CLONE_FOR_AVX2 __attribute__((target_clones("avx2", "default")))
#else
#define PTQ_CLONE_FOR_AVX2
#endif

/// rne(clamp(value * inverseScale)): the bounds are integers, so this is
/// clamp(rne(..)). Adding and subtracting 1.5 * 2^23 rounds, as |value| < 2^22.
inline float BlockQuantizer::getCode(float value, float inverseScale) const {
  constexpr float magic = 0x1.8p23f;
  float clamped = std::min(std::max(value * inverseScale, minCode), maxCode);
  return (clamped + magic) - magic;
}

/// 16 -> 8 -> 4 -> 2 -> 1
template <typename T>
static T addLanes(T (&lanes)[BlockQuantizer::numLanes]) {
  for (int64_t half = BlockQuantizer::numLanes / 2; half > 0; half /= 2)
    for (int64_t lane = 0; lane < half; ++lane)
      lanes[lane] += lanes[lane + half];
  return lanes[0];
}

float BlockQuantizer::findLargest(ArrayRef<float> block) {
  float absMax = 0;
  for (float value : block)
    absMax = std::max(absMax, std::fabs(value));
  return *llvm::find_if(
      block, [&](float value) { return std::fabs(value) == absMax; });
}

PTQ_CLONE_FOR_AVX2
std::pair<float, float> BlockQuantizer::project(ArrayRef<float> block,
                                                float scale) const {
  float valueCode[numLanes] = {}, codeCode[numLanes] = {};
  float inverseScale = 1.0f / scale;
  for (const float *it = block.begin(); it != block.end(); it += numLanes)
    for (int64_t lane = 0; lane < numLanes; ++lane) {
      float value = it[lane], code = getCode(value, inverseScale);
      valueCode[lane] += value * code;
      codeCode[lane] += code * code;
    }
  return {addLanes(valueCode), addLanes(codeCode)};
}

/// The scale that makes the least squared error with the codes that `scale`
/// gives: sum(w q) / sum(q q).
float BlockQuantizer::refitScale(ArrayRef<float> block, float scale) const {
  auto [valueCode, codeCode] = project(block, scale);
  return roundScale(codeCode == 0 ? scale : valueCode / codeCode);
}

float BlockQuantizer::getPower(ArrayRef<float> block) const {
  float squares[numLanes] = {};
  for (const float *it = block.begin(); it != block.end(); it += numLanes)
    for (int64_t lane = 0; lane < numLanes; ++lane)
      squares[lane] += it[lane] * it[lane];
  return addLanes(squares);
}

PTQ_CLONE_FOR_AVX2
float BlockQuantizer::getSquaredError(ArrayRef<float> block,
                                      float scale) const {
  float errors[numLanes] = {};
  float inverseScale = 1.0f / scale;
  for (const float *it = block.begin(); it != block.end(); it += numLanes)
    for (int64_t lane = 0; lane < numLanes; ++lane) {
      float value = it[lane];
      float error = value - getCode(value, inverseScale) * scale;
      errors[lane] += error * error;
    }
  return addLanes(errors);
}

QuantizationError BlockQuantizer::encode(ArrayRef<float> block, float scale,
                                         MutableArrayRef<uint8_t> codes) const {
  float inverseScale = 1.0f / scale;
  for (auto [code, value] : llvm::zip_first(codes, block))
    code = static_cast<int32_t>(getCode(value, inverseScale)) + zeroPoint;
  double signal[numLanes] = {}, noise[numLanes] = {};
  int64_t numClipped[numLanes] = {};
  for (const float *it = block.begin(); it != block.end(); it += numLanes)
    for (int64_t lane = 0; lane < numLanes; ++lane) {
      float value = it[lane], scaled = value * inverseScale;
      float dequantized = getCode(value, inverseScale) * scale;
      double error = double(value) - double(dequantized);
      signal[lane] += double(value) * double(value);
      noise[lane] += error * error;
      numClipped[lane] += scaled > maxCode + 0.5f || scaled < minCode - 0.5f;
    }
  return {addLanes(signal), addLanes(noise), addLanes(numClipped)};
}

QuantizationError
BlockQuantizer::encodeZeros(ArrayRef<float> block,
                            MutableArrayRef<uint8_t> codes) const {
  llvm::fill(codes, static_cast<uint8_t>(zeroPoint));
  double signal[numLanes] = {};
  for (const float *it = block.begin(); it != block.end(); it += numLanes)
    for (int64_t lane = 0; lane < numLanes; ++lane)
      signal[lane] += double(it[lane]) * double(it[lane]);
  double power = addLanes(signal);
  return {power, power, /*numClipped=*/0};
}

//===----------------------------------------------------------------------===//
// Methods
//===----------------------------------------------------------------------===//

/// Candidates put the largest value at code -8 (of 4 bits), -7.7, -8.3, ..,
/// each refitted twice, beside the one not refitted. Up to 4 bits nine of them
/// come within 0.005 dB of the best scale that exists for Gaussian weights in
/// groups of 32. Of a whole channel in 8 bits the error has its valleys closer
/// together: a tenth of a code at the largest value moves many others.
float BlockQuantizer::searchScale(ArrayRef<float> block, float largest,
                                  float code) const {
  const bool isFine = maxCode - minCode > 15;
  const float step = isFine ? 0.1f : 0.3f;
  const int numSteps = isFine ? 12 : 4;
  float best = roundScale(largest / code);
  if (!std::isfinite(best))
    return best;
  float bestError = getSquaredError(block, best);
  for (int i = 0; i <= 2 * numSteps; ++i) { // 0, 1, -1, 2, -2, ..
    int offset = i % 2 ? (i + 1) / 2 : -(i / 2);
    float scale = largest / (code + step * offset);
    scale = refitScale(block, refitScale(block, scale));
    if (!std::isfinite(scale))
      continue;
    float error = getSquaredError(block, scale);
    if (error < bestError) {
      best = scale;
      bestError = error;
    }
  }
  return best;
}

float BlockQuantizer::findScale(ArrayRef<float> block) const {
  float largest = findLargest(block);
  if (largest == 0)
    return 1;
  switch (method) {
  case ScaleMethod::AbsMax:
    return roundScale(std::fabs(largest) / maxCode);
  case ScaleMethod::SignedMax:
    return roundScale(largest / minCode);
  case ScaleMethod::Search:
    // A power of two has no sign.
    if (scaleKind == ScaleKind::F8E8M0FNU)
      return searchScale(block, std::fabs(largest), maxCode);
    return searchScale(block, largest, minCode);
  }
  llvm_unreachable("unknown scale method");
}
