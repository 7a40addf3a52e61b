//===- Sensitivity.cpp - What each format of each linear loses ------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Report/Sensitivity.h"

#include "llvm/ADT/SetVector.h"

#include <cmath>
#include <numeric>

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

/// Power of the error relative to that of the signal; none if nothing was seen.
static std::optional<double> getRelativeError(const Statistics &errors,
                                              StringRef name) {
  const TensorStatistics *tensor = errors.find(name);
  if (!tensor || tensor->errors.size() != 2 || tensor->counts.tokens == 0)
    return std::nullopt;
  double noise = tensor->errors[0].get(), signal = tensor->errors[1].get();
  if (signal > 0)
    return noise / signal;
  return noise == 0 ? 0 : INFINITY;
}

static std::vector<double> getRanks(ArrayRef<double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::make_pair(values[a], a) < std::make_pair(values[b], b);
  });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0, end; begin < order.size(); begin = end) {
    for (end = begin; end < order.size(); ++end)
      if (values[order[end]] != values[order[begin]])
        break;
    for (size_t i = begin; i < end; ++i)
      ranks[order[i]] = (begin + end - 1) / 2.0;
  }
  return ranks;
}

double ptq::getRankCorrelation(ArrayRef<double> xs, ArrayRef<double> ys) {
  std::vector<double> x = getRanks(xs), y = getRanks(ys);
  double mean = (x.size() - 1) / 2.0, xy = 0, xx = 0, yy = 0;
  for (auto [a, b] : llvm::zip_equal(x, y)) {
    xy += (a - mean) * (b - mean);
    xx += (a - mean) * (a - mean);
    yy += (b - mean) * (b - mean);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

int64_t Sensitivities::getNumWeights() const {
  int64_t count = 0;
  for (const WeightSensitivity &weight : weights)
    count += weight.group.getNumWeights();
  return count;
}

MixtureEffect Sensitivities::describe(StringRef name,
                                      ArrayRef<int64_t> choices) const {
  MixtureEffect mixture{name.str(), choices.vec(), 0, 0, std::nullopt};
  for (auto [weight, choice] : llvm::zip_equal(weights, choices)) {
    if (choice == 0) {
      mixture.bytes += weight.group.floatBytes;
      continue;
    }
    mixture.bytes += weight.effects[choice - 1].bytes;
    mixture.predicted += weight.effects[choice - 1].getDivergence();
  }
  return mixture;
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

namespace {

class Prober {
public:
  Prober(CandidateModel &model, llvm::function_ref<void(size_t, size_t)> report)
      : model(model), report(report) {}

  llvm::Expected<Sensitivities> run(bool leavesOneOut);

private:
  llvm::Expected<CandidateEffect> measure(ArrayRef<int64_t> choices);
  void planMixtures();
  llvm::Error runMixtures();
  llvm::Error probe(size_t weight);
  llvm::Error leaveOneOut();
  std::optional<double> getGroupError(const CandidateGroup &group,
                                      StringRef format,
                                      const Statistics &errors);

  CandidateModel &model;
  llvm::function_ref<void(size_t, size_t)> report;
  Sensitivities result;
  size_t numDone = 0, numRuns = 0;
};

} // namespace

llvm::Expected<CandidateEffect> Prober::measure(ArrayRef<int64_t> choices) {
  auto effect = model.measure(choices);
  report(++numDone, numRuns);
  return effect;
}

/// The recipe, and each format wherever there is a choice of it.
void Prober::planMixtures() {
  llvm::SetVector<StringRef> formats;
  for (const WeightSensitivity &weight : result.weights)
    for (const FormatEffect &effect : weight.effects)
      formats.insert(effect.format);
  std::vector<int64_t> choices(result.weights.size(), 1);
  result.mixtures.push_back({"recipe", choices, 0, 0, std::nullopt});
  for (StringRef format : formats) {
    for (auto [weight, choice] : llvm::zip_equal(result.weights, choices)) {
      auto found =
          llvm::find_if(weight.effects, [&](const FormatEffect &effect) {
            return effect.format == format;
          });
      choice = found == weight.effects.end()
                   ? 1
                   : found - weight.effects.begin() + 1;
    }
    if (choices != result.mixtures.front().choices)
      result.mixtures.push_back({format.str(), choices, 0, 0, std::nullopt});
  }
}

std::optional<double> Prober::getGroupError(const CandidateGroup &group,
                                            StringRef format,
                                            const Statistics &errors) {
  std::optional<double> sum;
  for (StringRef linear : group.linears)
    if (auto error =
            getRelativeError(errors, getCandidateError(linear, format)))
      sum = sum.value_or(0) + *error;
  return sum;
}

llvm::Error Prober::runMixtures() {
  for (MixtureEffect &mixture : result.mixtures) {
    llvm::Expected<CandidateEffect> effect = measure(mixture.choices);
    if (!effect)
      return effect.takeError();
    mixture.perplexity = effect->perplexity;
    for (auto [weight, choice] :
         llvm::zip_equal(result.weights, mixture.choices)) {
      FormatEffect &chosen = weight.effects[choice - 1];
      if (auto error =
              getGroupError(weight.group, chosen.format, effect->errors))
        chosen.outputError = *error;
      if (&mixture != &result.mixtures.front())
        continue;
      for (StringRef linear : weight.group.linears) {
        weight.outputErrors.push_back(getRelativeError(
            effect->errors, getCandidateError(linear, chosen.format)));
        weight.inputErrors.push_back(
            getRelativeError(effect->errors, getCandidateInputError(linear)));
      }
    }
  }
  return llvm::Error::success();
}

/// Measures the format of the largest error, and predicts the others from it.
llvm::Error Prober::probe(size_t index) {
  WeightSensitivity &weight = result.weights[index];
  size_t coarsest = 0;
  for (auto [i, effect] : llvm::enumerate(weight.effects))
    if (effect.outputError > weight.effects[coarsest].outputError)
      coarsest = i;
  std::vector<int64_t> choices(result.weights.size());
  choices[index] = coarsest + 1;
  llvm::Expected<CandidateEffect> measured = measure(choices);
  if (!measured)
    return measured.takeError();
  double divergence = measured->perplexity.reference->meanDivergence;
  double error = weight.effects[coarsest].outputError;
  for (FormatEffect &effect : weight.effects)
    effect.divergence =
        error > 0 ? divergence * effect.outputError / error : divergence;
  return llvm::Error::success();
}

llvm::Error Prober::leaveOneOut() {
  for (auto [index, weight] : llvm::enumerate(result.weights))
    for (auto [i, effect] : llvm::enumerate(weight.effects)) {
      std::vector<int64_t> choices(result.weights.size());
      choices[index] = i + 1;
      llvm::Expected<CandidateEffect> measured = measure(choices);
      if (!measured)
        return measured.takeError();
      effect.measured = measured->perplexity.reference->meanDivergence;
    }
  return llvm::Error::success();
}

llvm::Expected<Sensitivities> Prober::run(bool leavesOneOut) {
  size_t numFormats = 0;
  for (const CandidateGroup &group : model.getGroups()) {
    WeightSensitivity &weight = result.weights.emplace_back();
    weight.group = group;
    for (const CandidateFormat &format : group.formats) {
      FormatEffect &effect = weight.effects.emplace_back();
      effect.format = format.name;
      effect.bytes = format.bytes;
    }
    numFormats += group.formats.size();
  }
  planMixtures();
  numRuns = result.mixtures.size() + result.weights.size() +
            (leavesOneOut ? numFormats : 0);
  if (llvm::Error error = runMixtures())
    return std::move(error);
  for (size_t i = 0; i < result.weights.size(); ++i)
    if (llvm::Error error = probe(i))
      return std::move(error);
  if (leavesOneOut)
    if (llvm::Error error = leaveOneOut())
      return std::move(error);
  for (MixtureEffect &mixture : result.mixtures) {
    std::optional<Perplexity> perplexity = mixture.perplexity;
    mixture = result.describe(mixture.name, mixture.choices);
    mixture.perplexity = perplexity;
  }
  return std::move(result);
}

llvm::Expected<Sensitivities>
ptq::measureSensitivities(CandidateModel &model, bool leavesOneOut,
                          llvm::function_ref<void(size_t, size_t)> report) {
  return Prober(model, report).run(leavesOneOut);
}
