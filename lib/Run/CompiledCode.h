//===- CompiledCode.h - Object code and how to call it ----------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_RUN_COMPILEDCODE_H
#define PTQ_LIB_RUN_COMPILEDCODE_H

#include "ptq/Run/CompiledModule.h"

namespace mlir::ptq {

/// What compiling gives, and what a file of the cache holds.
struct CompiledCode {
  /// A module without functions that has the attributes of the lowered one: its
  /// target and its entry points.
  OwningOpRef<ModuleOp> description;
  SmallVector<char, 0> object;
};

/// Lowers `module` in place and generates code for this machine.
llvm::Expected<CompiledCode> compileCode(ModuleOp module,
                                         const CompileOptions &options);

/// The same, from the files in `options.codeCache` if it is there. A folder
/// that cannot be used is a warning at the module.
llvm::Expected<CompiledCode> findOrCompileCode(ModuleOp module,
                                               const CompileOptions &options);

} // namespace mlir::ptq

#endif // PTQ_LIB_RUN_COMPILEDCODE_H
