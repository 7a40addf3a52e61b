//===- Pipelines.cpp - The whole compiler on one page ---------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Pipeline/Pipelines.h"

#include "ptq/Codegen/ToLLVM.h"
#include "ptq/Lower/Passes.h"
#include "ptq/Quantize/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

/// Moves outliers before anything is quantized.
static void buildSmoothQuant(OpPassManager &pm,
                             const ptq::QuantizeOptions &options) {
  ptq::SmoothQuantOptions smoothing;
  smoothing.statistics = options.statistics;
  smoothing.recipe = options.recipe;
  smoothing.recipeFile = options.recipeFile;
  smoothing.skip = options.skip;
  smoothing.root = options.root;
  smoothing.search = options.smoothQuant == "search";
  // The pass refuses what is no number in its range.
  if (!smoothing.search &&
      StringRef(options.smoothQuant).getAsDouble(smoothing.alpha))
    smoothing.alpha = -1;
  pm.addPass(ptq::createSmoothQuant(smoothing));
}

void ptq::buildEqualize(OpPassManager &pm, const QuantizeOptions &options) {
  if (!options.smoothQuant.empty())
    buildSmoothQuant(pm, options);
}

void ptq::buildQuantizeLinears(OpPassManager &pm,
                               const QuantizeOptions &options) {
  QuantizeLinearsOptions linears{
      options.recipe, options.recipeFile,     options.skip,
      options.scale,  options.failOnFallback, options.statistics,
      options.range,  options.parameters,     options.root};
  pm.addPass(createQuantizeLinears(linears, options.progress));
  pm.addPass(createCanonicalizerPass()); // views of weights are gone
  pm.addPass(createCSEPass()); // linears of one input quantize it once
  pm.addPass(createPropagateIntegers()); // if the recipe says so
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void ptq::buildQuantize(OpPassManager &pm, const QuantizeOptions &options) {
  buildEqualize(pm, options);        // float linalg, the same function
  buildQuantizeLinears(pm, options); // float linalg -> ptq.*
  pm.addPass(createVerifyQuantized());
}

void ptq::buildToLinalg(OpPassManager &pm) {
  pm.addPass(createDecomposeOps());     // ptq ops -> linalg, casts of codes
  pm.addPass(createLowerTypes());       // tensors of !ptq.q -> of i8 or i16
  pm.addPass(createExportParameters()); // #ptq.external -> strings
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createVerifyLowered());
}

void ptq::registerPipelines() {
  PassPipelineRegistration<QuantizeOptions>(
      "ptq-quantize",
      "Quantize the linears of a float linalg module by a recipe",
      buildQuantize);
  PassPipelineRegistration<>("ptq-to-linalg",
                             "Lower quantized ops to linalg on integers",
                             buildToLinalg);
  PassPipelineRegistration<ToLLVMOptions>(
      "ptq-to-llvm", "Compile tensors to the llvm and omp dialects",
      buildToLLVM);
}
