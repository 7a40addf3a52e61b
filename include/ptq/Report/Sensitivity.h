//===- Sensitivity.h - What each format of each linear loses ----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The divergence that a small error at the output of one linear causes grows
// with the power of the error. So one measurement of each weight, its probe,
// gives the divergence per unit of relative output error, and the output error
// of every format, all of which a run of the whole model measures at once, the
// divergence of that format. For W weights of F formats that is W + F runs;
// measuring each format of each weight by itself takes W * F.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_REPORT_SENSITIVITY_H
#define PTQ_REPORT_SENSITIVITY_H

#include "ptq/Run/LanguageModelCandidates.h"

namespace mlir::ptq {

/// A weight in one format.
struct FormatEffect {
  std::string format;
  int64_t bytes = 0;
  /// Power of the error at the output of its linears relative to that of the
  /// output, their sum if there are several.
  double outputError = 0;
  /// Mean divergence of the model with this alone: predicted from the probe,
  /// and measured if it was asked for.
  double divergence = 0;
  std::optional<double> measured;
  /// One token, in the kernel; absent if it was not measured.
  std::optional<double> nanoseconds;

  double getDivergence() const { return measured.value_or(divergence); }
};

struct WeightSensitivity {
  CandidateGroup group;
  /// One for each of the group's formats.
  std::vector<FormatEffect> effects;
  /// Of what the recipe chooses, relative as above, by linear.
  std::vector<std::optional<double>> outputErrors, inputErrors;
};

/// A choice of formats for the whole model.
struct MixtureEffect {
  std::string name;
  std::vector<int64_t> choices; ///< as `CandidateModel::measure` takes them
  int64_t bytes = 0;
  double predicted = 0; ///< the sum of the divergences of the weights
  std::optional<Perplexity> perplexity;

  std::optional<double> getMeasured() const {
    if (!perplexity)
      return std::nullopt;
    return perplexity->reference->meanDivergence;
  }
};

struct Sensitivities {
  std::vector<WeightSensitivity> weights;
  /// The recipe, and then every format alone, measured.
  std::vector<MixtureEffect> mixtures;

  int64_t getNumWeights() const;
  /// Bytes and predicted divergence of `choices`.
  MixtureEffect describe(StringRef name, ArrayRef<int64_t> choices) const;
};

/// Measures what the formats of `model` lose. With `leavesOneOut` every format
/// of every weight is measured by itself, too. `report` gets the number of runs
/// that are done, and of all.
llvm::Expected<Sensitivities>
measureSensitivities(CandidateModel &model, bool leavesOneOut,
                     llvm::function_ref<void(size_t, size_t)> report);

/// Spearman's rank correlation; ties share their mean rank. 0 if one side is
/// constant.
double getRankCorrelation(ArrayRef<double> xs, ArrayRef<double> ys);

} // namespace mlir::ptq

#endif // PTQ_REPORT_SENSITIVITY_H
