//===- ValueBounds.h - Sizes of results, for bound analyses -----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IR_VALUEBOUNDS_H
#define PTQ_LIB_IR_VALUEBOUNDS_H

namespace mlir {
class MLIRContext;
} // namespace mlir

namespace mlir::ptq {

/// Implements ValueBoundsOpInterface for the ops whose results are not tied to
/// an init (upstream knows that those have its sizes).
void attachValueBounds(MLIRContext &context);

} // namespace mlir::ptq

#endif // PTQ_LIB_IR_VALUEBOUNDS_H
