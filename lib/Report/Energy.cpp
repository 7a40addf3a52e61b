//===- Energy.cpp - What a token may cost in picojoules -------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Report/Energy.h"

#include "ptq/Quantize/Recipe.h"

using namespace mlir;
using namespace mlir::ptq;

void EnergyEstimate::add(StringRef format, int64_t numWeights,
                         int64_t numBytes) {
  std::optional<LinearFormat> parsed = LinearFormat::parse(format);
  bool isInteger = parsed && parsed->activationBits == 8;
  (isInteger ? integerProducts : floatProducts) += numWeights;
  bytes += numBytes;
}

void EnergyEstimate::addRow(int64_t numBytes, int64_t numRows) {
  bytes += static_cast<double>(numBytes) / std::max<int64_t>(numRows, 1);
}

double EnergyEstimate::getComputeMicrojoules() const {
  return (integerProducts * integerProductEnergy +
          floatProducts * floatProductEnergy) /
         1e6;
}
