//===- FormatSearchTest.cpp - The best mixture of formats for a cost ------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Report/FormatSearch.h"

#include "llvm/ADT/STLExtras.h"

#include "gtest/gtest.h"

#include <random>

using namespace mlir;
using namespace mlir::ptq;

using Weights = std::vector<std::vector<FormatOption>>;

static std::vector<std::pair<double, double>>
getPoints(const Weights &weights) {
  std::vector<std::pair<double, double>> points;
  MixtureFront front(weights);
  for (MixtureFront::Point point : front.getPoints())
    points.push_back({point.cost, point.loss});
  return points;
}

TEST(MixtureFront, KeepsWhatNothingBeats) {
  Weights weights = {{{8, 0}, {4, 3}}, {{8, 0}, {4, 1}}};
  EXPECT_EQ(getPoints(weights),
            (std::vector<std::pair<double, double>>{{8, 4}, {12, 1}, {16, 0}}));
  MixtureFront front(weights);
  EXPECT_EQ(front.getOptions(1), (std::vector<size_t>{0, 1}));
  EXPECT_EQ(front.findBest(15), 1u);
  EXPECT_EQ(front.findBest(7), std::nullopt);
  EXPECT_EQ(front.findCheapest(3.9), 1u);
  EXPECT_EQ(front.findCheapest(4), 0u);
}

TEST(MixtureFront, IsExactOnRandomWeights) {
  std::minstd_rand random(1);
  Weights weights(7);
  for (auto &options : weights)
    for (int i = 0; i < 3; ++i)
      options.push_back({double(random() % 20), double(random() % 20)});
  MixtureFront front(weights);
  for (size_t point = 0; point < front.getPoints().size(); ++point) {
    double cost = 0, loss = 0;
    for (auto [weight, option] : llvm::enumerate(front.getOptions(point))) {
      cost += weights[weight][option].cost;
      loss += weights[weight][option].loss;
    }
    EXPECT_EQ(cost, front.getPoints()[point].cost);
    EXPECT_EQ(loss, front.getPoints()[point].loss);
  }
  for (int64_t mixture = 0; mixture < 2187; ++mixture) { // 3^7
    double cost = 0, loss = 0;
    int64_t rest = mixture;
    for (const auto &options : weights) {
      cost += options[rest % 3].cost;
      loss += options[rest % 3].loss;
      rest /= 3;
    }
    std::optional<size_t> best = front.findBest(cost);
    ASSERT_TRUE(best);
    EXPECT_LE(front.getPoints()[*best].loss, loss);
  }
}

TEST(MixtureFront, StaysSmall) {
  std::minstd_rand random(2);
  Weights weights(60);
  for (auto &options : weights)
    for (int i = 1; i < 5; ++i)
      options.push_back({i + random() % 1000 / 997.0,
                         (1 + random() % 1000 / 997.0) / (1 << 2 * i)});
  MixtureFront front(weights);
  EXPECT_LE(front.getPoints().size(), MixtureFront::maxPoints);
  EXPECT_GT(front.getPoints().size(), 1000u);
  // The ends are exact.
  double cheapest = 0, least = 0;
  for (const auto &options : weights) {
    cheapest += options.front().cost;
    least += options.back().loss;
  }
  EXPECT_NEAR(front.getPoints().front().cost, cheapest, 1e-9);
  EXPECT_NEAR(front.getPoints().back().loss, least, 1e-9);
}
