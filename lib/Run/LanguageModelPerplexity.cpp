//===- LanguageModelPerplexity.cpp - How well a model predicts ------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/LanguageModelPerplexity.h"

#include "ptq/Import/Tokenizer.h"
#include "ptq/Run/Sampler.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

/// log sum exp(x): subtracted from a logit, its log-probability.
static double getLogNormalizer(ArrayRef<float> row) {
  double largest = row[argmax(row)], sum = 0;
  for (float logit : row)
    sum += std::exp(logit - largest);
  return largest + std::log(sum);
}

/// sum p (log p - log q) for p of `reference` and q of `row`.
static double getDivergence(ArrayRef<float> reference, double referenceLog,
                            ArrayRef<float> row, double rowLog) {
  double sum = 0;
  for (auto [p, q] : llvm::zip_equal(reference, row)) {
    double probability = std::exp(p - referenceLog);
    if (probability > 0)
      sum += probability * ((p - referenceLog) - (q - rowLog));
  }
  return sum;
}

void PredictionCounter::add(ArrayRef<float> row, ArrayRef<float> referenceRow,
                            int64_t token) {
  ++numTokens;
  double rowLog = getLogNormalizer(row);
  sum += rowLog - row[token];
  if (referenceRow.empty())
    return;
  double referenceLog = getLogNormalizer(referenceRow);
  referenceSum += referenceLog - referenceRow[token];
  numSameTop1 += argmax(row) == argmax(referenceRow);
  divergences.push_back(getDivergence(referenceRow, referenceLog, row, rowLog));
}

llvm::Expected<Perplexity> PredictionCounter::get() const {
  if (numTokens == 0)
    return llvm::createStringError("expects text, but got nothing to predict");
  Perplexity result;
  result.perplexity = std::exp(sum / numTokens);
  result.numTokens = numTokens;
  if (!std::isfinite(result.perplexity))
    return llvm::createStringError("the model computes a logit that is not "
                                   "finite");
  if (divergences.empty())
    return result;
  std::vector<double> sorted = divergences;
  llvm::sort(sorted);
  Comparison &comparison = result.reference.emplace();
  comparison.perplexity = std::exp(referenceSum / numTokens);
  for (double divergence : sorted)
    comparison.meanDivergence += divergence / numTokens;
  // The smallest that 99% of the tokens do not exceed.
  comparison.divergence99 = sorted[(99 * numTokens + 99) / 100 - 1];
  comparison.maxDivergence = sorted.back();
  comparison.sameTop1 = static_cast<double>(numSameTop1) / numTokens;
  return result;
}

void PredictionCounter::merge(const PredictionCounter &other) {
  numTokens += other.numTokens;
  sum += other.sum;
  referenceSum += other.referenceSum;
  numSameTop1 += other.numSameTop1;
  llvm::append_range(divergences, other.divergences);
}

SmallVector<StringRef> ptq::splitDocuments(StringRef text) {
  SmallVector<StringRef> documents;
  StringRef document; // from its first line to its last one, so far
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    if (line.trim().empty()) {
      if (!document.empty())
        documents.push_back(document);
      document = {};
    } else {
      const char *begin = document.empty() ? line.begin() : document.begin();
      document = StringRef(begin, line.end() - begin);
    }
    text = rest;
  }
  if (!document.empty())
    documents.push_back(document);
  return documents;
}

static llvm::Error addWindow(PredictionCounter &counter, LanguageModel &model,
                             LanguageModel *reference,
                             ArrayRef<int64_t> tokens) {
  llvm::Expected<Buffer> logits = model.forward(tokens, 0);
  if (!logits)
    return logits.takeError();
  std::optional<Buffer> referenceLogits;
  if (reference) {
    llvm::Expected<Buffer> computed = reference->forward(tokens, 0);
    if (!computed)
      return computed.takeError();
    referenceLogits = std::move(*computed);
  }
  int64_t size = model.getVocabularySize();
  auto getRow = [size](const Buffer &buffer, size_t index) {
    return ArrayRef<float>(buffer.getValues<float>()).slice(index * size, size);
  };
  for (size_t i = 1; i < tokens.size(); ++i)
    counter.add(getRow(*logits, i - 1),
                reference ? getRow(*referenceLogits, i - 1) : ArrayRef<float>(),
                tokens[i]);
  return llvm::Error::success();
}

llvm::Expected<Perplexity>
ptq::measurePerplexity(LanguageModel &model, LanguageModel *reference,
                       const Tokenizer &tokenizer, int64_t begin,
                       ArrayRef<StringRef> documents, int64_t window,
                       llvm::function_ref<void(size_t)> report) {
  if (reference && reference->getVocabularySize() != model.getVocabularySize())
    return llvm::createStringError(
        "expects models of the same vocabulary, but got " +
        Twine(model.getVocabularySize()) + " and " +
        Twine(reference->getVocabularySize()) + " tokens");
  PredictionCounter counter;
  for (auto [index, document] : llvm::enumerate(documents)) {
    std::vector<int64_t> tokens = tokenizer.encode(document);
    tokens.insert(tokens.begin(), begin);
    for (ArrayRef<int64_t> rest = tokens; rest.size() > 1;) {
      ArrayRef<int64_t> part = rest.take_front(window);
      if (llvm::Error error = addWindow(counter, model, reference, part))
        return std::move(error);
      rest = rest.drop_front(part.size());
    }
    report(index + 1);
  }
  return counter.get();
}

llvm::json::Object ptq::toJSON(const Perplexity &perplexity) {
  const std::optional<Comparison> &reference = perplexity.reference;
  auto get = [&](double Comparison::*member) -> llvm::json::Value {
    return reference ? llvm::json::Value((*reference).*member) : nullptr;
  };
  llvm::json::Value ratio = nullptr;
  if (reference)
    ratio = perplexity.perplexity / reference->perplexity;
  return llvm::json::Object{{"perplexity", perplexity.perplexity},
                            {"float_perplexity", get(&Comparison::perplexity)},
                            {"ratio", std::move(ratio)},
                            {"kl_mean", get(&Comparison::meanDivergence)},
                            {"kl_p99", get(&Comparison::divergence99)},
                            {"kl_max", get(&Comparison::maxDivergence)},
                            {"same_top1", get(&Comparison::sameTop1)},
                            {"tokens", perplexity.numTokens}};
}
