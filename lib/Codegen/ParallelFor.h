//===- ParallelFor.h - Loops that threads may share -------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_PARALLELFOR_H
#define PTQ_LIB_CODEGEN_PARALLELFOR_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

namespace mlir::ptq {

/// Elementary operations below which waking threads costs more than it saves:
/// about ten microseconds of vector code.
constexpr int64_t kWorthThreads = 1 << 17;

/// Builds `for (iv = 0; iv < bound; ++iv) body(iv)`, whose iterations write
/// different places. The threads of OpenMP share it if the product of
/// `workFactors`, in elementary operations, is large enough; else the caller
/// runs it alone.
///
/// `prologue`, if given, is emitted once per thread, before its first
/// iteration; it is where scratch memory goes, which must not be allocated in a
/// loop. `epilogue` is the same after the last iteration.
void buildParallelFor(OpBuilder &builder, Location loc, OpFoldResult bound,
                      ArrayRef<OpFoldResult> workFactors,
                      llvm::function_ref<void(Value)> body,
                      llvm::function_ref<void()> prologue = nullptr,
                      llvm::function_ref<void()> epilogue = nullptr);

/// The same loop, always run by the caller alone.
void buildFor(OpBuilder &builder, Location loc, Value bound,
              llvm::function_ref<void(Value)> body);

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_PARALLELFOR_H
