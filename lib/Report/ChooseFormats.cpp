//===- ChooseFormats.cpp - A mixture for a budget -------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChooseFormats.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Regex.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Budgets
//===----------------------------------------------------------------------===//

llvm::Expected<Budget> Budget::parse(StringRef text) {
  struct Suffix {
    StringRef name;
    Unit unit;
    double factor;
  };
  for (Suffix suffix :
       {Suffix{"bpw", Unit::BitsPerWeight, 1}, Suffix{"kB", Unit::Bytes, 1e3},
        Suffix{"MB", Unit::Bytes, 1e6}, Suffix{"GB", Unit::Bytes, 1e9},
        Suffix{"B", Unit::Bytes, 1}, Suffix{"us", Unit::Nanoseconds, 1e3},
        Suffix{"ms", Unit::Nanoseconds, 1e6}}) {
    StringRef number = text;
    Budget budget;
    budget.unit = suffix.unit;
    if (number.consume_back(suffix.name) && !number.getAsDouble(budget.value) &&
        budget.value > 0) {
      budget.value *= suffix.factor;
      return budget;
    }
  }
  return llvm::createStringError("expects a budget such as '4.5bpw', '200kB' "
                                 "or '350us', but got '" +
                                 text + "'");
}

//===----------------------------------------------------------------------===//
// Choosing
//===----------------------------------------------------------------------===//

MixtureFront ptq::getFront(const Sensitivities &sensitivities, bool costsTime,
                           bool mayBeFloat) {
  std::vector<std::vector<FormatOption>> weights;
  for (const WeightSensitivity &weight : sensitivities.weights) {
    std::vector<FormatOption> &options = weights.emplace_back();
    for (const FormatEffect &effect : weight.effects)
      options.push_back({costsTime ? effect.nanoseconds.value_or(0)
                                   : static_cast<double>(effect.bytes),
                         effect.getDivergence()});
    if (mayBeFloat)
      options.push_back({static_cast<double>(weight.group.floatBytes), 0});
  }
  return MixtureFront(weights);
}

/// `chosen`, with options as `getFront` numbers them, measured.
static llvm::Expected<MixtureEffect> measure(CandidateModel &model,
                                             const Sensitivities &sensitivities,
                                             ArrayRef<size_t> options) {
  std::vector<int64_t> choices;
  for (auto [weight, option] : llvm::zip_equal(sensitivities.weights, options))
    choices.push_back(option < weight.effects.size() ? option + 1 : 0);
  MixtureEffect mixture = sensitivities.describe("chosen", choices);
  llvm::Expected<CandidateEffect> effect = model.measure(choices);
  if (!effect)
    return effect.takeError();
  mixture.perplexity = effect->perplexity;
  return mixture;
}

llvm::Expected<MixtureEffect>
ptq::chooseFormats(CandidateModel &model, const Sensitivities &sensitivities,
                   const Budget &budget) {
  bool costsTime = budget.unit == Budget::Unit::Nanoseconds;
  MixtureFront front = getFront(sensitivities, costsTime, false);
  double cost = budget.value;
  if (budget.unit == Budget::Unit::BitsPerWeight)
    cost *= sensitivities.getNumWeights() / 8.0;
  std::optional<size_t> best = front.findBest(cost);
  if (!best)
    return llvm::createStringError(llvm::formatv(
        "expects a budget of at least {0} {1} for these formats, but got {2}",
        front.getPoints().front().cost, costsTime ? "ns" : "bytes", cost));
  return measure(model, sensitivities, front.getOptions(*best));
}

llvm::Expected<MixtureEffect>
ptq::chooseFormats(CandidateModel &model, const Sensitivities &sensitivities,
                   double maxDivergence) {
  MixtureFront front = getFront(sensitivities, false, true);
  // All in float loses nothing, so there is a point.
  for (double limit = maxDivergence;;) {
    size_t point = *front.findCheapest(limit);
    auto mixture = measure(model, sensitivities, front.getOptions(point));
    if (!mixture || *mixture->getMeasured() <= maxDivergence ||
        front.getPoints()[point].loss == 0)
      return mixture;
    // Losses add up to more than predicted: aim lower by as much.
    double ratio = maxDivergence / *mixture->getMeasured();
    limit = front.getPoints()[point].loss * std::min(ratio, 0.99);
  }
}

//===----------------------------------------------------------------------===//
// The recipe
//===----------------------------------------------------------------------===//

std::string ptq::writeRecipe(const Sensitivities &sensitivities,
                             const MixtureEffect &mixture) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::formatv("# {0} bytes, {1:f3} bits per weight; divergence {2:e3}",
                      mixture.bytes,
                      8.0 * mixture.bytes / sensitivities.getNumWeights(),
                      mixture.predicted)
     << " predicted";
  if (mixture.getMeasured())
    os << llvm::formatv(", {0:e3} measured", *mixture.getMeasured());
  os << "\nrules:\n";
  for (auto [weight, choice] :
       llvm::zip_equal(sensitivities.weights, mixture.choices))
    for (StringRef linear : weight.group.linears) {
      std::string pattern = "^" + llvm::Regex::escape(linear) + "$";
      std::string quoted;
      for (char c : pattern)
        quoted += c == '\'' ? std::string("''") : std::string(1, c);
      os << "  - name: '" << quoted << "'\n    format: "
         << (choice ? weight.effects[choice - 1].format : "float") << "\n";
    }
  return text;
}
