//===- Emit.h - Compiled modules as files -----------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_EMIT_H
#define PTQ_RUN_EMIT_H

#include "ptq/Run/EntryPoint.h"
#include "ptq/Run/Target.h"

namespace mlir::ptq {

enum class EmitKind {
  /// LLVM IR in text, optimized.
  LLVM,
  /// Assembly text.
  Assembly,
  /// An object file.
  Object,
  /// A shared library.
  SharedLibrary
};

/// Writes the code of the lowered `module` to `path`, in one step, for the
/// target that it was lowered for. A shared library is linked by `ld.lld`,
/// which is looked for on `PATH`; other targets than this machine's leave the
/// OpenMP runtime to whoever loads it.
llvm::Error emitModule(ModuleOp module, EmitKind kind, llvm::StringRef path);

/// The assembly text that emitModule() writes.
llvm::Expected<std::string> makeAssembly(ModuleOp module);

/// Writes code of `module`, which is not lowered, for each of `cpus` of one
/// target into one object file or shared library. When an entry point is called
/// first, it takes the first CPU all of whose instructions the machine has, and
/// the last one if it has those of none: the best one goes first. Constant
/// weights are in the file once for each CPU. Returns the module as it is
/// lowered for the last one.
llvm::Expected<OwningOpRef<ModuleOp>>
emitVariants(ModuleOp module, const Target &target, ArrayRef<std::string> cpus,
             EmitKind kind, llvm::StringRef path);

/// The C99 declarations of the entry points: how to call each, what its arrays
/// are, who frees them, which parameters it takes from files. `library` is the
/// name of the file that defines them.
std::string makeHeader(ArrayRef<EntryPoint> entryPoints,
                       llvm::StringRef library);

/// Writes the C header of the lowered `module` beside the code at `path`, which
/// it returns with the extension replaced by "h".
llvm::Expected<std::string> emitHeader(ModuleOp module, llvm::StringRef path);

} // namespace mlir::ptq

#endif // PTQ_RUN_EMIT_H
