//===- LanguageModelCalibrate.h - What a language model sees inside -------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_LANGUAGEMODELCALIBRATE_H
#define PTQ_RUN_LANGUAGEMODELCALIBRATE_H

#include "ptq/Calibrate/Statistics.h"

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace mlir::ptq {

class Tokenizer;

struct CalibrateLanguageModelOptions {
  /// As in `ptq-insert-observers`.
  std::string observers = "all", recipe = "w8a8", recipeFile, skip;
  int64_t skipPositions = 0;
  double momentum = 0.01;
  /// As in `LanguageModelOptions`.
  std::string cpu, codeCache;
  unsigned threads = 0;
};

/// Sequences of tokens, each of which starts a text.
using TokenSamples = std::vector<std::vector<int64_t>>;

/// Makes sequences of `length` tokens: `begin`, and then the next ones of
/// `documents`, each of which starts with `begin`. `numSamples` of them, chosen
/// by `seed`, in the order of the text; all if there are fewer, or for 0. What
/// is left at the end of the text counts if there is nothing else.
TokenSamples makeSamples(const Tokenizer &tokenizer, int64_t begin,
                         ArrayRef<StringRef> documents, int64_t length,
                         size_t numSamples, uint64_t seed);

/// Runs the checkpoint in `folder` over `samples` with observers at the inputs
/// of its linears. `report` is told of each step, and of the number of samples
/// that are done.
llvm::Expected<Statistics>
calibrateLanguageModel(StringRef folder, const TokenSamples &samples,
                       const CalibrateLanguageModelOptions &options,
                       llvm::function_ref<void(StringRef)> reportStep,
                       llvm::function_ref<void(size_t)> reportSamples);

} // namespace mlir::ptq

#endif // PTQ_RUN_LANGUAGEMODELCALIBRATE_H
