//===- Llama2c.h - Checkpoints of llama2.c ----------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_LLAMA2C_H
#define PTQ_LIB_IMPORT_LLAMA2C_H

#include "LlamaConfig.h"

namespace mlir::ptq {

/// Writes the weights of the llama2.c checkpoint `file` to the safetensors file
/// `parameters`, in the names and the channel order of Hugging Face.
llvm::Expected<LlamaConfig> convertLlama2c(StringRef file,
                                           StringRef parameters);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_LLAMA2C_H
