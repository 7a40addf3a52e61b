//===- LlamaConfig.h - Shape and options of a Llama -------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_LLAMACONFIG_H
#define PTQ_LIB_IMPORT_LLAMACONFIG_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"

#include <optional>

namespace mlir::ptq {

/// How Llama 3.1 stretches its rotary frequencies beyond `originalContext`.
struct Llama3RopeScaling {
  double factor;
  double lowFrequencyFactor;
  double highFrequencyFactor;
  double originalContext;
};

/// All that the graph of a Llama depends on, apart from its weights.
struct LlamaConfig {
  int64_t hiddenSize = 0;
  int64_t intermediateSize = 0;
  int64_t numLayers = 0;
  int64_t numHeads = 0;
  int64_t numKeyValueHeads = 0;
  int64_t headDim = 0;
  int64_t vocabularySize = 0;
  int64_t contextLength = 0;
  double normEpsilon = 0;
  double ropeTheta = 0;
  std::optional<Llama3RopeScaling> ropeScaling;
  /// Positions that a token attends to. Only contexts that are not longer can
  /// be computed.
  std::optional<int64_t> slidingWindow;
  bool hasTiedHead = false;
  bool hasQueryKeyValueBias = false;
  bool hasAttentionOutputBias = false;
  bool hasMultilayerPerceptronBias = false;

  int64_t getQuerySize() const { return numHeads * headDim; }
  int64_t getKeyValueSize() const { return numKeyValueHeads * headDim; }
  /// Query heads that share one key-value head.
  int64_t getGroupSize() const { return numHeads / numKeyValueHeads; }
};

/// Checks that the sizes fit each other; the error starts with `file: `.
llvm::Error verify(const LlamaConfig &config, StringRef file);

/// Reads `config.json` of a Hugging Face checkpoint. Anything in it that would
/// change the computation and is not in `LlamaConfig` is an error.
llvm::Expected<LlamaConfig> readHuggingFaceConfig(StringRef file);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_LLAMACONFIG_H
