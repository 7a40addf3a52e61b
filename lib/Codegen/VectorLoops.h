//===- VectorLoops.h - Emits a linalg.generic as vector loops ---*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_VECTORLOOPS_H
#define PTQ_LIB_CODEGEN_VECTORLOOPS_H

#include "VectorPlan.h"

namespace mlir::ptq {

/// Emits loops before `op` that do what it does, as `plan` says: `scf` and
/// `omp` loops over `vector` ops of `kLanes` lanes. Lanes beyond the end of the
/// vector dimension are masked.
///
/// A reduction along the vector dimension keeps `kLanes` partial results, by
/// index modulo `kLanes`, and combines them by halves: 16, 8, 4, 2, 1. Any
/// other reduction goes in ascending order.
void emitVectorLoops(OpBuilder &builder, linalg::GenericOp op,
                     const VectorPlan &plan);

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_VECTORLOOPS_H
