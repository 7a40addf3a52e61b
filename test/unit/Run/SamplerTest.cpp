//===- SamplerTest.cpp - Chooses the next token ---------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/Sampler.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::ptq;

/// How often each of three tokens of probability 0.5, 0.3 and 0.2 is drawn.
static std::array<int, 3> draw(SamplingOptions options, int times) {
  std::array<float, 3> logits = {std::log(0.3f), std::log(0.5f),
                                 std::log(0.2f)};
  std::array<int, 3> counts = {};
  Sampler sampler(options);
  for (int i = 0; i < times; ++i)
    ++counts[sampler.sample(logits)];
  return counts;
}

TEST(Sampler, GeneratorIsSplitMix64) {
  // The first numbers of the published generator for the seed 1234567.
  SplitMix64 generator(1234567);
  EXPECT_EQ(generator.next(), 6457827717110365317u);
  EXPECT_EQ(generator.next(), 3203168211198807973u);
  EXPECT_EQ(generator.next(), 9817491932198370423u);
}

TEST(Sampler, UniformIsTheUpper53Bits) {
  SplitMix64 generator(1234567);
  EXPECT_EQ(generator.nextUniform(),
            static_cast<double>(6457827717110365317u >> 11) / 9007199254740992);
}

TEST(Sampler, ArgmaxTakesTheFirstOfEqualsAndNoNaN) {
  float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(argmax({1.0f, 3.0f, 3.0f}), 1);
  EXPECT_EQ(argmax({nan, -3.0f, nan, -2.0f}), 3);
}

TEST(Sampler, TemperatureZeroTakesTheLargest) {
  EXPECT_EQ(draw({0, 1, 5}, 10), (std::array<int, 3>{0, 10, 0}));
}

TEST(Sampler, FrequenciesAreTheProbabilities) {
  std::array<int, 3> counts = draw({1, 1, 5}, 10000);
  EXPECT_NEAR(counts[0], 3000, 150); // 3 standard deviations are 138
  EXPECT_NEAR(counts[1], 5000, 150);
  EXPECT_NEAR(counts[2], 2000, 150);
}

TEST(Sampler, TemperatureSharpens) {
  // Squared: 0.25 of 0.25 + 0.09 + 0.04.
  EXPECT_NEAR(draw({0.5, 1, 5}, 10000)[1], 6579, 150);
}

TEST(Sampler, TopPKeepsTheFewestThatReachIt) {
  EXPECT_EQ(draw({1, 0.4, 5}, 100), (std::array<int, 3>{0, 100, 0}));
  std::array<int, 3> counts = draw({1, 0.7, 5}, 10000);
  EXPECT_EQ(counts[2], 0);
  EXPECT_NEAR(counts[1], 6250, 150);
}

TEST(Sampler, SameSeedSameTokens) {
  EXPECT_EQ(draw({1, 1, 9}, 100), draw({1, 1, 9}, 100));
  EXPECT_NE(draw({1, 1, 9}, 100), draw({1, 1, 10}, 100));
}
