//===- LanguageModelContext.h - The context of language models --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_RUN_LANGUAGEMODELCONTEXT_H
#define PTQ_LIB_RUN_LANGUAGEMODELCONTEXT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"

#include <memory>

namespace mlir::ptq {

/// A context in which language models can be read, quantized and compiled.
std::unique_ptr<MLIRContext> createLanguageModelContext();

/// The module of the model in `folder`, a checkpoint, prepared for sequences of
/// `contextLength` tokens (0 is what it was made for), or a package.
llvm::Expected<OwningOpRef<ModuleOp>> readLanguageModel(StringRef folder,
                                                        MLIRContext *context,
                                                        int64_t contextLength,
                                                        bool verifiesAll);

/// The module in the file `packageModuleFile` of `folder`.
llvm::Expected<OwningOpRef<ModuleOp>> readModuleFile(StringRef folder,
                                                     MLIRContext *context);

/// Writes `module` as bytecode.
llvm::Error writeModuleFile(ModuleOp module, StringRef path);

/// The longest sequence that the tables of `module` are for.
llvm::Expected<int64_t> readContextLength(ModuleOp module, StringRef folder);

} // namespace mlir::ptq

#endif // PTQ_LIB_RUN_LANGUAGEMODELCONTEXT_H
