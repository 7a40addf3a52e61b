//===- Sampler.cpp - Chooses the next token -------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/Sampler.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

int64_t ptq::argmax(ArrayRef<float> logits) {
  size_t best = 0;
  for (size_t i = 1; i < logits.size(); ++i)
    if (logits[i] > logits[best] || std::isnan(logits[best]))
      best = i;
  return best;
}

uint64_t SplitMix64::next() {
  state += 0x9E3779B97F4A7C15;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

double SplitMix64::nextUniform() {
  return static_cast<double>(next() >> 11) * 0x1p-53;
}

/// Probabilities times a common factor: 1 for the largest.
static std::vector<double> getWeights(ArrayRef<float> logits,
                                      double temperature) {
  double largest = logits[argmax(logits)];
  std::vector<double> weights;
  weights.reserve(logits.size());
  for (float logit : logits)
    weights.push_back(std::exp((logit - largest) / temperature));
  return weights;
}

/// The first of `tokens` at which the sum of weights exceeds `limit`, the last
/// one if rounding keeps it from it.
static size_t findLimit(ArrayRef<int64_t> tokens, ArrayRef<double> weights,
                        double limit) {
  double sum = 0;
  for (auto [index, token] : llvm::enumerate(tokens)) {
    sum += weights[token];
    if (sum > limit)
      return index;
  }
  return tokens.size() - 1;
}

int64_t Sampler::sample(ArrayRef<float> logits) {
  if (options.temperature == 0)
    return argmax(logits);
  std::vector<double> weights = getWeights(logits, options.temperature);
  auto tokens = llvm::to_vector(llvm::seq<int64_t>(0, weights.size()));
  llvm::sort(tokens, [&](int64_t left, int64_t right) {
    return std::tie(weights[right], left) < std::tie(weights[left], right);
  });
  double sum = 0;
  for (int64_t token : tokens)
    sum += weights[token];
  if (options.topP < 1) {
    size_t last = 0;
    double limit = options.topP * sum;
    for (sum = weights[tokens[0]]; sum < limit && last + 1 < tokens.size();)
      sum += weights[tokens[++last]];
    tokens.truncate(last + 1);
  }
  return tokens[findLimit(tokens, weights, generator.nextUniform() * sum)];
}
