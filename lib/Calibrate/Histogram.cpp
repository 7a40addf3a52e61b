//===- Histogram.cpp - Counts over a range that doubles -------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Calibrate/Histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace mlir::ptq;

int Histogram::getExponent(float magnitude) {
  int exponent = minExponent;
  if (magnitude != 0)
    std::frexp(magnitude, &exponent); // magnitude < 2^exponent
  return std::max(exponent, minExponent);
}

double Histogram::getWidth() const { return std::ldexp(1.0, exponent - 10); }

uint64_t Histogram::getTotal() const {
  return std::accumulate(counts.begin(), counts.end(), uint64_t(0));
}

void Histogram::add(float value) {
  widen(getExponent(std::abs(value)));
  ++counts[numHalf + static_cast<int64_t>(std::floor(value / getWidth()))];
}

void Histogram::widen(int64_t newExponent) {
  for (; exponent < newExponent; ++exponent) {
    std::vector<uint64_t> wider(numBins);
    for (int64_t i = 0; i < numBins; ++i)
      wider[numHalf / 2 + i / 2] += counts[i];
    counts = std::move(wider);
    if (std::all_of(counts.begin(), counts.end(),
                    [](uint64_t count) { return count == 0; }))
      exponent = newExponent - 1; // nothing to merge
  }
}

void Histogram::merge(int64_t otherExponent,
                      llvm::ArrayRef<uint64_t> otherCounts) {
  widen(otherExponent);
  int64_t shift = std::min<int64_t>(exponent - otherExponent, 63);
  for (int64_t i = 0; i < numBins; ++i)
    counts[numHalf + ((i - numHalf) >> shift)] += otherCounts[i];
}
