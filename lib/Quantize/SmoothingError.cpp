//===- SmoothingError.cpp - What scales of channels cost ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SmoothingError.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

/// The square of the step of the input's codes, over 12.
static double getInputError(LinearFormat format, ArrayRef<float> channelMaxima,
                            ArrayRef<int32_t> exponents) {
  if (format.activationBits != 8)
    return 0;
  double largest = 0;
  for (auto [max, exponent] : llvm::zip_equal(channelMaxima, exponents))
    largest = std::max(largest, std::ldexp(double(max), -exponent));
  double step = largest / 127;
  return step * step / 12;
}

/// Of one row; `factors` are `2^e`, `importances` the mean squares over `4^e`.
static double getRowError(ArrayRef<float> row, LinearFormat format,
                          ArrayRef<float> factors, ArrayRef<double> importances,
                          double inputError) {
  size_t size = row.size();
  size_t groupSize = format.groupSize ? format.groupSize : size;
  float maxCode = format.weightBits == 4 ? 8 : 127;
  double error = 0;
  for (size_t begin = 0; begin < size; begin += groupSize) {
    size_t end = std::min(begin + groupSize, size);
    float largest = 0;
    for (size_t c = begin; c < end; ++c)
      largest = std::max(largest, std::abs(row[c] * factors[c]));
    if (largest == 0)
      continue;
    float scale = largest / maxCode;
    for (size_t c = begin; c < end; ++c) {
      float weight = row[c] * factors[c];
      double difference = weight - std::nearbyint(weight / scale) * scale;
      error += importances[c] * difference * difference +
               inputError * weight * weight;
    }
  }
  return error;
}

double ptq::getSmoothingError(ArrayRef<SmoothedWeight> weights,
                              ArrayRef<float> channelMaxima,
                              ArrayRef<double> meanSquares,
                              ArrayRef<int32_t> exponents) {
  std::vector<float> factors;
  std::vector<double> importances;
  for (auto [square, exponent] : llvm::zip_equal(meanSquares, exponents)) {
    factors.push_back(std::ldexp(1.0f, exponent));
    importances.push_back(std::ldexp(square, -2 * exponent));
  }
  double error = 0;
  for (const SmoothedWeight &weight : weights) {
    double inputError = getInputError(weight.format, channelMaxima, exponents);
    for (ArrayRef<float> rest = weight.values; !rest.empty();
         rest = rest.drop_front(factors.size()))
      error += getRowError(rest.take_front(factors.size()), weight.format,
                           factors, importances, inputError);
  }
  return error;
}
