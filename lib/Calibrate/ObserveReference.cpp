//===- ObserveReference.cpp - What observers keep, slowly and obviously ---===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Calibrate/ObserveReference.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

ReferenceObserver::ReferenceObserver(ObservedTensor tensor)
    : sample(std::move(tensor)) {
  sums.resize(sample.sums.size());
  absSums.resize(sample.absSums.size());
  squareSums.resize(sample.squareSums.size());
  gram.resize(sample.gram.size());
}

bool ReferenceObserver::isKept(ArrayRef<float> row, int64_t position) {
  ObservedCounts &counts = sample.counts;
  if (position < sample.tensor.numSkipped) {
    ++counts.skippedRows;
    return false;
  }
  if (!llvm::all_of(row, [](float x) { return std::isfinite(x); })) {
    ++counts.nonFiniteRows;
    return false;
  }
  if (llvm::all_of(row, [](float x) { return x <= -10000.0f; })) {
    ++counts.maskedRows;
    return false;
  }
  ++counts.tokens;
  counts.values += row.size();
  return true;
}

void ReferenceObserver::addRow(ArrayRef<float> row) {
  auto has = [&](ObserverKind kind) {
    return sample.tensor.observers.contains(kind);
  };
  float largest = 0;
  for (auto [channel, x] : llvm::enumerate(row)) {
    sample.extremes.min = std::min(sample.extremes.min, x);
    sample.extremes.max = std::max(sample.extremes.max, x);
    largest = std::max(largest, std::abs(x));
    if (has(ObserverKind::ChannelAbsMax))
      sample.channelAbsMax[channel] =
          std::max(sample.channelAbsMax[channel], std::abs(x));
    if (has(ObserverKind::Mean))
      sums[channel] += x;
    if (has(ObserverKind::MeanAbs))
      absSums[channel] += std::abs(x);
    if (has(ObserverKind::MeanSquare))
      squareSums[channel] += double(x) * x; // the product is exact
    if (has(ObserverKind::Histogram))
      sample.histogram.add(x);
  }
  if (has(ObserverKind::TokenAbsMax))
    ++sample.tokenOctaves[getTokenOctave(largest)];
  if (has(ObserverKind::Gram))
    for (size_t i = 0, next = 0; i < row.size(); ++i)
      for (size_t j = i; j < row.size(); ++j)
        gram[next++] += double(row[i]) * row[j];
}

void ReferenceObserver::addError(ArrayRef<float> row, ArrayRef<float> other) {
  for (auto [channel, x] : llvm::enumerate(row)) {
    float difference = x - other[channel];
    errors[0][channel % 16] += double(difference) * difference;
    errors[1][channel % 16] += double(x) * x;
  }
}

void ReferenceObserver::update(ArrayRef<float> values, int64_t rowsPerSequence,
                               ArrayRef<float> others) {
  int64_t numChannels = sample.tensor.numChannels;
  for (int64_t row = 0; (row + 1) * numChannels <= int64_t(values.size());
       ++row) {
    ArrayRef<float> x = values.slice(row * numChannels, numChannels);
    if (!isKept(x, row % rowsPerSequence))
      continue;
    addRow(x);
    if (!others.empty())
      addError(x, others.slice(row * numChannels, numChannels));
  }
}

static bool addSums(ArrayRef<double> terms, std::vector<ExactSum> &sums) {
  for (auto [term, sum] : llvm::zip_equal(terms, sums))
    if (!sum.add(term))
      return false;
  return true;
}

llvm::Expected<TensorStatistics>
ReferenceObserver::finish(uint64_t sampleKey) const {
  TensorStatistics result = sample;
  auto has = [&](ObserverKind kind) {
    return result.tensor.observers.contains(kind);
  };
  result.counts.samples = 1;
  result.extremes.min += 0.0f; // -0 becomes 0, which has one spelling
  result.extremes.max += 0.0f;
  if (has(ObserverKind::AbsMax) && result.counts.tokens)
    result.absMax =
        std::max(std::abs(result.extremes.min), std::abs(result.extremes.max));
  if (has(ObserverKind::MovingAverage)) {
    result.sampleKeys = {sampleKey};
    result.sampleExtremes = {result.extremes};
  }
  if (!has(ObserverKind::MinMax))
    result.extremes = Extremes();
  bool fits = addSums(sums, result.sums) && addSums(absSums, result.absSums) &&
              addSums(squareSums, result.squareSums) &&
              addSums(gram, result.gram);
  if (has(ObserverKind::OutputError))
    for (int i = 0; i < 2; ++i) {
      double partials[16];
      llvm::copy(errors[i], partials);
      for (int width = 8; width > 0; width /= 2)
        for (int lane = 0; lane < width; ++lane)
          partials[lane] += partials[lane + width];
      fits = fits && result.errors[i].add(partials[0]);
    }
  if (!fits)
    return llvm::createStringError("'" + result.tensor.name +
                                   "': a sum is not below 2^62");
  return result;
}
