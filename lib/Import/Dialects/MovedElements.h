//===- MovedElements.h - Ops that pass elements on as they are --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_DIALECTS_MOVEDELEMENTS_H
#define PTQ_LIB_IMPORT_DIALECTS_MOVEDELEMENTS_H

#include "mlir/IR/Operation.h"
#include "mlir/IR/SymbolTable.h"

namespace mlir::ptq {

/// Whether `op` passes tensors on without a look at their elements: control
/// flow, calls and functions, and the `tensor` ops that move elements. Their
/// element type can be replaced by any other.
bool movesElements(Operation *op);

/// Calls `moves` for pairs of values of which one may become the other: what
/// enters or leaves regions and blocks of `op`, its callee's, and its results.
/// Results that `op` computes from several operands pair with each of them.
void forEachMove(Operation *op, SymbolTableCollection &symbols,
                 function_ref<void(Value, Value)> moves);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_DIALECTS_MOVEDELEMENTS_H
