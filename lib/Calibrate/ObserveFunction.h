//===- ObserveFunction.h - The code of one kind of observation --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CALIBRATE_OBSERVEFUNCTION_H
#define PTQ_LIB_CALIBRATE_OBSERVEFUNCTION_H

#include "ptq/Calibrate/StateLayout.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::ptq {

/// Rows of f32 at any distance from each other.
MemRefType getObservedRowsType(MLIRContext *context, int64_t numChannels);

/// Emits the body of `function`, whose arguments are the rows, the rows of the
/// second tensor if there is one, the number of rows of a sequence, and the
/// bytes of the state.
void emitObserveFunction(func::FuncOp function, const TensorState &state);

} // namespace mlir::ptq

#endif // PTQ_LIB_CALIBRATE_OBSERVEFUNCTION_H
