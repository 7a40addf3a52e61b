//===- Llama.h - Llama checkpoints to MLIR ----------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IMPORT_LLAMA_H
#define PTQ_IMPORT_LLAMA_H

#include "mlir/IR/OwningOpRef.h"
#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"

namespace mlir {
class DialectRegistry;
class MLIRContext;
class ModuleOp;
} // namespace mlir

namespace mlir::ptq {

struct LlamaImportOptions {
  /// File that the module will be written to. It becomes the location of the
  /// module, and the folder that the names of weight files are relative to.
  /// Empty: the names are relative to the checkpoint's folder, which becomes
  /// the location.
  std::string outputFile;
  /// Longest sequence to prepare for, in tokens. 0: what the checkpoint was
  /// made for, but at most `defaultContextLimit`, with a warning.
  int64_t context = 0;
};

/// Rotary tables take `context * headDim * 4` bytes of the module.
constexpr int64_t defaultContextLimit = 8192;

/// Adds the dialects that imported modules use.
void registerImportDialects(DialectRegistry &registry);

/// Imports the Hugging Face checkpoint in `folder` (`config.json` and
/// safetensors): `LlamaForCausalLM`, `MistralForCausalLM` or
/// `Qwen2ForCausalLM`. The result holds the functions `prefill` and `decode`
/// and one `ml_program.global` per weight that refers to the checkpoint's
/// files; docs/models.md shows it.
llvm::Expected<OwningOpRef<ModuleOp>>
importLlama(StringRef folder, MLIRContext *context,
            const LlamaImportOptions &options = {});

/// Imports the llama2.c checkpoint `file` (version 0). Its weights are written
/// to the safetensors file `parameters` first, one tensor per layer under the
/// names that Hugging Face uses: llama2.c rotates neighbouring channels, so the
/// rows of its query and key projections have to change places.
llvm::Expected<OwningOpRef<ModuleOp>>
importLlama2c(StringRef file, StringRef parameters, MLIRContext *context,
              const LlamaImportOptions &options = {});

} // namespace mlir::ptq

#endif // PTQ_IMPORT_LLAMA_H
