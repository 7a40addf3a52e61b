//===- LanguageModelGenerate.cpp - Continues a text -----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/LanguageModelGenerate.h"

#include "ptq/Import/Tokenizer.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <chrono>
#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

namespace {
/// Adds up the time of calls.
class Stopwatch {
public:
  llvm::Expected<Buffer> time(LanguageModel &model, ArrayRef<int64_t> tokens,
                              int64_t position) {
    auto start = std::chrono::steady_clock::now();
    llvm::Expected<Buffer> logits = model.forward(tokens, position);
    seconds += std::chrono::steady_clock::now() - start;
    numTokens += tokens.size();
    return logits;
  }

  double getTokensPerSecond() const {
    return numTokens ? numTokens / seconds.count() : 0;
  }

private:
  std::chrono::duration<double> seconds{0};
  int64_t numTokens = 0;
};
} // namespace

/// The logits of the last token.
static llvm::Expected<ArrayRef<float>> getLastRow(const Buffer &logits,
                                                  int64_t position) {
  int64_t size = logits.getShape().back();
  ArrayRef<float> row = logits.getValues<float>();
  row = row.take_back(size);
  if (!llvm::all_of(row, [](float logit) { return std::isfinite(logit); }))
    return llvm::createStringError(
        "the model computes a logit that is not finite, after " +
        Twine(position) + " tokens");
  return row;
}

/// Continues the FNV-1a hash `hash` with the bytes of `row`.
static uint64_t addToHash(uint64_t hash, ArrayRef<float> row) {
  StringRef bytes(reinterpret_cast<const char *>(row.data()),
                  row.size() * sizeof(float));
  for (unsigned char byte : bytes)
    hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

static llvm::Error checkLengths(const LanguageModel &model, size_t numPrompt,
                                int64_t numTokens) {
  if (numPrompt == 0)
    return llvm::createStringError(
        "expects a prompt, because the model has no token that begins a text");
  if (static_cast<int64_t>(numPrompt) + numTokens > model.getContextLength())
    return llvm::createStringError(
        "expects prompt and generated tokens to fit the context of " +
        Twine(model.getContextLength()) + " tokens, but got " +
        Twine(numPrompt) + " and " + Twine(numTokens));
  return llvm::Error::success();
}

llvm::Expected<Generation>
ptq::generate(LanguageModel &model, const Tokenizer &tokenizer,
              const TextFrame &frame, StringRef prompt, int64_t numTokens,
              const SamplingOptions &sampling,
              llvm::function_ref<void(StringRef)> print) {
  std::vector<int64_t> sequence = frame.prefix;
  llvm::append_range(sequence, tokenizer.encode(prompt));
  if (llvm::Error error = checkLengths(model, sequence.size(), numTokens))
    return std::move(error);

  Generation result;
  result.promptTokens = sequence;
  result.text = prompt.str();
  print(prompt);
  // Text is known up to here; a token adds what decoding gets longer by.
  std::vector<int64_t> shown = tokenizer.encode(prompt);
  Sampler sampler(sampling);
  Stopwatch prefill, decode;
  llvm::Expected<Buffer> logits = prefill.time(model, sequence, 0);
  while (logits && static_cast<int64_t>(result.tokens.size()) < numTokens) {
    llvm::Expected<ArrayRef<float>> row = getLastRow(*logits, sequence.size());
    if (!row)
      return row.takeError();
    result.logitsHash = addToHash(result.logitsHash, *row);
    int64_t token = sampler.sample(*row);
    if (token == frame.begin || llvm::is_contained(frame.ends, token))
      break;
    sequence.push_back(token);
    result.tokens.push_back(token);
    if (!tokenizer.isSpecial(token)) {
      shown.push_back(token);
      std::string text = tokenizer.decode(shown);
      print(StringRef(text).drop_front(result.text.size()));
      result.text = std::move(text);
    }
    if (static_cast<int64_t>(result.tokens.size()) < numTokens)
      logits = decode.time(model, token, sequence.size() - 1);
  }
  if (!logits)
    return logits.takeError();
  result.prefillTokensPerSecond = prefill.getTokensPerSecond();
  result.decodeTokensPerSecond = decode.getTokensPerSecond();
  return result;
}

llvm::json::Object ptq::toJSON(const Generation &generation) {
  return llvm::json::Object{
      {"text", llvm::json::fixUTF8(generation.text)},
      {"tokens", llvm::json::Array(generation.tokens)},
      {"prompt_tokens", llvm::json::Array(generation.promptTokens)},
      {"logits_hash", llvm::utohexstr(generation.logitsHash, /*LowerCase=*/true,
                                      /*Width=*/16)},
      {"prefill_tokens_per_s", generation.prefillTokensPerSecond},
      {"decode_tokens_per_s", generation.decodeTokensPerSecond}};
}
