//===- ChooseRange.h - Ranges from histograms -------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CALIBRATE_CHOOSERANGE_H
#define PTQ_LIB_CALIBRATE_CHOOSERANGE_H

#include "ptq/Calibrate/Histogram.h"
#include "ptq/Calibrate/Statistics.h"

namespace mlir::ptq {

/// `[-high, high]` if it is symmetric, else with `low <= 0 <= high`.
struct RealRange {
  double low, high;
};

/// The smallest range outside of which at most `(100 - percentile)` percent of
/// the values lie, on each side half of that if it is not symmetric.
RealRange choosePercentile(const Histogram &histogram, const Extremes &extremes,
                           double percentile, bool isSymmetric);

/// The range for which quantizing to `numLevels` levels (magnitudes, if it is
/// symmetric) changes the distribution least.
RealRange chooseEntropy(const Histogram &histogram, const Extremes &extremes,
                        int64_t numLevels, bool isSymmetric);

} // namespace mlir::ptq

#endif // PTQ_LIB_CALIBRATE_CHOOSERANGE_H
