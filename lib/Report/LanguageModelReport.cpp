//===- LanguageModelReport.cpp - Report on a language model ---------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Report/LanguageModelReport.h"

#include "ChooseFormats.h"
#include "KernelTimes.h"

#include "ptq/Calibrate/ChooseParameters.h"
#include "ptq/Quantize/Recipe.h"

#include "llvm/Support/Path.h"

#include <chrono>

using namespace mlir;
using namespace mlir::ptq;

std::vector<std::string> ptq::getDefaultFormats(StringRef recipe) {
  std::optional<LinearFormat> format = LinearFormat::parse(recipe);
  if (format && format->activationBits == 16)
    return {"w8a16", "w4a16-g16", "w4a16-g32", "w4a16-g128"};
  return {"w8a8",      "w4a8-g16",  "w4a8-g32", "w4a8-g128",
          "w4a8-g32x", "w4a8-g16x", "w4a8-g8x"};
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// The bins that hold something, as at most 96.
static InputHistogram summarize(const TensorStatistics &tensor,
                                const Histogram &histogram) {
  InputHistogram input;
  input.name = tensor.tensor.name;
  int64_t first = 0, last = Histogram::numBins - 1;
  while (first < last && histogram.counts[first] == 0)
    ++first;
  while (last > first && histogram.counts[last] == 0)
    --last;
  int64_t width = llvm::divideCeil(last - first + 1, 96);
  for (int64_t begin = first; begin <= last; begin += width) {
    double count = 0;
    for (int64_t i = begin; i < std::min(begin + width, Histogram::numBins);
         ++i)
      count += histogram.counts[i];
    input.counts.push_back(count);
  }
  input.low = histogram.getEdge(first);
  input.high = histogram.getEdge(first + width * input.counts.size());
  return input;
}

/// Fraction of the values in bins that are wholly outside `[-high, high]`.
static double getClipped(const Histogram &histogram, double high) {
  double outside = 0;
  for (int64_t i = 0; i < Histogram::numBins; ++i)
    if (histogram.getEdge(i) >= high || histogram.getEdge(i + 1) <= -high)
      outside += histogram.counts[i];
  return outside / std::max<uint64_t>(histogram.getTotal(), 1);
}

static llvm::Expected<std::vector<InputHistogram>>
readInputs(const QuantizeLanguageModelOptions &options) {
  std::vector<InputHistogram> inputs;
  if (options.statistics.empty())
    return inputs;
  llvm::Expected<Statistics> statistics = Statistics::load(options.statistics);
  if (!statistics)
    return statistics.takeError();
  llvm::Expected<RangeChoice> choice = RangeChoice::parse(options.range);
  if (!choice)
    return choice.takeError();
  MLIRContext context;
  context.loadDialect<PTQDialect>();
  std::optional<LinearFormat> format = LinearFormat::parse(options.recipe);
  // Of inputs whose channels were divided nothing but extremes is known.
  bool isStatic = format && format->isStatic && options.smoothQuant.empty();
  for (const TensorStatistics &tensor : *statistics) {
    llvm::Expected<const Histogram *> histogram = tensor.getHistogram();
    if (!histogram) {
      llvm::consumeError(histogram.takeError());
      continue;
    }
    InputHistogram &input = inputs.emplace_back(summarize(tensor, **histogram));
    if (!isStatic)
      continue;
    auto chosen = chooseParameters(
        tensor, format->getActivationType(&context, /*rank=*/2), *choice);
    if (!chosen)
      return chosen.takeError();
    input.chosen = chosen->high;
    input.clipped = getClipped(**histogram, chosen->high);
  }
  return inputs;
}

//===----------------------------------------------------------------------===//
// Totals
//===----------------------------------------------------------------------===//

static void estimateEnergy(const Sensitivities &sensitivities, Report &report) {
  for (const WeightSensitivity &weight : sensitivities.weights) {
    const CandidateGroup &group = weight.group;
    const FormatEffect &chosen = weight.effects.front();
    if (group.embeddings.size() == group.linears.size()) {
      report.energy.addRow(chosen.bytes, group.shape.front());
      report.floatEnergy.addRow(group.floatBytes, group.shape.front());
      continue;
    }
    report.energy.add(chosen.format, group.getNumWeights(), chosen.bytes);
    report.floatEnergy.add("float", group.getNumWeights(), group.floatBytes);
  }
}

static std::optional<double> correlate(const Sensitivities &sensitivities) {
  std::vector<double> predicted, measured;
  for (const WeightSensitivity &weight : sensitivities.weights) {
    const FormatEffect &chosen = weight.effects.front();
    if (!chosen.measured)
      return std::nullopt;
    predicted.push_back(chosen.divergence);
    measured.push_back(*chosen.measured);
  }
  if (predicted.size() < 2)
    return std::nullopt;
  return getRankCorrelation(predicted, measured);
}

//===----------------------------------------------------------------------===//
// All of it
//===----------------------------------------------------------------------===//

llvm::Expected<LanguageModelReport>
ptq::reportLanguageModel(StringRef folder, TokenSamples samples,
                         const ReportOptions &options,
                         llvm::function_ref<void(const Twine &)> progress) {
  LanguageModelReport result;
  Report &report = result.report;
  auto inputs = readInputs(options.candidates.quantize);
  if (!inputs)
    return inputs.takeError();
  report.inputs = std::move(*inputs);
  report.model = llvm::sys::path::filename(folder).str();
  report.recipe = options.candidates.quantize.recipe;
  report.numSamples = samples.size();
  for (const std::vector<int64_t> &sample : samples)
    report.numTokens += sample.size();

  auto model =
      CandidateModel::create(folder, std::move(samples), options.candidates,
                             [&](StringRef step) { progress(step); });
  if (!model)
    return model.takeError();
  using Clock = std::chrono::steady_clock;
  Clock::time_point start = Clock::now();
  auto sensitivities = measureSensitivities(
      **model, options.leavesOneOut, [&](size_t numDone, size_t numRuns) {
        std::chrono::duration<double> passed = Clock::now() - start;
        int64_t left = passed.count() / numDone * (numRuns - numDone) + 0.5;
        progress("measuring formats: " + Twine(numDone) + " of " +
                 Twine(numRuns) + " runs, " + Twine(left) + " s left");
      });
  if (!sensitivities)
    return sensitivities.takeError();
  bool costsTime =
      options.budget && options.budget->unit == Budget::Unit::Nanoseconds;
  if (options.measuresTimes || costsTime) {
    progress("measuring kernels");
    if (llvm::Error error = measureKernelTimes(
            *sensitivities, options.candidates, /*onlyChosen=*/!costsTime))
      return std::move(error);
  }
  report.linears = makeRows(*sensitivities, (*model)->getLinears());
  report.mixtures = sensitivities->mixtures;
  report.rankCorrelation = correlate(*sensitivities);
  estimateEnergy(*sensitivities, report);
  MixtureFront front = getFront(*sensitivities, false, false);
  report.front = front.getPoints().vec();
  if (!options.budget && !options.maxDivergence)
    return result;
  progress("choosing formats");
  auto chosen =
      options.budget
          ? chooseFormats(**model, *sensitivities, *options.budget)
          : chooseFormats(**model, *sensitivities, *options.maxDivergence);
  if (!chosen)
    return chosen.takeError();
  result.recipe = writeRecipe(*sensitivities, *chosen);
  report.mixtures.push_back(std::move(*chosen));
  return result;
}

llvm::Expected<Report> ptq::reportPackage(StringRef folder) {
  auto summary = readPackageSummary(folder);
  if (!summary)
    return summary.takeError();
  Report report;
  report.model = llvm::sys::path::filename(folder).str();
  report.recipe = summary->recipe;
  Sensitivities nothing;
  report.linears = makeRows(nothing, summary->linears);
  for (LinearRow &row : report.linears) {
    if (!row.bitsPerWeight)
      continue;
    row.bytes = *row.bitsPerWeight * row.numWeights / 8 + 0.5;
    report.energy.add(row.format, row.numWeights, row.bytes);
    report.floatEnergy.add("float", row.numWeights, 4 * row.numWeights);
  }
  return report;
}
