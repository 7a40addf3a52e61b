//===- PrintPlan.cpp - Say what would be quantized, and why ---------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanWriter.h"

#include "ptq/Quantize/Passes.h"
#include "ptq/Quantize/QuantizableModels.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_PRINTPLAN
#include "ptq/Quantize/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

namespace {

struct PrintPlan : ptq::impl::PrintPlanBase<PrintPlan> {
  using PrintPlanBase::PrintPlanBase;

  // Without the models nothing would be a linear, in silence.
  void getDependentDialects(DialectRegistry &registry) const override {
    PrintPlanBase::getDependentDialects(registry);
    registerQuantizableModels(registry);
  }

  void runOnOperation() override {
    if (failed(verifyFormatAttrs(getOperation())))
      return signalPassFailure();
    if (llvm::Error error = print(getOperation())) {
      emitError(getOperation().getLoc(), llvm::toString(std::move(error)));
      return signalPassFailure();
    }
    markAllAnalysesPreserved();
  }

  llvm::Error print(ModuleOp module) {
    llvm::Expected<ptq::Recipe> rules =
        ptq::Recipe::create(recipe, recipeFile, skip, scale);
    if (!rules)
      return rules.takeError();
    LinearPlan plan = planLinears(module, *rules);
    auto write = json ? writePlanJSON : writePlanText;
    if (output.empty()) {
      write(plan, llvm::errs());
      return llvm::Error::success();
    }
    llvm::Error error = llvm::writeToOutput(output, [&](raw_ostream &os) {
      write(plan, os);
      return llvm::Error::success();
    });
    if (!error)
      return llvm::Error::success();
    return llvm::createStringError("expects a writable plan file, but got " +
                                   llvm::toString(std::move(error)));
  }
};

} // namespace
