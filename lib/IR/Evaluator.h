//===- Evaluator.h - Results of ops whose operands are known ----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IR_EVALUATOR_H
#define PTQ_LIB_IR_EVALUATOR_H

#include "HostConstants.h"
#include "ptq/IR/Packed.h"

namespace mlir::ptq {

/// The value of an operand; null if it is not known.
using LookupFn = function_ref<const HostValue *(Value)>;

/// The results of an op of the dialect by the reference. Empty if an operand
/// that counts is not known (the content of inits does not), or if the op is
/// undefined for these operands.
SmallVector<HostValue> evaluateOp(Operation *op, LookupFn lookup);

/// The same, for ops on packed weights.
SmallVector<HostValue> evaluate(PackOp op, LookupFn lookup);
SmallVector<HostValue> evaluate(UnpackOp op, LookupFn lookup);
SmallVector<HostValue> evaluate(PackedMatmulOp op, LookupFn lookup);

/// The same, for ops of `tensor` and `linalg` that move numbers or take the
/// maxima or sums of integers in windows.
SmallVector<HostValue> evaluateTensorOp(Operation *op, LookupFn lookup);

} // namespace mlir::ptq

#endif // PTQ_LIB_IR_EVALUATOR_H
