//===- ExactSum.cpp - Sums that do not depend on their order --------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Calibrate/ExactSum.h"

#include <cmath>

using namespace mlir::ptq;

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

static Int128 join(int64_t high, uint64_t low) {
  return static_cast<Int128>(static_cast<UInt128>(high) << 64 | low);
}

/// Whether `value` units are in (-limit, limit).
static bool isInRange(Int128 value) {
  constexpr Int128 bound = static_cast<Int128>(1) << (62 + 64);
  return -bound < value && value < bound;
}

bool ExactSum::add(double value) {
  if (!(std::abs(value) < limit))
    return false;
  // The fraction is exact, and is 0 where a unit is below the last bit.
  double whole = std::floor(value);
  double units = std::nearbyint(std::ldexp(value - whole, 64));
  Int128 sum = join(high, low) + join(static_cast<int64_t>(whole), 0) +
               static_cast<Int128>(units);
  if (!isInRange(sum))
    return false;
  low = static_cast<uint64_t>(sum);
  high = static_cast<int64_t>(sum >> 64);
  return true;
}

bool ExactSum::add(const ExactSum &other) {
  Int128 value = join(other.high, other.low);
  if (!isInRange(value)) // of a file that is not ours
    return false;
  Int128 sum = join(high, low) + value;
  if (!isInRange(sum))
    return false;
  low = static_cast<uint64_t>(sum);
  high = static_cast<int64_t>(sum >> 64);
  return true;
}

double ExactSum::get() const {
  return std::ldexp(static_cast<double>(join(high, low)), -64);
}
