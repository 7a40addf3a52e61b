//===- Quantize.cpp - ptq-llm quantize ------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"

#include "ptq/Run/CodeCache.h"
#include "ptq/Run/LanguageModelPackage.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;
namespace cl = llvm::cl;

static cl::SubCommand
    command("quantize", "Quantize a Hugging Face checkpoint into a package");
static ModelArguments model(command);
static ContextOption contextLength(command);
static cl::opt<std::string> output("o", cl::desc("Package to write"),
                                   cl::value_desc("folder"), cl::Required,
                                   cl::sub(command));
static QuantizeArguments quantizeArguments(command);
static BudgetArguments budgetArguments(command);
static SampleArguments sampleArguments(command, /*numSamples=*/16,
                                       /*length=*/256, /*isRequired=*/false);
static cl::opt<bool>
    failOnFallback("fail-on-fallback",
                   cl::desc("Fail if a linear stays float unasked"),
                   cl::sub(command));

static void printTable(const QuantizationSummary &summary) {
  auto format = [](std::optional<double> value) {
    return value ? llvm::formatv("{0:f2}", *value).str() : std::string("-");
  };
  size_t width = 0;
  for (const LinearSummary &linear : summary.linears)
    width = std::max(width, linear.name.size());
  for (const LinearSummary &linear : summary.linears)
    llvm::outs() << llvm::left_justify(linear.name, width) << "  "
                 << llvm::left_justify(linear.format, 9)
                 << llvm::right_justify(format(linear.bitsPerWeight), 6)
                 << " bits " << llvm::right_justify(format(linear.sqnr), 6)
                 << " dB\n";
  llvm::outs() << summary.linears.size() << " linears, " << summary.floatBytes
               << " -> " << summary.packageBytes << " bytes\n";
}

/// Chooses formats; the rules are written to a file that `options` then names.
static llvm::Error chooseFormats(StringRef path,
                                 QuantizeLanguageModelOptions &options) {
  ReportOptions reportOptions;
  reportOptions.candidates.quantize = options;
  reportOptions.candidates.codeCache = getCodeCache();
  if (llvm::Error error = budgetArguments.addTo(reportOptions))
    return error;
  llvm::Expected<TokenSamples> samples = sampleArguments.read(model.path);
  if (!samples)
    return samples.takeError();
  auto chosen = reportLanguageModel(model.path, std::move(*samples),
                                    reportOptions, showProgress);
  showProgress("");
  if (!chosen)
    return chosen.takeError();
  options.recipeFile = path.str();
  return writeText(path, chosen->recipe);
}

static llvm::Error runQuantize() {
  QuantizeLanguageModelOptions options = quantizeArguments.get();
  options.failOnFallback = failOnFallback;
  options.context = contextLength;
  SmallString<128> temporary;
  llvm::scope_exit remove([&] {
    if (!temporary.empty())
      llvm::sys::fs::remove(temporary);
  });
  if (budgetArguments.isGiven()) {
    std::string path = budgetArguments.recipePath;
    if (path.empty()) {
      if (std::error_code code = llvm::sys::fs::createTemporaryFile(
              "ptq-recipe", "yaml", temporary))
        return llvm::createStringError(temporary + ": " + code.message());
      path = temporary.str().str();
    }
    if (llvm::Error error = chooseFormats(path, options))
      return error;
  }
  TimeLeft time;
  llvm::Expected<QuantizationSummary> summary = quantizeLanguageModel(
      model.path, output, options,
      [&](StringRef step) {
        showProgress(step);
        time.start();
      },
      [&](int64_t numDone, int64_t numTotal) {
        time.show("quantizing: " + Twine(100 * numDone / numTotal) + " %",
                  numDone, numTotal);
      });
  showProgress("");
  if (!summary)
    return summary.takeError();
  if (model.printsJSON)
    print(toJSON(*summary));
  else
    printTable(*summary);
  return llvm::Error::success();
}

static StringRef check() {
  for (StringRef problem : {quantizeArguments.check(), budgetArguments.check(),
                            sampleArguments.check()})
    if (!problem.empty())
      return problem;
  if (budgetArguments.isGiven() && sampleArguments.textPath.empty())
    return "expects --text for --budget and --max-kl";
  return contextLength < 0 ? "expects --context not to be negative" : "";
}

Command ptq::getQuantizeCommand() { return {&command, check, runQuantize}; }
