//===- EmulateIntrinsics.h - Dot products by their definition ---*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_EMULATEINTRINSICS_H
#define PTQ_LIB_CODEGEN_EMULATEINTRINSICS_H

#include "mlir/IR/Operation.h"

namespace mlir::ptq {

/// Replaces calls of intrinsics of instruction sets in `root` by ops that
/// compute the same bits on any CPU; fails, and says which, if there is one
/// that it does not know.
LogicalResult emulateIntrinsics(Operation *root);

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_EMULATEINTRINSICS_H
