//===- FormatSearch.cpp - The best mixture of formats for a cost ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Report/FormatSearch.h"

#include "llvm/ADT/STLExtras.h"

#include <tuple>

using namespace mlir;
using namespace mlir::ptq;

/// Leaves those that nothing cheaper equals, in the order of their costs.
std::vector<MixtureFront::Step> MixtureFront::prune(std::vector<Step> steps) {
  llvm::sort(steps, [](const Step &a, const Step &b) {
    return std::tie(a.cost, a.loss, a.previous, a.option) <
           std::tie(b.cost, b.loss, b.previous, b.option);
  });
  std::vector<Step> front;
  for (const Step &step : steps)
    if (front.empty() || step.loss < front.back().loss)
      front.push_back(step);
  if (front.size() <= maxPoints)
    return front;
  double low = front.front().cost, range = front.back().cost - low;
  std::vector<Step> kept = {front.front()};
  auto getBucket = [&](const Step &step) {
    return static_cast<size_t>((step.cost - low) / range * (maxPoints - 2));
  };
  // Of each bucket the last one, which loses least.
  for (size_t i = 1; i < front.size(); ++i)
    if (i + 1 == front.size() || getBucket(front[i]) != getBucket(front[i + 1]))
      kept.push_back(front[i]);
  return kept;
}

MixtureFront::MixtureFront(ArrayRef<std::vector<FormatOption>> weights) {
  stages.push_back({{0, 0, 0, 0}});
  for (const std::vector<FormatOption> &options : weights) {
    std::vector<Step> steps;
    for (auto [index, before] : llvm::enumerate(stages.back()))
      for (auto [number, option] : llvm::enumerate(options))
        steps.push_back({before.cost + option.cost, before.loss + option.loss,
                         static_cast<uint32_t>(index),
                         static_cast<uint32_t>(number)});
    stages.push_back(prune(std::move(steps)));
  }
  for (const Step &step : stages.back())
    points.push_back({step.cost, step.loss});
}

std::vector<size_t> MixtureFront::getOptions(size_t point) const {
  std::vector<size_t> options;
  for (const std::vector<Step> &stage :
       llvm::reverse(ArrayRef(stages).drop_front())) {
    options.push_back(stage[point].option);
    point = stage[point].previous;
  }
  std::reverse(options.begin(), options.end());
  return options;
}

std::optional<size_t> MixtureFront::findBest(double cost) const {
  size_t count = llvm::count_if(
      points, [&](const Point &point) { return point.cost <= cost; });
  return count ? std::optional(count - 1) : std::nullopt;
}

std::optional<size_t> MixtureFront::findCheapest(double loss) const {
  for (auto [index, point] : llvm::enumerate(points))
    if (point.loss <= loss)
      return index;
  return std::nullopt;
}
