//===- QuantizeLinears.cpp - Quantize the weights of linears --------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerPatterns.h"
#include "LinearReport.h"
#include "RewriteLinears.h"
#include "StaticActivations.h"

#include "ptq/Quantize/Passes.h"
#include "ptq/Quantize/QuantizableModels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_QUANTIZELINEARS
#include "ptq/Quantize/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

/// Tells `ptq-propagate-integers` what the recipe says.
static void recordIntegerMode(ModuleOp module, const LinearPlan &plan) {
  for (const Linear &linear : plan.linears)
    if (linear.outcome == LinearOutcome::Quantized && linear.format.integerMode)
      module->setAttr(
          integerModeAttrName,
          StringAttr::get(module.getContext(),
                          stringifyRequantizeMode(*linear.format.integerMode)));
}

namespace {

struct QuantizeLinears : ptq::impl::QuantizeLinearsBase<QuantizeLinears> {
  using QuantizeLinearsBase::QuantizeLinearsBase;

  QuantizeLinears(QuantizeLinearsOptions options, QuantizeProgress progress)
      : QuantizeLinearsBase(std::move(options)), progress(std::move(progress)) {
  }

  // Without the models nothing would be a linear, in silence.
  void getDependentDialects(DialectRegistry &registry) const override {
    QuantizeLinearsBase::getDependentDialects(registry);
    registerQuantizableModels(registry);
  }

  void runOnOperation() override {
    if (failed(quantize(getOperation())))
      signalPassFailure();
  }

  LogicalResult quantize(ModuleOp module) {
    llvm::Expected<ptq::Recipe> rules =
        ptq::Recipe::create(recipe, recipeFile, skip, scale);
    if (!rules)
      return emitError(module.getLoc(), llvm::toString(rules.takeError()));
    if (failed(verifyFormatAttrs(module)))
      return failure();
    LinearPlan plan = planLinears(module, *rules);
    if (failed(reportFallbacks(plan, failOnFallback)))
      return failure();

    SmallVector<KeptParameter> kept;
    if (!parameters.empty())
      kept = findKeptParameters(module, plan);
    if (failed(chooseActivationScales(module, plan, statistics, range, root)))
      return failure();
    Parameters sources(getParameterRoot(module, root));
    FailureOr<std::vector<QuantizedWeight>> weights = quantizeWeights(
        plan, sources, parameters, kept, module.getLoc(), progress);
    if (failed(weights))
      return failure();

    emitRemarks(plan, *weights);
    recordLinears(module, plan, *weights);
    for (KeptParameter &parameter : kept)
      parameter.global.setValueAttr(parameter.value);
    rewriteLinears(module, plan, *weights);
    recordIntegerMode(module, plan);
    return success();
  }

  QuantizeProgress progress;
};

} // namespace

std::unique_ptr<Pass> ptq::createQuantizeLinears(QuantizeLinearsOptions options,
                                                 QuantizeProgress progress) {
  return std::make_unique<QuantizeLinears>(std::move(options),
                                           std::move(progress));
}
