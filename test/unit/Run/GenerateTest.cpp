//===- GenerateTest.cpp - Continues a text --------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/LanguageModelGenerate.h"

#include "FakeLanguageModel.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

/// Expects the byte after the last one: a, b, c...
static float countUp(int64_t last, int64_t next) {
  return next == last + 1 ? 1 : 0;
}

static llvm::Expected<Generation> run(FakeLanguageModel &model,
                                      StringRef prompt, int64_t numTokens,
                                      const TextFrame &frame) {
  Tokenizer tokenizer = makeByteTokenizer();
  return generate(model, tokenizer, frame, prompt, numTokens, {},
                  [](StringRef) {});
}

static std::string getMessage(llvm::Expected<Generation> generation) {
  return generation ? "" : llvm::toString(generation.takeError());
}

TEST(Generate, ContinuesThePrompt) {
  FakeLanguageModel model(257, 16, countUp);
  Tokenizer tokenizer = makeByteTokenizer();
  std::vector<std::string> pieces;
  Generation generation = llvm::cantFail(
      generate(model, tokenizer, {{256}, 256, {256}}, "xa", 3, {},
               [&](StringRef text) { pieces.push_back(text.str()); }));
  EXPECT_EQ(generation.text, "xabcd");
  EXPECT_EQ(generation.tokens, (std::vector<int64_t>{'b', 'c', 'd'}));
  EXPECT_EQ(pieces, (std::vector<std::string>{"xa", "b", "c", "d"}));
}

TEST(Generate, DecodesOneTokenAtATimeAndNoneForNothing) {
  FakeLanguageModel model(257, 16, countUp);
  llvm::cantFail(run(model, "xa", 3, {{256}, 256, {256}}));
  EXPECT_EQ(model.calls,
            (std::vector<std::pair<int64_t, int64_t>>{{3, 0}, {1, 3}, {1, 4}}));
}

TEST(Generate, StopsAtTheEndOfTheText) {
  FakeLanguageModel model(257, 16, countUp);
  EXPECT_EQ(llvm::cantFail(run(model, "a", 9, {{}, std::nullopt, {'d'}})).text,
            "abc");
  EXPECT_EQ(llvm::cantFail(run(model, "a", 9, {{256}, 'c', {}})).text, "ab");
}

TEST(Generate, FillsTheContextButNotMore) {
  FakeLanguageModel model(257, 4, countUp);
  EXPECT_EQ(llvm::cantFail(run(model, "ab", 2, {})).text, "abcd");
  EXPECT_EQ(getMessage(run(model, "ab", 3, {})),
            "expects prompt and generated tokens to fit the context of 4 "
            "tokens, but got 2 and 3");
}

TEST(Generate, NeedsAToken) {
  FakeLanguageModel model(257, 4, countUp);
  EXPECT_EQ(getMessage(run(model, "", 1, {})),
            "expects a prompt, because the model has no token that begins a "
            "text");
}

TEST(Generate, RefusesTokensThatTheModelLacks) {
  FakeLanguageModel model('b', 16, countUp);
  EXPECT_EQ(getMessage(run(model, "ab", 1, {})),
            "token 98 is not one of the model's 98");
}

TEST(Generate, RefusesLogitsThatAreNotFinite) {
  FakeLanguageModel model(257, 16, [](int64_t last, int64_t) {
    return last == 'c' ? std::nanf("") : countUp(last, last + 1);
  });
  EXPECT_EQ(getMessage(run(model, "c", 1, {})),
            "the model computes a logit that is not finite, after 1 tokens");
}
