//===- LanguageModelPerplexity.h - How well a model predicts ----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_LANGUAGEMODELPERPLEXITY_H
#define PTQ_RUN_LANGUAGEMODELPERPLEXITY_H

#include "ptq/Run/LanguageModel.h"

#include "llvm/Support/JSON.h"

namespace mlir::ptq {

/// What a second model, the reference, says of the same text.
struct Comparison {
  double perplexity = 0;
  /// Of the distributions of the next token, reference || model, in nats.
  double meanDivergence = 0, divergence99 = 0, maxDivergence = 0;
  /// Fraction of tokens for which both models expect the same one most.
  double sameTop1 = 0;
};

struct Perplexity {
  double perplexity = 0;
  /// Number of predicted tokens.
  int64_t numTokens = 0;
  std::optional<Comparison> reference;
};

/// Adds up what is known of each predicted token.
class PredictionCounter {
public:
  /// `row` are the logits before `token`, `referenceRow` those of the
  /// reference, empty if there is none.
  void add(ArrayRef<float> row, ArrayRef<float> referenceRow, int64_t token);

  /// Adds the tokens of `other` behind those of this.
  void merge(const PredictionCounter &other);

  /// Fails if there was no token, or a logit was not finite.
  llvm::Expected<Perplexity> get() const;

private:
  int64_t numTokens = 0;
  double sum = 0, referenceSum = 0;
  int64_t numSameTop1 = 0;
  std::vector<double> divergences;
};

/// The texts between the blank lines of `text`, without their last line break.
SmallVector<StringRef> splitDocuments(StringRef text);

/// exp of the mean negative log-likelihood of every token of `documents` but
/// the first of each window, in double precision. A document starts with the
/// token `begin` and is cut into windows of `window` tokens, each a sequence of
/// its own. `report` gets the number of documents that are done.
llvm::Expected<Perplexity>
measurePerplexity(LanguageModel &model, LanguageModel *reference,
                  const Tokenizer &tokenizer, int64_t begin,
                  ArrayRef<StringRef> documents, int64_t window,
                  llvm::function_ref<void(size_t)> report);

/// Every member that the perplexity of a comparison has; those that need a
/// reference are null without one.
llvm::json::Object toJSON(const Perplexity &perplexity);

} // namespace mlir::ptq

#endif // PTQ_RUN_LANGUAGEMODELPERPLEXITY_H
