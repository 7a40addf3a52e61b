//===- ReductionPatterns.h - What ptq-reduce makes of ptq ops ---*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TOOLS_PTQ_REDUCE_REDUCTIONPATTERNS_H
#define PTQ_TOOLS_PTQ_REDUCE_REDUCTIONPATTERNS_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace mlir::ptq {

/// Gives the `ptq` dialect the patterns by which `mlir-reduce` makes its ops
/// simpler: results become outputs' initial values, or zeros.
void registerReductionPatterns(DialectRegistry &registry);

} // namespace mlir::ptq

#endif // PTQ_TOOLS_PTQ_REDUCE_REDUCTIONPATTERNS_H
