//===- LanguageModelReport.h - Report on a language model -------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_REPORT_LANGUAGEMODELREPORT_H
#define PTQ_REPORT_LANGUAGEMODELREPORT_H

#include "ptq/Report/Report.h"

namespace mlir::ptq {

/// What a mixture of formats may cost.
struct Budget {
  enum class Unit { BitsPerWeight, Bytes, Nanoseconds };
  double value = 0;
  Unit unit = Unit::BitsPerWeight;

  /// `4.5bpw`, `200000B`, `200kB`, `3.5MB`, `350us` (of a token, in kernels).
  static llvm::Expected<Budget> parse(StringRef text);
};

struct ReportOptions {
  /// Without formats: those of `getDefaultFormats`, if one is to be chosen.
  CandidateOptions candidates;
  bool leavesOneOut = false;
  bool measuresTimes = false;
  /// Choose formats: the least divergence for a cost, or the least bytes for a
  /// divergence. At most one of them.
  std::optional<Budget> budget;
  std::optional<double> maxDivergence;
};

struct LanguageModelReport {
  Report report;
  /// Rules in YAML that choose the formats of the mixture `chosen`; empty if
  /// none was to be chosen.
  std::string recipe;
};

/// The formats that a mixture is made of if nobody says: one of 8 bits and some
/// of 4, with the activations of `recipe`.
std::vector<std::string> getDefaultFormats(StringRef recipe);

/// Measures a checkpoint on `samples`. `report` is told what is going on.
llvm::Expected<LanguageModelReport>
reportLanguageModel(StringRef folder, TokenSamples samples,
                    const ReportOptions &options,
                    llvm::function_ref<void(const Twine &)> report);

/// What is known of a package without its checkpoint.
llvm::Expected<Report> reportPackage(StringRef folder);

/// Rules for the first formats of all weights but as `choices` says.
std::string writeRecipe(const Sensitivities &sensitivities,
                        const MixtureEffect &mixture);

} // namespace mlir::ptq

#endif // PTQ_REPORT_LANGUAGEMODELREPORT_H
