//===- Statistics.h - What a model's activations were like ------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Statistics are collected sample by sample (a sample is one call of the
// observed function, such as one sequence of tokens) and merged: shards of
// whole samples, merged in any order, give the same bits as one run over all of
// them, since counts are integers, extremes have no order, and sums are exact.
//
//     auto statistics = Statistics::load("model.stats");
//     if (!statistics)
//       return statistics.takeError();
//     auto input = statistics->getInput("layers.0.q_proj");
//     if (!input)
//       return input.takeError();
//     auto squares = (*input)->getMeanSquare(); // of each channel
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_CALIBRATE_STATISTICS_H
#define PTQ_CALIBRATE_STATISTICS_H

#include "ptq/Calibrate/ExactSum.h"
#include "ptq/Calibrate/Histogram.h"
#include "ptq/Calibrate/Observer.h"

#include <limits>
#include <string>

namespace mlir::ptq {

/// Smallest and largest value; of nothing, what every value replaces.
struct Extremes {
  float min = std::numeric_limits<float>::infinity();
  float max = -std::numeric_limits<float>::infinity();

  bool operator==(const Extremes &other) const {
    return min == other.min && max == other.max;
  }
};

/// Octaves of the histogram of row magnitudes: entry `i` counts rows whose
/// largest magnitude is in `[2^(i-33), 2^(i-32))`, the first one also those
/// below, the last one also those above.
constexpr int64_t numTokenOctaves = 64;
/// The entry for `magnitude`, which is finite and not negative.
int64_t getTokenOctave(float magnitude);

/// How a symbol is observed: all that decides what its state looks like.
struct ObservedTensor {
  /// Of the symbol of `ptq.statistics`.
  std::string name;
  /// The linears whose input this is, in the order of the module.
  std::vector<std::string> linears;
  ObserverSet observers;
  /// 0 if only observers of the whole tensor watch it.
  int64_t numChannels = 0;
  /// Positions left out at the start of each sample.
  int64_t numSkipped = 0;
  /// Weight of a sample in the moving average.
  float momentum = 0.01f;

  bool operator==(const ObservedTensor &other) const;
};

/// How often. A row is left out of all observers if it has a value that is not
/// finite, or else if no value of it is above -10000, as in masked rows.
struct ObservedCounts {
  uint64_t samples = 0;
  uint64_t tokens = 0; ///< rows that the observers saw
  uint64_t values = 0; ///< values in them
  uint64_t skippedRows = 0, nonFiniteRows = 0, maskedRows = 0;

  ObservedCounts &operator+=(const ObservedCounts &other);
  bool operator==(const ObservedCounts &other) const;
};

/// What is known of one observed tensor. The fields of an observer that is not
/// in `tensor.observers` are empty.
class TensorStatistics {
public:
  TensorStatistics() = default;
  /// Nothing seen yet.
  explicit TensorStatistics(ObservedTensor tensor);

  ObservedTensor tensor;
  ObservedCounts counts;

  Extremes extremes;                    // MinMax
  std::vector<uint64_t> sampleKeys;     // MovingAverage
  std::vector<Extremes> sampleExtremes; // MovingAverage, one for each key
  float absMax = 0;                     // AbsMax
  std::vector<float> channelAbsMax;     // ChannelAbsMax
  std::vector<uint64_t> tokenOctaves;   // TokenAbsMax
  std::vector<ExactSum> sums;           // Mean
  std::vector<ExactSum> absSums;        // MeanAbs
  std::vector<ExactSum> squareSums;     // MeanSquare
  Histogram histogram;                  // Histogram
  std::vector<ExactSum> gram;           // Gram: rows of the upper triangle
  std::vector<ExactSum> errors;         // OutputError: of (x - y)^2, of x^2

  /// Fails if the tensors differ in more than their name and linears, or a sum
  /// gets too large; `this` is then not to be used.
  llvm::Error merge(const TensorStatistics &other);

  /// Each fails if its observer did not watch, or saw nothing.
  llvm::Expected<Extremes> getExtremes() const;
  llvm::Expected<Extremes> getMovingAverage() const;
  llvm::Expected<float> getAbsMax() const;
  llvm::Expected<std::vector<float>> getChannelAbsMax() const;
  llvm::Expected<std::vector<double>> getMean() const;
  llvm::Expected<std::vector<double>> getMeanAbs() const;
  llvm::Expected<std::vector<double>> getMeanSquare() const;
  /// The mean of `x x^T`, `[numChannels, numChannels]`, symmetric.
  llvm::Expected<std::vector<double>> getGram() const;
  llvm::Expected<const Histogram *> getHistogram() const;
  /// Signal to noise ratio in dB; infinite without noise.
  llvm::Expected<double> getOutputSqnr() const;

  /// Channels that were 0 whenever they were seen.
  llvm::Expected<std::vector<int64_t>> getDeadChannels() const;

  bool operator==(const TensorStatistics &other) const;

private:
  llvm::Error require(ObserverKind kind) const;
  llvm::Expected<std::vector<double>>
  getMeans(ObserverKind kind, const std::vector<ExactSum> &sums) const;
};

/// Statistics of the tensors of one model.
class Statistics {
public:
  explicit Statistics(StringRef model = "") : model(model.str()) {}

  /// Reads a file of `save`. Fails, naming the file and what is wrong, on any
  /// that is not complete and consistent.
  static llvm::Expected<Statistics> load(StringRef path);

  /// Writes a safetensors file: the same statistics, the same bytes. It appears
  /// complete or not at all.
  llvm::Error save(StringRef path) const;

  /// Hash of the model, as `hashModel` computes it.
  StringRef getModel() const { return model; }

  /// Fails unless these are of the model with this hash.
  llvm::Error checkModel(StringRef hash, StringRef path) const;

  /// Adds a tensor that has no statistics yet.
  llvm::Error add(TensorStatistics tensor);

  /// Adds what was seen in another run on the same model. Fails if the models,
  /// the tensors, or what is observed of them differ.
  llvm::Error merge(const Statistics &other);

  /// Null if nothing of this name was observed.
  const TensorStatistics *find(StringRef name) const;
  TensorStatistics *find(StringRef name);
  /// Fails if nothing of this name was observed.
  llvm::Expected<const TensorStatistics *> get(StringRef name) const;
  /// The input of a linear, which may be that of others, too.
  llvm::Expected<const TensorStatistics *> getInput(StringRef linear) const;

  /// In the order in which they were added.
  auto begin() const { return tensors.begin(); }
  auto end() const { return tensors.end(); }
  size_t size() const { return tensors.size(); }

private:
  std::string model;
  std::vector<TensorStatistics> tensors;
};

} // namespace mlir::ptq

#endif // PTQ_CALIBRATE_STATISTICS_H
