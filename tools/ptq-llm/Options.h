//===- Options.h - Options that subcommands share ---------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TOOLS_PTQ_LLM_OPTIONS_H
#define PTQ_TOOLS_PTQ_LLM_OPTIONS_H

#include "ptq/Import/Tokenizer.h"
#include "ptq/Report/LanguageModelReport.h"
#include "ptq/Run/LanguageModel.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/JSON.h"

#include <chrono>

namespace mlir::ptq {

/// The folder of the model, and how results are printed.
struct ModelArguments {
  llvm::cl::opt<std::string> path;
  llvm::cl::opt<bool> printsJSON;

  explicit ModelArguments(llvm::cl::SubCommand &command);
};

/// Longest sequence to prepare for.
struct ContextOption : llvm::cl::opt<int64_t> {
  explicit ContextOption(llvm::cl::SubCommand &command);
};

/// Which linears are quantized, and to what.
struct RecipeArguments {
  llvm::cl::opt<std::string> recipe, recipeFile, skip;

  explicit RecipeArguments(llvm::cl::SubCommand &command);
};

/// How they are quantized.
struct QuantizeArguments : RecipeArguments {
  llvm::cl::opt<std::string> scale, statistics, range, smoothQuant;

  explicit QuantizeArguments(llvm::cl::SubCommand &command);
  QuantizeLanguageModelOptions get() const;
  /// What is wrong with their values; empty if nothing is.
  StringRef check() const;
};

/// How a model is compiled.
struct CompileArguments {
  ContextOption context;
  llvm::cl::opt<unsigned> threads;
  llvm::cl::opt<std::string> cpu;
  llvm::cl::opt<bool> verifiesAll;

  explicit CompileArguments(llvm::cl::SubCommand &command);
  LanguageModelOptions get() const;
};

/// The file that a text is read from.
struct TextOption : llvm::cl::opt<std::string> {
  explicit TextOption(llvm::cl::SubCommand &command, bool isRequired = true);
};

llvm::Expected<std::string> readText(StringRef path);

/// A text, and what a model makes tokens of it with.
struct TokenSource {
  std::string text;
  Tokenizer tokenizer;
  int64_t begin; ///< the token that begins a document

  /// Fails if the model has no token that begins a text.
  static llvm::Expected<TokenSource> read(StringRef model, StringRef textPath);
};

/// Sequences of the text that a model is measured on.
struct SampleArguments {
  TextOption textPath;
  llvm::cl::opt<unsigned> numSamples;
  llvm::cl::opt<uint64_t> seed;
  llvm::cl::opt<int64_t> length;

  SampleArguments(llvm::cl::SubCommand &command, unsigned numSamples,
                  int64_t length, bool isRequired);
  /// Fails if there is no text for a sample.
  llvm::Expected<TokenSamples> read(StringRef model) const;
  StringRef check() const;
};

/// What formats are chosen for.
struct BudgetArguments {
  llvm::cl::opt<std::string> budget, recipePath;
  llvm::cl::opt<double> maxDivergence;
  llvm::cl::list<std::string> formats;

  explicit BudgetArguments(llvm::cl::SubCommand &command);
  bool isGiven() const {
    return !budget.empty() || maxDivergence.getNumOccurrences();
  }
  /// Adds what is asked for to `options`, whose recipe is known.
  llvm::Error addTo(ReportOptions &options) const;
  StringRef check() const;
};

/// Replaces the last line of a terminal; says nothing elsewhere, or with
/// `--json`.
void showProgress(const Twine &message);

/// Shows how much is done, and how long the rest takes.
class TimeLeft {
public:
  void start();
  /// Seconds since `start`.
  double getSeconds() const;
  /// `what`, such as `3 of 7 sequences`, and what `numTotal - numDone` take if
  /// `numDone` took the time since `start`.
  void show(const Twine &what, double numDone, double numTotal) const;

private:
  std::chrono::steady_clock::time_point begin =
      std::chrono::steady_clock::now();
};

void print(llvm::json::Object object);

/// Writes a text beside `path`, then puts it there.
llvm::Error writeText(StringRef path, StringRef text);

/// Compiles the model in `path`, and shows that it does.
llvm::Expected<std::unique_ptr<LanguageModel>>
openModel(StringRef path, const LanguageModelOptions &options);

} // namespace mlir::ptq

#endif // PTQ_TOOLS_PTQ_LLM_OPTIONS_H
