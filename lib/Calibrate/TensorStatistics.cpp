//===- TensorStatistics.cpp - What one tensor was like --------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Calibrate/Statistics.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

int64_t ptq::getTokenOctave(float magnitude) {
  int exponent = -32;
  if (magnitude != 0)
    std::frexp(magnitude, &exponent); // in [2^(exponent - 1), 2^exponent)
  return std::clamp<int64_t>(exponent + 32, 0, numTokenOctaves - 1);
}

bool ObservedTensor::operator==(const ObservedTensor &other) const {
  return name == other.name && linears == other.linears &&
         observers == other.observers && numChannels == other.numChannels &&
         numSkipped == other.numSkipped && momentum == other.momentum;
}

ObservedCounts &ObservedCounts::operator+=(const ObservedCounts &other) {
  samples += other.samples;
  tokens += other.tokens;
  values += other.values;
  skippedRows += other.skippedRows;
  nonFiniteRows += other.nonFiniteRows;
  maskedRows += other.maskedRows;
  return *this;
}

bool ObservedCounts::operator==(const ObservedCounts &other) const {
  return samples == other.samples && tokens == other.tokens &&
         values == other.values && skippedRows == other.skippedRows &&
         nonFiniteRows == other.nonFiniteRows && maskedRows == other.maskedRows;
}

TensorStatistics::TensorStatistics(ObservedTensor observed)
    : tensor(std::move(observed)) {
  const ObserverSet &observers = tensor.observers;
  size_t numChannels = tensor.numChannels;
  if (observers.contains(ObserverKind::ChannelAbsMax))
    channelAbsMax.resize(numChannels);
  if (observers.contains(ObserverKind::TokenAbsMax))
    tokenOctaves.resize(numTokenOctaves);
  if (observers.contains(ObserverKind::Mean))
    sums.resize(numChannels);
  if (observers.contains(ObserverKind::MeanAbs))
    absSums.resize(numChannels);
  if (observers.contains(ObserverKind::MeanSquare))
    squareSums.resize(numChannels);
  if (!observers.contains(ObserverKind::Histogram))
    histogram.counts.clear();
  if (observers.contains(ObserverKind::Gram))
    gram.resize(numChannels * (numChannels + 1) / 2);
  if (observers.contains(ObserverKind::OutputError))
    errors.resize(2);
}

//===----------------------------------------------------------------------===//
// Merging
//===----------------------------------------------------------------------===//

static bool addSums(std::vector<ExactSum> &sums,
                    const std::vector<ExactSum> &others) {
  for (auto [sum, other] : llvm::zip_equal(sums, others))
    if (!sum.add(other))
      return false;
  return true;
}

llvm::Error TensorStatistics::merge(const TensorStatistics &other) {
  const ObservedTensor &theirs = other.tensor;
  if (!(tensor.observers == theirs.observers))
    return llvm::createStringError("'" + tensor.name + "': expects observers " +
                                   tensor.observers.str() + ", but got " +
                                   theirs.observers.str());
  if (tensor.numChannels != theirs.numChannels ||
      tensor.numSkipped != theirs.numSkipped ||
      tensor.momentum != theirs.momentum)
    return llvm::createStringError(
        "'" + tensor.name +
        "': expects the same channels, skipped positions and momentum");
  counts += other.counts;
  extremes.min = std::min(extremes.min, other.extremes.min);
  extremes.max = std::max(extremes.max, other.extremes.max);
  llvm::append_range(sampleKeys, other.sampleKeys);
  llvm::append_range(sampleExtremes, other.sampleExtremes);
  absMax = std::max(absMax, other.absMax);
  for (auto [max, theirMax] :
       llvm::zip_equal(channelAbsMax, other.channelAbsMax))
    max = std::max(max, theirMax);
  for (auto [count, theirCount] :
       llvm::zip_equal(tokenOctaves, other.tokenOctaves))
    count += theirCount;
  if (tensor.observers.contains(ObserverKind::Histogram))
    histogram.merge(other.histogram);
  if (!addSums(sums, other.sums) || !addSums(absSums, other.absSums) ||
      !addSums(squareSums, other.squareSums) || !addSums(gram, other.gram) ||
      !addSums(errors, other.errors))
    return llvm::createStringError("'" + tensor.name +
                                   "': a sum is not below 2^62");
  return llvm::Error::success();
}

/// Indices of samples in the order that does not depend on where they came
/// from.
static std::vector<size_t> sortSamples(const TensorStatistics &statistics) {
  std::vector<size_t> order(statistics.sampleKeys.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  llvm::sort(order, [&](size_t a, size_t b) {
    auto getKey = [&](size_t i) {
      const Extremes &extremes = statistics.sampleExtremes[i];
      return std::make_tuple(statistics.sampleKeys[i], extremes.min,
                             extremes.max);
    };
    return getKey(a) < getKey(b);
  });
  return order;
}

bool TensorStatistics::operator==(const TensorStatistics &other) const {
  if (!(tensor == other.tensor && counts == other.counts &&
        extremes == other.extremes && absMax == other.absMax &&
        channelAbsMax == other.channelAbsMax &&
        tokenOctaves == other.tokenOctaves && sums == other.sums &&
        absSums == other.absSums && squareSums == other.squareSums &&
        histogram == other.histogram && gram == other.gram &&
        errors == other.errors && sampleKeys.size() == other.sampleKeys.size()))
    return false;
  return llvm::all_of(
      llvm::zip_equal(sortSamples(*this), sortSamples(other)), [&](auto pair) {
        auto [mine, theirs] = pair;
        return sampleKeys[mine] == other.sampleKeys[theirs] &&
               sampleExtremes[mine] == other.sampleExtremes[theirs];
      });
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

llvm::Error TensorStatistics::require(ObserverKind kind) const {
  if (!tensor.observers.contains(kind))
    return llvm::createStringError(
        "'" + tensor.name + "': expects the observer " +
        stringifyObserverKind(kind) + ", but got " + tensor.observers.str());
  if (counts.tokens == 0)
    return llvm::createStringError("'" + tensor.name +
                                   "': expects tokens, but none was seen");
  return llvm::Error::success();
}

llvm::Expected<Extremes> TensorStatistics::getExtremes() const {
  if (llvm::Error error = require(ObserverKind::MinMax))
    return std::move(error);
  return extremes;
}

llvm::Expected<Extremes> TensorStatistics::getMovingAverage() const {
  if (llvm::Error error = require(ObserverKind::MovingAverage))
    return std::move(error);
  Extremes average;
  bool isFirst = true;
  for (size_t i : sortSamples(*this)) {
    const Extremes &sample = sampleExtremes[i];
    if (sample.min > sample.max)
      continue; // no token of it was seen
    if (isFirst)
      average = sample;
    average.min += tensor.momentum * (sample.min - average.min);
    average.max += tensor.momentum * (sample.max - average.max);
    isFirst = false;
  }
  return average;
}

llvm::Expected<float> TensorStatistics::getAbsMax() const {
  if (llvm::Error error = require(ObserverKind::AbsMax))
    return std::move(error);
  return absMax;
}

llvm::Expected<std::vector<float>> TensorStatistics::getChannelAbsMax() const {
  if (llvm::Error error = require(ObserverKind::ChannelAbsMax))
    return std::move(error);
  return channelAbsMax;
}

llvm::Expected<std::vector<double>>
TensorStatistics::getMeans(ObserverKind kind,
                           const std::vector<ExactSum> &sums) const {
  if (llvm::Error error = require(kind))
    return std::move(error);
  std::vector<double> means;
  for (const ExactSum &sum : sums)
    means.push_back(sum.get() / counts.tokens);
  return means;
}

llvm::Expected<std::vector<double>> TensorStatistics::getMean() const {
  return getMeans(ObserverKind::Mean, sums);
}

llvm::Expected<std::vector<double>> TensorStatistics::getMeanAbs() const {
  return getMeans(ObserverKind::MeanAbs, absSums);
}

llvm::Expected<std::vector<double>> TensorStatistics::getMeanSquare() const {
  return getMeans(ObserverKind::MeanSquare, squareSums);
}

llvm::Expected<std::vector<double>> TensorStatistics::getGram() const {
  auto triangle = getMeans(ObserverKind::Gram, gram);
  if (!triangle)
    return triangle.takeError();
  int64_t size = tensor.numChannels;
  std::vector<double> matrix(size * size);
  auto next = triangle->begin();
  for (int64_t row = 0; row < size; ++row)
    for (int64_t column = row; column < size; ++column)
      matrix[row * size + column] = matrix[column * size + row] = *next++;
  return matrix;
}

llvm::Expected<const Histogram *> TensorStatistics::getHistogram() const {
  if (llvm::Error error = require(ObserverKind::Histogram))
    return std::move(error);
  return &histogram;
}

llvm::Expected<double> TensorStatistics::getOutputSqnr() const {
  if (llvm::Error error = require(ObserverKind::OutputError))
    return std::move(error);
  return 10 * std::log10(errors[1].get() / errors[0].get());
}

llvm::Expected<std::vector<int64_t>> TensorStatistics::getDeadChannels() const {
  auto maxima = getChannelAbsMax();
  if (!maxima)
    return maxima.takeError();
  std::vector<int64_t> dead;
  for (auto [channel, max] : llvm::enumerate(*maxima))
    if (max == 0)
      dead.push_back(channel);
  return dead;
}
