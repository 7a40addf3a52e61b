//===- SmoothingError.h - What scales of channels cost ----------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_SMOOTHINGERROR_H
#define PTQ_LIB_QUANTIZE_SMOOTHINGERROR_H

#include "ptq/Quantize/Recipe.h"

namespace mlir::ptq {

/// A weight `[outputs, channels]`, and what it is to become.
struct SmoothedWeight {
  ArrayRef<float> values;
  LinearFormat format;
};

/// The error of the outputs of `weights` that is to be expected if channel c of
/// their input is divided, and their column multiplied, by `2^exponents[c]`:
///
///     sum over c of m[c] / 4^e[c] * sum over n of d[n, c]^2       weights
///   + sum over n, c of w[n, c]^2 * s^2 / 12                       inputs
///
/// m are the mean squares of the channels; w the multiplied weights and d their
/// error with absmax scales; s the step of the largest divided channel, 0 if
/// the input is not quantized. Errors of channels are taken to be independent.
double getSmoothingError(ArrayRef<SmoothedWeight> weights,
                         ArrayRef<float> channelMaxima,
                         ArrayRef<double> meanSquares,
                         ArrayRef<int32_t> exponents);

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_SMOOTHINGERROR_H
