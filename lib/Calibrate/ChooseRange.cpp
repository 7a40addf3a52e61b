//===- ChooseRange.cpp - Ranges from histograms ---------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChooseRange.h"

#include "mlir/Support/LLVM.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

using Counts = std::vector<uint64_t>;

static constexpr int64_t numHalf = Histogram::numHalf;

/// Entry `i` counts the values of bins `i` steps away from zero on either side.
static Counts foldMagnitudes(const Histogram &histogram) {
  Counts magnitudes(numHalf);
  for (int64_t i = 0; i < numHalf; ++i)
    magnitudes[i] =
        histogram.counts[numHalf + i] + histogram.counts[numHalf - 1 - i];
  return magnitudes;
}

static double getAbsMax(const Extremes &extremes) {
  return std::max(std::abs(double(extremes.min)),
                  std::abs(double(extremes.max)));
}

/// How many of `counts`, from the first, have to be kept for the rest to sum to
/// at most `cut`.
static int64_t countKept(ArrayRef<uint64_t> counts, uint64_t cut) {
  int64_t numKept = counts.size();
  for (uint64_t outside = 0; numKept > 0; --numKept) {
    outside += counts[numKept - 1];
    if (outside > cut)
      break;
  }
  return numKept;
}

RealRange ptq::choosePercentile(const Histogram &histogram,
                                const Extremes &extremes, double percentile,
                                bool isSymmetric) {
  double total = histogram.getTotal(), width = histogram.getWidth();
  if (isSymmetric) {
    uint64_t cut = std::floor(total * (100 - percentile) / 100);
    int64_t numKept = countKept(foldMagnitudes(histogram), cut);
    double high = std::min(numKept * width, getAbsMax(extremes));
    return {-high, high};
  }
  uint64_t cut = std::floor(total * (100 - percentile) / 200);
  Counts reversed(histogram.counts.rbegin(), histogram.counts.rend());
  double high = (countKept(histogram.counts, cut) - numHalf) * width;
  double low = (numHalf - countKept(reversed, cut)) * width;
  return {std::max(std::min(low, 0.0), std::min(0.0, double(extremes.min))),
          std::min(std::max(high, 0.0), std::max(0.0, double(extremes.max)))};
}

/// The divergence of `counts` with everything outside in its first or last
/// entry, from `counts` in `numLevels` levels of equal width. Infinite if
/// something from outside meets an empty entry.
static double getDivergence(ArrayRef<uint64_t> counts, uint64_t below,
                            uint64_t above, int64_t numLevels) {
  int64_t size = counts.size();
  double total = below + above, kept = 0;
  for (uint64_t count : counts)
    kept += count;
  total += kept;
  if ((below && !counts.front()) || (above && !counts.back()))
    return std::numeric_limits<double>::infinity();
  double divergence = 0;
  for (int64_t begin = 0, level = 0; begin < size; ++level) {
    int64_t end = begin;
    uint64_t sum = 0, numUsed = 0;
    for (; end < size && end * numLevels / size == level; ++end) {
      sum += counts[end];
      numUsed += counts[end] != 0;
    }
    double expected = numUsed ? double(sum) / numUsed / kept : 0;
    for (int64_t i = begin; i < end; ++i) {
      if (!counts[i])
        continue;
      double count = counts[i];
      if (i == 0)
        count += below;
      if (i == size - 1)
        count += above;
      divergence += count / total * std::log(count / total / expected);
    }
    begin = end;
  }
  return divergence;
}

static uint64_t sum(ArrayRef<uint64_t> counts) {
  uint64_t total = 0;
  for (uint64_t count : counts)
    total += count;
  return total;
}

/// Entries up to the last one that is not 0.
static int64_t countUsed(ArrayRef<uint64_t> counts) {
  return countKept(counts, 0);
}

RealRange ptq::chooseEntropy(const Histogram &histogram,
                             const Extremes &extremes, int64_t numLevels,
                             bool isSymmetric) {
  Counts magnitudes = foldMagnitudes(histogram);
  ArrayRef<uint64_t> all(histogram.counts);
  Counts reversed(all.take_front(numHalf).rbegin(),
                  all.take_front(numHalf).rend());
  int64_t usedHigh = countUsed(isSymmetric ? ArrayRef<uint64_t>(magnitudes)
                                           : all.drop_front(numHalf));
  int64_t usedLow = isSymmetric ? 0 : countUsed(reversed);
  ArrayRef<uint64_t> counts =
      isSymmetric ? ArrayRef<uint64_t>(magnitudes) : all;
  int64_t zero = isSymmetric ? 0 : numHalf;
  int64_t bestRadius = std::max(usedLow, usedHigh);
  double best = std::numeric_limits<double>::infinity();
  for (int64_t radius = 1; radius <= std::max(usedLow, usedHigh); ++radius) {
    int64_t low = std::min(radius, usedLow), high = std::min(radius, usedHigh);
    if (low + high < numLevels)
      continue;
    double divergence =
        getDivergence(counts.slice(zero - low, low + high),
                      sum(counts.take_front(zero - low)),
                      sum(counts.drop_front(zero + high)), numLevels);
    if (divergence < best) {
      best = divergence;
      bestRadius = radius;
    }
  }
  double bound = bestRadius * histogram.getWidth();
  if (isSymmetric) {
    double high = std::min(bound, getAbsMax(extremes));
    return {-high, high};
  }
  return {std::max(-bound, std::min(0.0, double(extremes.min))),
          std::min(bound, std::max(0.0, double(extremes.max)))};
}
