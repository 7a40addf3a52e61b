//===- Quantize.cpp - ptq-llm quantize ------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"

#include "ptq/Run/LanguageModelPackage.h"

#include "llvm/ADT/StringExtras.h"
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
static cl::opt<std::string> recipe(
    "recipe",
    cl::desc(
        "w8a8 (default), w8a8-static, w8a16, w4a16-gN or w4a8-gN; N is the "
        "size of groups"),
    cl::init("w8a8"), cl::sub(command));
static cl::opt<std::string>
    recipeFile("recipe-file", cl::desc("YAML rules by name of linears"),
               cl::value_desc("file"), cl::sub(command));
static cl::opt<std::string> skip("skip",
                                 cl::desc("Names of linears to leave float"),
                                 cl::value_desc("regular expression"),
                                 cl::sub(command));
static cl::opt<std::string> scale(
    "scale",
    cl::desc("How to find scales: absmax, signed_max or search (default)"),
    cl::sub(command));
static cl::opt<std::string>
    statistics("statistics", cl::desc("What ptq-llm calibrate has written"),
               cl::value_desc("file"), cl::sub(command));
static cl::opt<std::string>
    range("range",
          cl::desc("How to find the range of static activations: minmax, "
                   "moving_average, percentile[:P], entropy, mse (default)"),
          cl::init("mse"), cl::sub(command));
static cl::opt<std::string> smoothQuant(
    "smoothquant",
    cl::desc("Move outliers of activations to weights, by --statistics; alpha "
             "is 0.5 or as given"),
    cl::value_desc("alpha"), cl::ValueOptional, cl::sub(command));
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

static llvm::Error runQuantize() {
  QuantizeLanguageModelOptions options;
  options.recipe = recipe;
  options.recipeFile = recipeFile;
  options.skip = skip;
  options.scale = scale;
  options.statistics = statistics;
  options.range = range;
  if (smoothQuant.getNumOccurrences())
    options.smoothQuant =
        smoothQuant.empty() ? std::string("0.5") : smoothQuant.getValue();
  options.failOnFallback = failOnFallback;
  options.context = contextLength;
  llvm::Expected<QuantizationSummary> summary = quantizeLanguageModel(
      model.path, output, options, [](StringRef step) { showProgress(step); });
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
  double alpha = 0;
  if (!smoothQuant.empty() && (StringRef(smoothQuant).getAsDouble(alpha) ||
                               !(alpha >= 0 && alpha <= 1)))
    return "expects --smoothquant to be a number from 0 to 1";
  if (smoothQuant.getNumOccurrences() && statistics.empty())
    return "expects --statistics for --smoothquant";
  return contextLength < 0 ? "expects --context not to be negative" : "";
}

Command ptq::getQuantizeCommand() { return {&command, check, runQuantize}; }
