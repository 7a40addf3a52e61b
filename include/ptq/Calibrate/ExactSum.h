//===- ExactSum.h - Sums that do not depend on their order ------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_CALIBRATE_EXACTSUM_H
#define PTQ_CALIBRATE_EXACTSUM_H

#include <cstdint>

namespace mlir::ptq {

/// A sum in units of 2^-64, in [-2^63, 2^63): an integer of 128 bits. What is
/// added is rounded to a unit, to nearest, ties to even; the additions are
/// exact. So neither the order of terms nor how they are split over shards
/// changes a bit of the sum.
class ExactSum {
public:
  /// What may be added at once, and what a sum may come to.
  static constexpr double limit = 0x1p62;

  /// Fails, and changes nothing, on a NaN and if `value` or the new sum is not
  /// in (-limit, limit).
  [[nodiscard]] bool add(double value);
  [[nodiscard]] bool add(const ExactSum &other);

  /// To nearest, ties to even.
  double get() const;

  bool operator==(const ExactSum &other) const {
    return low == other.low && high == other.high;
  }

private:
  // As a file has it: little endian, two's complement.
  uint64_t low = 0;
  int64_t high = 0;
};

} // namespace mlir::ptq

#endif // PTQ_CALIBRATE_EXACTSUM_H
