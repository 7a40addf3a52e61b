//===- Report.cpp - What quantization did to a model ----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Report/Report.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

int64_t Report::getBytes() const {
  int64_t sum = 0;
  for (const LinearRow &row : linears)
    if (!row.sharesWeight)
      sum += row.bytes;
  return sum;
}

int64_t Report::getNumWeights() const {
  int64_t sum = 0;
  for (const LinearRow &row : linears)
    if (!row.sharesWeight)
      sum += row.numWeights;
  return sum;
}

std::optional<double> ptq::toDecibels(std::optional<double> relativeError) {
  if (!relativeError || !(*relativeError > 0) || std::isinf(*relativeError))
    return std::nullopt;
  return -10 * std::log10(*relativeError);
}

static void describe(const LinearSummary &summary, LinearRow &row) {
  row.bitsPerWeight = summary.bitsPerWeight;
  row.weightSqnr = summary.sqnr;
  row.clipped = summary.clipped;
  row.saturated = summary.saturated;
  row.numUnusedCodes = summary.numUnusedCodes;
}

std::vector<LinearRow> ptq::makeRows(const Sensitivities &sensitivities,
                                     ArrayRef<LinearSummary> linears) {
  std::vector<LinearRow> rows;
  for (const WeightSensitivity &weight : sensitivities.weights) {
    const CandidateGroup &group = weight.group;
    const FormatEffect &chosen = weight.effects.front();
    for (auto [index, name] : llvm::enumerate(group.linears)) {
      LinearRow &row = rows.emplace_back();
      row.name = name;
      row.format = chosen.format;
      row.reason = group.reason;
      row.shape = group.shape;
      row.numWeights = group.getNumWeights();
      row.bytes = chosen.bytes;
      row.isEmbedding = llvm::is_contained(group.embeddings, name);
      row.sharesWeight = index + 1 < group.linears.size();
      row.inputSqnr = toDecibels(weight.inputErrors[index]);
      row.outputSqnr = toDecibels(weight.outputErrors[index]);
      row.nanoseconds = chosen.nanoseconds;
      row.divergence = chosen.divergence;
      row.measured = chosen.measured;
      for (const LinearSummary &summary : linears)
        if (summary.name == name && summary.format == chosen.format)
          describe(summary, row);
    }
  }
  auto isKnown = [&](StringRef name) {
    return llvm::any_of(rows,
                        [&](const LinearRow &row) { return row.name == name; });
  };
  for (const LinearSummary &summary : linears) {
    if (isKnown(summary.name))
      continue;
    LinearRow &row = rows.emplace_back();
    row.name = summary.name;
    row.format = summary.format;
    row.reason = summary.reason;
    row.numWeights = summary.numWeights;
    describe(summary, row);
  }
  return rows;
}
