//===- ExactSum.cpp - Sums that do not depend on their order --------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Calibrate/ExactSum.h"

#include "llvm/ADT/bit.h"

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

/// `value`, which is below the limit, in units.
static Int128 toUnits(double value) {
  uint64_t bits = llvm::bit_cast<uint64_t>(value);
  int64_t mantissa = bits & ((uint64_t(1) << 52) - 1);
  int exponent = bits >> 52 & 0x7ff;
  if (exponent == 0)
    return 0; // below 2^-1022
  mantissa |= int64_t(1) << 52;
  // value = mantissa * 2^(exponent - 1075), and a unit is 2^-64.
  int shift = exponent - (1075 - 64);
  Int128 units;
  if (shift >= 0) {
    units = static_cast<Int128>(mantissa) << shift;
  } else if (shift < -54) {
    units = 0; // below half a unit
  } else {
    int64_t half = (int64_t(1) << (-shift - 1)) - 1;
    int64_t isOdd = mantissa >> -shift & 1;
    units = (mantissa + half + isOdd) >> -shift;
  }
  return value < 0 ? -units : units;
}

bool ExactSum::add(double value) {
  if (!(std::abs(value) < limit))
    return false;
  Int128 sum = join(high, low) + toUnits(value);
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
