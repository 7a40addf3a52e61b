//===- Calls.h - What ptq-run does with a function --------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TOOLS_PTQ_RUN_CALLS_H
#define PTQ_TOOLS_PTQ_RUN_CALLS_H

#include "Options.h"

#include "ptq/Run/Buffer.h"
#include "ptq/Run/EntryPoint.h"

#include "mlir/IR/BuiltinOps.h"

namespace mlir::ptq {

/// The function that is named, or the only one.
llvm::Expected<EntryPoint> findEntry(ModuleOp module, StringRef name);

llvm::Expected<SmallVector<Buffer>> readInputs(ArrayRef<std::string> files);

/// Calls the function on each sample, and writes what was observed.
llvm::Error calibrate(ModuleOp module, const RunOptions &options);

} // namespace mlir::ptq

#endif // PTQ_TOOLS_PTQ_RUN_CALLS_H
