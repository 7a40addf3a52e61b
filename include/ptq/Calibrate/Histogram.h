//===- Histogram.h - Counts over a range that doubles -----------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_CALIBRATE_HISTOGRAM_H
#define PTQ_CALIBRATE_HISTOGRAM_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace mlir::ptq {

/// Counts of values in 2048 bins that divide `[-2^exponent, 2^exponent)`:
/// a value is in bin `1024 + floor(value / width)`, `width = 2^(exponent -
/// 10)`. `exponent` is the smallest for which every magnitude was below
/// `2^exponent`, at least -116. When it grows by one, neighbouring bins merge,
/// which is exact: the counts depend on the values, not on their order.
struct Histogram {
  static constexpr int64_t numBins = 2048, numHalf = numBins / 2;
  static constexpr int minExponent = -116;

  int64_t exponent = minExponent;
  std::vector<uint64_t> counts = std::vector<uint64_t>(numBins);

  /// The smallest exponent for a finite magnitude.
  static int getExponent(float magnitude);

  double getWidth() const;
  uint64_t getTotal() const;
  /// Where bin `index` starts; it ends where the next one starts.
  double getEdge(int64_t index) const { return (index - numHalf) * getWidth(); }

  /// `value` has to be finite.
  void add(float value);
  /// Merges bins until `exponent` is `newExponent`, if it is less.
  void widen(int64_t newExponent);
  void merge(const Histogram &other) { merge(other.exponent, other.counts); }
  /// Adds the counts of all bins of a histogram of this exponent.
  void merge(int64_t otherExponent, llvm::ArrayRef<uint64_t> otherCounts);

  bool operator==(const Histogram &other) const {
    return exponent == other.exponent && counts == other.counts;
  }
};

} // namespace mlir::ptq

#endif // PTQ_CALIBRATE_HISTOGRAM_H
