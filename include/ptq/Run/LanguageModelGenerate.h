//===- LanguageModelGenerate.h - Continues a text ---------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_LANGUAGEMODELGENERATE_H
#define PTQ_RUN_LANGUAGEMODELGENERATE_H

#include "ptq/Run/LanguageModel.h"
#include "ptq/Run/Sampler.h"

#include "llvm/Support/JSON.h"

namespace mlir::ptq {

struct Generation {
  /// The prompt and what follows it, without special tokens.
  std::string text;
  /// What was generated.
  std::vector<int64_t> tokens;
  /// The tokens before those.
  std::vector<int64_t> promptTokens;
  /// FNV-1a, of 64 bits, of the bits of all logits that tokens were chosen by:
  /// the same on every machine.
  uint64_t logitsHash = 0xcbf29ce484222325;
  double prefillTokensPerSecond = 0;
  /// 0 if no token was decoded.
  double decodeTokensPerSecond = 0;
};

/// Continues `prompt` by at most `numTokens` tokens; a token that ends or
/// begins a text ends it before. `print` gets the text in pieces as it comes.
/// Fails if prompt and tokens do not fit the context of the model, or if a
/// logit is not finite.
llvm::Expected<Generation> generate(LanguageModel &model,
                                    const Tokenizer &tokenizer,
                                    const TextFrame &frame, StringRef prompt,
                                    int64_t numTokens,
                                    const SamplingOptions &sampling,
                                    llvm::function_ref<void(StringRef)> print);

llvm::json::Object toJSON(const Generation &generation);

} // namespace mlir::ptq

#endif // PTQ_RUN_LANGUAGEMODELGENERATE_H
