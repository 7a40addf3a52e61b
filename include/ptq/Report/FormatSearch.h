//===- FormatSearch.h - The best mixture of formats for a cost --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_REPORT_FORMATSEARCH_H
#define PTQ_REPORT_FORMATSEARCH_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace mlir::ptq {

/// What one weight costs in one format, and what it loses. Neither is negative.
struct FormatOption {
  double cost, loss;
};

/// All mixtures, one option for each weight, that no other one beats in both
/// cost and loss, which are sums over the weights.
///
///     MixtureFront front({{{8, 0}, {4, 3}}, {{8, 0}, {4, 1}}});
///     // (8, 4), (12, 1), (16, 0)
///     front.getOptions(*front.findCheapest(2)); // {0, 1}
///
/// Exact while no more than `maxPoints` mixtures of the first n weights are
/// worth keeping, for every n; beyond, one of each `maxPoints`-th of the range
/// of costs is kept, that of the least loss.
class MixtureFront {
public:
  static constexpr size_t maxPoints = 8192;

  struct Point {
    double cost, loss;
  };

  explicit MixtureFront(ArrayRef<std::vector<FormatOption>> weights);

  /// In ascending order of cost, descending order of loss.
  ArrayRef<Point> getPoints() const { return points; }
  /// The option of each weight.
  std::vector<size_t> getOptions(size_t point) const;

  /// The point of the least loss for `cost` or less; none if all cost more.
  std::optional<size_t> findBest(double cost) const;
  /// The point of the least cost that loses `loss` or less.
  std::optional<size_t> findCheapest(double loss) const;

private:
  /// How a mixture of the first weights came about.
  struct Step {
    double cost, loss;
    uint32_t previous, option;
  };

  static std::vector<Step> prune(std::vector<Step> steps);

  std::vector<std::vector<Step>> stages;
  std::vector<Point> points;
};

} // namespace mlir::ptq

#endif // PTQ_REPORT_FORMATSEARCH_H
