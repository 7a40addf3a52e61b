//===- Report.h - What quantization did to a model --------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One structure with all that is known, and three ways to look at it: a table
// for terminals, JSON for programs, and a page of HTML with pictures, which
// needs nothing but itself.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_REPORT_REPORT_H
#define PTQ_REPORT_REPORT_H

#include "ptq/Report/Energy.h"
#include "ptq/Report/FormatSearch.h"
#include "ptq/Report/Sensitivity.h"

#include "llvm/Support/JSON.h"

namespace mlir::ptq {

/// A histogram of an input, and the range that was chosen for its codes.
struct InputHistogram {
  std::string name;
  /// Values are in equal bins of `[low, high]`.
  double low = 0, high = 0;
  std::vector<double> counts;
  /// The range of static codes is `[-chosen, chosen]`; absent if codes are not
  /// static.
  std::optional<double> chosen;
  /// Fraction of the values outside of it.
  double clipped = 0;
};

/// One linear in the format that it has.
struct LinearRow {
  std::string name, format, reason;
  std::vector<int64_t> shape;
  int64_t numWeights = 0, bytes = 0;
  bool isEmbedding = false;
  /// With the next one, its weight is counted there.
  bool sharesWeight = false;
  std::optional<double> bitsPerWeight;
  /// Signal to noise ratios in dB; absent if there is no error, or it is not
  /// known.
  std::optional<double> weightSqnr, inputSqnr, outputSqnr;
  double clipped = 0, saturated = 0;
  int64_t numUnusedCodes = 0;
  /// Of one token, measured.
  std::optional<double> nanoseconds;
  /// Of the model with this linear alone, predicted and measured.
  std::optional<double> divergence, measured;
};

struct Report {
  std::string model, recipe;
  int64_t numSamples = 0, numTokens = 0;
  std::vector<LinearRow> linears;
  std::vector<InputHistogram> inputs;
  /// Measured mixtures: the recipe, each format alone, what was chosen.
  std::vector<MixtureEffect> mixtures;
  /// Bytes and predicted divergence of the best mixtures.
  std::vector<MixtureFront::Point> front;
  /// Of predicted and measured divergences, if both are known.
  std::optional<double> rankCorrelation;
  EnergyEstimate energy, floatEnergy;

  int64_t getBytes() const;
  int64_t getNumWeights() const;
};

/// `decibels` of a relative error; absent if there is none.
std::optional<double> toDecibels(std::optional<double> relativeError);

/// The rows of all linears, in the order of the model.
std::vector<LinearRow> makeRows(const Sensitivities &sensitivities,
                                ArrayRef<LinearSummary> linears);

/// A table with one line for each linear, and what it comes to.
void writeText(const Report &report, raw_ostream &os);

/// `model`, `recipe`, `linears`, `inputs`, `mixtures`, `front`, `energy`,
/// `totals`; docs/report.md lists the members.
llvm::json::Object toJSON(const Report &report);

/// One page, with its style, its pictures and a script that sorts its table.
void writeHTML(const Report &report, raw_ostream &os);

} // namespace mlir::ptq

#endif // PTQ_REPORT_REPORT_H
