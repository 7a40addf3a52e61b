//===- LanguageModelCompile.h - A language model as a C library -*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is compiled ahead of time, for any target, is a folder with
//
//     model.o                  prefill and decode
//     model.h                  their declarations in C
//     model.c                  a program that calls them
//     parameters.safetensors   the weights, in the order in which they are read
//
// so that `cc model.c model.o` needs neither ptq nor LLVM, but OpenMP.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_LANGUAGEMODELCOMPILE_H
#define PTQ_RUN_LANGUAGEMODELCOMPILE_H

#include "ptq/Run/EntryPoint.h"
#include "ptq/Run/Target.h"

namespace mlir::ptq {

class SafetensorsFile;

struct CompileLanguageModelOptions {
  /// Weights are packed for its instruction sets.
  Target target;
  /// Longest sequence to import a checkpoint for; 0 is what it was made for.
  int64_t context = 0;
};

/// Compiles the model in `folder`, a checkpoint, a package or what this
/// function has made of one for another CPU, into the folder `output`, which is
/// made if it is not there; files of these names are replaced. `report` is told
/// what is going on.
///
///     model.o, model.h, model.c  code, its header, a program
///     parameters.safetensors     weights in the order that the code reads; its
///                                metadata say which
///     model.mlirbc               the model that all of it is made from
llvm::Error compileLanguageModel(StringRef folder, StringRef output,
                                 const CompileLanguageModelOptions &options,
                                 llvm::function_ref<void(StringRef)> report);

/// A C99 program that maps `parameters`, which the entry points `prefill` and
/// `decode` name, and continues the tokens on its command line by the most
/// likely ones:
///
///     program FOLDER COUNT TOKEN...
///
/// prints the tokens that follow, and `logits HASH`, the hash of `Generation`.
llvm::Expected<std::string>
makeLanguageModelProgram(ArrayRef<EntryPoint> entryPoints,
                         const SafetensorsFile &parameters,
                         int64_t contextLength);

} // namespace mlir::ptq

#endif // PTQ_RUN_LANGUAGEMODELCOMPILE_H
