//===- PerplexityTest.cpp - How well a model predicts ---------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/LanguageModelPerplexity.h"

#include "FakeLanguageModel.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

/// Probability 3/4 for the byte after the last one, the rest for byte 0.
static float likely(int64_t last, int64_t next) {
  if (next == last + 1)
    return std::log(3.0f);
  return next == 0 ? 0 : -INFINITY;
}

/// Probability 1/2 for each of the two.
static float even(int64_t last, int64_t next) {
  return next == last + 1 || next == 0 ? 7 : -1000;
}

static llvm::Expected<Perplexity> measure(FakeLanguageModel &model,
                                          FakeLanguageModel *reference,
                                          ArrayRef<StringRef> documents,
                                          int64_t window) {
  Tokenizer tokenizer = makeByteTokenizer();
  return measurePerplexity(model, reference, tokenizer, '`', documents, window,
                           [](size_t) {});
}

TEST(Perplexity, IsTheInverseOfTheMeanProbability) {
  FakeLanguageModel model(257, 16, likely);
  Perplexity result = llvm::cantFail(measure(model, nullptr, {"abc"}, 16));
  EXPECT_NEAR(result.perplexity, 4.0 / 3, 1e-6);
  EXPECT_EQ(result.numTokens, 3);
  EXPECT_FALSE(result.reference);
}

TEST(Perplexity, WindowsAreSequencesOfTheirOwn) {
  FakeLanguageModel model(257, 16, likely);
  Perplexity result =
      llvm::cantFail(measure(model, nullptr, {"abcde", "ab"}, 3));
  // `ab cde and `ab: each window predicts all but its first token.
  EXPECT_EQ(result.numTokens, 6);
  EXPECT_EQ(model.calls,
            (std::vector<std::pair<int64_t, int64_t>>{{3, 0}, {3, 0}, {3, 0}}));
}

TEST(Perplexity, ComparesWithTheReference) {
  FakeLanguageModel model(257, 16, even), reference(257, 16, likely);
  Perplexity result = llvm::cantFail(measure(model, &reference, {"ab"}, 16));
  EXPECT_NEAR(result.perplexity, 2, 1e-6);
  ASSERT_TRUE(result.reference);
  EXPECT_NEAR(result.reference->perplexity, 4.0 / 3, 1e-6);
  // 3/4 log(3/2) + 1/4 log(1/2)
  EXPECT_NEAR(result.reference->meanDivergence, 0.1308120, 1e-6);
  EXPECT_NEAR(result.reference->divergence99, 0.1308120, 1e-6);
  EXPECT_NEAR(result.reference->maxDivergence, 0.1308120, 1e-6);
  // On a tie, the model's most likely token is the lowest: 0.
  EXPECT_EQ(result.reference->sameTop1, 0);
}

TEST(Perplexity, AModelIsItsOwnEqual) {
  FakeLanguageModel model(257, 16, likely), same(257, 16, likely);
  Perplexity result = llvm::cantFail(measure(model, &same, {"abc"}, 16));
  EXPECT_EQ(result.perplexity, result.reference->perplexity);
  EXPECT_EQ(result.reference->maxDivergence, 0);
  EXPECT_EQ(result.reference->sameTop1, 1);
}

TEST(Perplexity, RefusesNoText) {
  FakeLanguageModel model(257, 16, likely);
  EXPECT_EQ(llvm::toString(measure(model, nullptr, {}, 16).takeError()),
            "expects text, but got nothing to predict");
}

TEST(Perplexity, RefusesTwoVocabularies) {
  FakeLanguageModel model(257, 16, likely), other(300, 16, likely);
  EXPECT_EQ(
      llvm::toString(measure(model, &other, {"a"}, 16).takeError()),
      "expects models of the same vocabulary, but got 257 and 300 tokens");
}

TEST(Perplexity, DocumentsAreWhatBlankLinesSeparate) {
  SmallVector<StringRef> documents =
      splitDocuments("\none\ntwo\n\n \r\nthree\r\n\n\n");
  EXPECT_EQ(documents, (SmallVector<StringRef>{"one\ntwo", "three\r"}));
  EXPECT_TRUE(splitDocuments("\n \n").empty());
  EXPECT_EQ(splitDocuments("end"), SmallVector<StringRef>{"end"});
}
