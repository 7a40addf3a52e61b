//===- Sampler.h - Chooses the next token -----------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_SAMPLER_H
#define PTQ_RUN_SAMPLER_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"

namespace mlir::ptq {

struct SamplingOptions {
  /// Divides the logits; 0 takes the largest.
  double temperature = 0;
  /// Samples from the smallest set of most likely tokens whose probabilities
  /// add up to this.
  double topP = 1;
  uint64_t seed = 0;
};

/// The index of the largest of `logits`, the first one on a tie. NaN is smaller
/// than anything.
int64_t argmax(ArrayRef<float> logits);

/// Uniform numbers by SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), whose state
/// starts as the seed: the same numbers everywhere.
class SplitMix64 {
public:
  explicit SplitMix64(uint64_t seed) : state(seed) {}

  uint64_t next();

  /// The upper 53 bits of `next` as a fraction, in [0, 1).
  double nextUniform();

private:
  uint64_t state;
};

/// Draws tokens, one uniform number for each if the temperature is not 0.
/// Tokens of equal probability are ordered by their number.
class Sampler {
public:
  explicit Sampler(const SamplingOptions &options)
      : options(options), generator(options.seed) {}

  /// `logits` must be finite and not empty.
  int64_t sample(ArrayRef<float> logits);

private:
  SamplingOptions options;
  SplitMix64 generator;
};

} // namespace mlir::ptq

#endif // PTQ_RUN_SAMPLER_H
