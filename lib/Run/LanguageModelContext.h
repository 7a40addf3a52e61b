//===- LanguageModelContext.h - The context of language models --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_RUN_LANGUAGEMODELCONTEXT_H
#define PTQ_LIB_RUN_LANGUAGEMODELCONTEXT_H

#include "mlir/IR/MLIRContext.h"

#include <memory>

namespace mlir::ptq {

/// A context in which language models can be read, quantized and compiled.
std::unique_ptr<MLIRContext> createLanguageModelContext();

} // namespace mlir::ptq

#endif // PTQ_LIB_RUN_LANGUAGEMODELCONTEXT_H
