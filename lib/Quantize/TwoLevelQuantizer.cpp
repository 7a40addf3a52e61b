//===- TwoLevelQuantizer.cpp - Scale and multipliers of one row -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TwoLevelQuantizer.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

TwoLevelQuantizer::TwoLevelQuantizer(QuantType format, ScaleMethod method,
                                     int64_t numColumns)
    : quantizer(format, method), method(method),
      maxMultiplier(format.getMultiplierMax()) {
  groupSize = format.getMultiplierBlock().back();
  if (groupSize == 0 || groupSize > numColumns)
    groupSize = numColumns;
  paddedSize = llvm::alignTo(groupSize, BlockQuantizer::numLanes);
  int64_t numGroups = llvm::divideCeil(numColumns, groupSize);
  padded.resize(numGroups * paddedSize);
  largest.resize(numGroups);
}

void TwoLevelQuantizer::load(ArrayRef<float> values) {
  llvm::fill(padded, 0.0f);
  for (size_t group = 0; group < largest.size(); ++group) {
    ArrayRef<float> part = values.slice(group * groupSize);
    part = part.take_front(groupSize);
    llvm::copy(part, padded.begin() + group * paddedSize);
    largest[group] = BlockQuantizer::findLargest(getGroup(group));
  }
}

void TwoLevelQuantizer::applyRule(bool usesSign) {
  auto getRatio = [&](float value) {
    return usesSign ? value / quantizer.getMinCode()
                    : std::fabs(value) / quantizer.getMaxCode();
  };
  float top = 0;
  for (float value : largest)
    top = std::max(top, std::fabs(getRatio(value)));
  best.scale = quantizer.roundScale(top / maxMultiplier);
  for (auto [multiplier, value] : llvm::zip_equal(best.multipliers, largest))
    multiplier = static_cast<int8_t>(
        std::clamp<float>(std::nearbyint(getRatio(value) / best.scale),
                          -maxMultiplier, maxMultiplier));
}

/// The multiplier of least squared error beside `scale`: 0, or one that puts
/// the largest value of the group near the smallest code. For Gaussian weights
/// no other one is better.
int8_t TwoLevelQuantizer::findMultiplier(size_t group, float scale,
                                         double &error) const {
  ArrayRef<float> values = getGroup(group);
  float ratio = largest[group] / (quantizer.getMinCode() * scale);
  int32_t sign = ratio < 0 ? -1 : 1;
  float magnitude = std::min<float>(std::fabs(ratio), 2 * maxMultiplier);
  auto bound = [&](float value) {
    return std::clamp<int32_t>(static_cast<int32_t>(value), 1, maxMultiplier);
  };
  int32_t first = bound(std::floor(0.7f * magnitude)),
          last = bound(std::ceil(1.5f * magnitude)), found = 0;
  float least = quantizer.getPower(values);
  for (int32_t multiplier = first; multiplier <= last && least > 0;
       ++multiplier) {
    float squared = quantizer.getSquaredError(
        values, static_cast<float>(sign * multiplier) * scale);
    if (squared < least) {
      least = squared;
      found = sign * multiplier;
    }
  }
  error += least;
  return static_cast<int8_t>(found);
}

void TwoLevelQuantizer::tryScale(float scale) {
  scale = quantizer.roundScale(scale);
  if (!std::isfinite(scale))
    return;
  Choice choice;
  choice.scale = scale;
  choice.multipliers.resize(largest.size());
  choice.error = 0;
  for (size_t group = 0; group < largest.size(); ++group)
    choice.multipliers[group] = findMultiplier(group, scale, choice.error);
  if (choice.error < best.error)
    best = std::move(choice);
}

/// The scale of least squared error with the codes of the best choice:
/// sum(w k q) / sum(k q k q).
float TwoLevelQuantizer::refitScale() const {
  double product = 0, power = 0;
  for (auto [group, multiplier] : llvm::enumerate(best.multipliers)) {
    if (multiplier == 0)
      continue;
    auto [valueCode, codeCode] = quantizer.project(
        getGroup(group), static_cast<float>(multiplier) * best.scale);
    product += double(multiplier) * valueCode;
    power += double(multiplier * multiplier) * codeCode;
  }
  return power == 0 ? best.scale : static_cast<float>(product / power);
}

/// The group that reaches furthest has the largest multiplier, or a little less
/// than it would need.
void TwoLevelQuantizer::search() {
  float top = 0;
  for (float value : largest)
    top = std::max(top, std::fabs(value));
  top = std::fabs(top / quantizer.getMinCode()) / maxMultiplier;
  best.error = std::numeric_limits<double>::infinity();
  best.scale = top; // not finite if it overflows
  for (float part : {1.0f, 0.95f, 0.9f, 0.85f, 0.8f})
    tryScale(top * part);
  for (int i = 0; i < 2; ++i)
    tryScale(refitScale());
}

std::optional<QuantizationError>
TwoLevelQuantizer::quantize(ArrayRef<float> values,
                            MutableArrayRef<uint8_t> codes) {
  load(values);
  best.multipliers.assign(largest.size(), 0);
  best.scale = 1;
  bool isZero = llvm::all_of(largest, [](float value) { return value == 0; });
  if (!isZero && method == ScaleMethod::Search)
    search();
  else if (!isZero)
    applyRule(/*usesSign=*/method == ScaleMethod::SignedMax);
  if (!std::isfinite(best.scale))
    return std::nullopt;
  QuantizationError total;
  for (auto [group, multiplier] : llvm::enumerate(best.multipliers)) {
    MutableArrayRef<uint8_t> part = codes.drop_front(group * groupSize);
    part = part.take_front(groupSize);
    total += multiplier == 0
                 ? quantizer.encodeZeros(getGroup(group), part)
                 : quantizer.encode(getGroup(group),
                                    static_cast<float>(multiplier) * best.scale,
                                    part);
  }
  return total;
}
