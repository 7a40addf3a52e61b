//===- LanguageModelCandidates.h - A model in many formats at once --------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A checkpoint compiled once, with each of its linears in several formats
// (`ptq-insert-candidates`). What a mixture of formats does to the predictions
// of some sequences is then measured in the time that the model takes for them:
//
//     auto model = CandidateModel::create("stories", samples, options, report);
//     std::vector<int64_t> choices((*model)->getGroups().size());
//     choices[3] = 1; // the recipe's format of the fourth weight alone
//     auto effect = (*model)->measure(choices);
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_LANGUAGEMODELCANDIDATES_H
#define PTQ_RUN_LANGUAGEMODELCANDIDATES_H

#include "ptq/Calibrate/Statistics.h"
#include "ptq/Quantize/Candidates.h"
#include "ptq/Run/LanguageModelCalibrate.h"
#include "ptq/Run/LanguageModelPackage.h"
#include "ptq/Run/LanguageModelPerplexity.h"

namespace mlir::ptq {

struct CandidateOptions {
  /// How linears are quantized; the recipe's formats are the first candidates.
  QuantizeLanguageModelOptions quantize;
  /// The others, as recipes spell them.
  std::vector<std::string> formats;
  /// As in `LanguageModelOptions`.
  std::string cpu, codeCache;
  unsigned threads = 0;
};

/// What choices did to the predictions.
struct CandidateEffect {
  /// Against the float model, on the same tokens.
  Perplexity perplexity;
  /// `getCandidateError` and `getCandidateInputError` of what was chosen.
  Statistics errors;
};

/// Name of the statistics of the error that the quantization of its input
/// makes.
std::string getCandidateInputError(StringRef linear);

class CandidateModel {
public:
  virtual ~CandidateModel() = default;

  /// Imports, quantizes and compiles the checkpoint in `folder`, and runs it in
  /// float over `samples`. Needs memory for all formats of all weights, and for
  /// the logits of all tokens. `report` is told of each step.
  static llvm::Expected<std::unique_ptr<CandidateModel>>
  create(StringRef folder, TokenSamples samples,
         const CandidateOptions &options,
         llvm::function_ref<void(StringRef)> report);

  virtual ArrayRef<CandidateGroup> getGroups() const = 0;
  /// One for each linear and format.
  virtual ArrayRef<LinearSummary> getLinears() const = 0;

  /// Runs all samples. `choices` has a number for each group: 0 for float,
  /// `i + 1` for its `formats[i]`.
  virtual llvm::Expected<CandidateEffect>
  measure(ArrayRef<int64_t> choices) = 0;
};

} // namespace mlir::ptq

#endif // PTQ_RUN_LANGUAGEMODELCANDIDATES_H
