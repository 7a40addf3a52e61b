//===- Quantize.cpp - Recipes and decisions of the C API ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Decisions.h"
#include "Handles.h"
#include "Statistics.h"

#include "ptq-c/Calibrate.h"
#include "ptq-c/Quantize.h"
#include "ptq/Pipeline/Pipelines.h"
#include "ptq/Quantize/Recipe.h"

#include "mlir/Pass/PassManager.h"

#include <limits>

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Decisions
//===----------------------------------------------------------------------===//

static double getNumber(DictionaryAttr fields, StringRef name) {
  auto number = fields.getAs<FloatAttr>(name);
  return number ? number.getValueAsDouble()
                : std::numeric_limits<double>::quiet_NaN();
}

static std::string getText(DictionaryAttr fields, StringRef name) {
  auto text = fields.getAs<StringAttr>(name);
  return text ? text.str() : "";
}

/// Reads what `ptq-quantize-linears` left on `module`.
static PtqDecisions *readDecisions(ModuleOp module) {
  auto *decisions = new PtqDecisions();
  if (auto linears = module->getAttrOfType<ArrayAttr>("ptq.linears"))
    for (auto fields : linears.getAsRange<DictionaryAttr>()) {
      auto numWeights = fields.getAs<IntegerAttr>("num_weights");
      decisions->list.push_back(
          {getText(fields, "name"), getText(fields, "format"),
           getText(fields, "reason"), getNumber(fields, "bits_per_weight"),
           getNumber(fields, "sqnr_db"), numWeights ? numWeights.getInt() : 0});
    }
  return decisions;
}

size_t ptqDecisionsGetSize(const PtqDecisions *decisions) {
  return decisions->list.size();
}

PtqDecision ptqDecisionsGet(const PtqDecisions *decisions, size_t index) {
  const Decision &decision = decisions->list[index];
  return {toC(decision.name),     toC(decision.format), toC(decision.reason),
          decision.bitsPerWeight, decision.sqnr,        decision.numWeights};
}

void ptqDecisionsDestroy(PtqDecisions *decisions) { delete decisions; }

PtqDecisions *ptqModuleGetDecisions(const PtqModule *module) {
  std::lock_guard<std::mutex> lock(module->context->mutex);
  return readDecisions(module->module.get());
}

//===----------------------------------------------------------------------===//
// Quantize
//===----------------------------------------------------------------------===//

static StringRef getRecipeName(const PtqQuantizeOptions &options) {
  return fromC(options.recipe).empty() ? "w8a8" : fromC(options.recipe);
}

PtqDecisions *ptqModuleQuantize(PtqModule *module,
                                const PtqQuantizeOptions *options,
                                PtqError **error) {
  static const PtqQuantizeOptions defaults = {};
  const PtqQuantizeOptions &given = options ? *options : defaults;
  QuantizeOptions pipeline;
  pipeline.recipe = getRecipeName(given).str();
  pipeline.recipeFile = fromC(given.recipeFile).str();
  pipeline.skip = fromC(given.skip).str();
  pipeline.scale = fromC(given.scale).str();
  pipeline.failOnFallback = given.failOnFallback;
  pipeline.parameters = fromC(given.parameters).str();
  pipeline.root = fromC(given.root).str();
  pipeline.smoothQuant = fromC(given.smoothQuant).str();
  if (!fromC(given.range).empty())
    pipeline.range = fromC(given.range).str();

  if (given.statistics &&
      !ptqStatisticsCheckModule(given.statistics, module, given.root, error))
    return nullptr;
  StatisticsFile statistics;
  if (llvm::Error wrong = statistics.write(given.statistics)) {
    setError(error, std::move(wrong));
    return nullptr;
  }
  pipeline.statistics = statistics.getPath().str();
  Work work(*module->context);
  if (!runPasses(
          *module, work, "cannot quantize the module",
          [&](OpPassManager &manager) { buildQuantize(manager, pipeline); },
          error))
    return nullptr;
  return readDecisions(module->module.get());
}

//===----------------------------------------------------------------------===//
// Recipes
//===----------------------------------------------------------------------===//

struct PtqRecipe {
  Recipe recipe;
};

PtqRecipe *ptqRecipeCreate(const PtqQuantizeOptions *options,
                           PtqError **error) {
  static const PtqQuantizeOptions defaults = {};
  const PtqQuantizeOptions &given = options ? *options : defaults;
  llvm::Expected<Recipe> recipe =
      Recipe::create(getRecipeName(given), fromC(given.recipeFile),
                     fromC(given.skip), fromC(given.scale));
  if (recipe)
    return new PtqRecipe{std::move(*recipe)};
  setError(error, recipe.takeError());
  return nullptr;
}

char *ptqRecipeGetFormat(const PtqRecipe *recipe, const char *linear,
                         bool isTable) {
  RecipeDecision decision = recipe->recipe.decide(fromC(linear), isTable);
  return copyString(decision.format ? decision.format->str() : "float");
}

void ptqRecipeDestroy(PtqRecipe *recipe) { delete recipe; }
