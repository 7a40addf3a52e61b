//===- RoundedFloat.h - Rounding, clamps and offsets of floats --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_DIALECTS_ROUNDEDFLOAT_H
#define PTQ_LIB_IMPORT_DIALECTS_ROUNDEDFLOAT_H

#include "Element.h"

#include <limits>
#include <optional>
#include <string>

namespace mlir::ptq {

/// `clamp(rne(base) + zero point, min, max)`, an integer in a float.
struct RoundedFloat {
  Element base;
  bool isRounded = false;
  /// Null if there is none, or a constant one.
  Element zeroPoints;
  int64_t zeroPoint = 0;
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  /// What a clamp makes of a NaN; none if it stays one.
  std::optional<double> nan;
  /// Whether the zero point is added before the rounding.
  bool isRoundedLate = false;
  /// What rounds instead of to even, such as "ties away from zero".
  std::string otherRounding;
};

/// Reads the float `element` from its last op to its base. Fails with a reason
/// if a step has no such form; what is no such op at all is the base.
FailureOr<RoundedFloat> readRoundedFloat(Element element, std::string &reason);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_DIALECTS_ROUNDEDFLOAT_H
