//===- LlamaWeights.h - The tensors that a Llama needs ----------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_LLAMAWEIGHTS_H
#define PTQ_LIB_IMPORT_LLAMAWEIGHTS_H

#include "Checkpoint.h"
#include "LlamaConfig.h"

namespace mlir::ptq {

/// A weight by the name it has in the module.
struct LlamaWeight {
  /// Such as `layers.0.q_proj.weight`.
  std::string symbol;
  /// Name in the checkpoint, such as `model.layers.0.self_attn.q_proj.weight`.
  std::string key;
  SmallVector<int64_t, 2> shape;
};

/// Every weight of a model of this configuration, in the order of use.
std::vector<LlamaWeight> listWeights(const LlamaConfig &config);

/// Checks that `checkpoint` has the weights of `config` in a float type, and
/// nothing else. The error lists every missing and every surplus tensor.
llvm::Error checkWeights(const LlamaConfig &config,
                         const Checkpoint &checkpoint);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_LLAMAWEIGHTS_H
