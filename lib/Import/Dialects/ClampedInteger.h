//===- ClampedInteger.h - Clamps, offsets and casts of integers -*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_DIALECTS_CLAMPEDINTEGER_H
#define PTQ_LIB_IMPORT_DIALECTS_CLAMPEDINTEGER_H

#include "Element.h"

#include <string>

namespace mlir::ptq {

/// `clamp(base + offset, min, max)`, the integer that clamps, additions of
/// constants and truncations make of `base`.
struct ClampedInteger {
  /// What is no such op: a conversion of a float, or `tosa.apply_scale`.
  Element base;
  int64_t offset = 0;
  int64_t min = 0, max = 0;
};

/// Reads the integer `element` from its last op to its base. Fails without a
/// reason if the base is none that an idiom starts from, with one if a step may
/// wrap.
FailureOr<ClampedInteger> readClampedInteger(Element element,
                                             std::string &reason);

/// Clamps to `[min, max]` what is clamped already.
void clampTo(ClampedInteger &integer, int64_t min, int64_t max);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_DIALECTS_CLAMPEDINTEGER_H
