//===- Energy.h - What a token may cost in picojoules -----------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An estimate, from counted operations and bytes and a published table of what
// they cost in a 45 nm process at 0.9 V: M. Horowitz, "Computing's energy
// problem (and what we can do about it)", ISSCC 2014. Newer processes need less
// for all of it; the ratio of two formats is what it is good for. Caches,
// activations and instructions are left out.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_REPORT_ENERGY_H
#define PTQ_REPORT_ENERGY_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace mlir::ptq {

/// Picojoules of a product of 8-bit integers added to 32 bits (0.2 + 0.1), of
/// f32 numbers (3.7 + 0.9), and of a byte from DRAM: 1.3 to 2.6 nJ for 64 bits,
/// of which this is the middle.
constexpr double integerProductEnergy = 0.3, floatProductEnergy = 4.6,
                 memoryByteEnergy = 1950.0 / 8;

/// One decoded token, which reads every weight once.
struct EnergyEstimate {
  double integerProducts = 0, floatProducts = 0, bytes = 0;

  /// Adds a linear of `numWeights` in `format`, `float` or as recipes spell it.
  /// An embedding reads one of its `numRows` rows.
  void add(llvm::StringRef format, int64_t numWeights, int64_t numBytes);
  void addRow(int64_t numBytes, int64_t numRows);

  double getComputeMicrojoules() const;
  double getMemoryMicrojoules() const { return bytes * memoryByteEnergy / 1e6; }
  double getMicrojoules() const {
    return getComputeMicrojoules() + getMemoryMicrojoules();
  }
};

} // namespace mlir::ptq

#endif // PTQ_REPORT_ENERGY_H
