//===- IntegerAnchors.h - Values that become codes --------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_INTEGERANCHORS_H
#define PTQ_LIB_QUANTIZE_INTEGERANCHORS_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"

#include <string>
#include <vector>

namespace mlir::ptq {

struct LinearPlan;

/// A float value that an integer module holds as codes of one scale, since
/// something computes with it: a linear, an addition, an average, a caller.
/// Values that are moved to there, or of which the largest are taken, share
/// the scale of where they come from.
struct IntegerAnchor {
  Value root;
  /// Who computes with it, by name: a linear, `f.add.0.lhs`, `f.average.0`,
  /// `f.result.0`.
  llvm::SmallVector<std::string> consumers;
  float scale = 1;
  int64_t zeroPoint = 0;
};

/// The value that `value` is the same numbers as, but for zeros.
Value getAnchorRoot(Value value);

/// What has to be codes for the linears of `plan` with integer formats, in the
/// order of the module, and in that of consumers; nothing without such linears.
std::vector<IntegerAnchor> findIntegerAnchors(const LinearPlan &plan);

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_INTEGERANCHORS_H
