//===- VerifyQuantized.cpp - Check what the quantize phase promises -------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearReport.h"

#include "ptq/Quantize/Passes.h"
#include "ptq/Quantize/QuantizableModels.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_VERIFYQUANTIZED
#include "ptq/Quantize/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

/// Names of the linears that `ptq.linears` says are float.
static llvm::StringSet<> getFloatLinears(ArrayAttr linears) {
  llvm::StringSet<> names;
  for (Attribute entry : linears)
    if (isFloatLinear(entry))
      names.insert(getLinearName(entry));
  return names;
}

/// Q2: whoever has a weight, and has it in float, is known to.
static LogicalResult verifyFloatLinears(ModuleOp module, ArrayAttr linears) {
  llvm::Expected<Recipe> recipe = Recipe::create("w8a8", "", "", "");
  if (!recipe)
    return module.emitError(llvm::toString(recipe.takeError()));
  llvm::StringSet<> known = getFloatLinears(linears);
  for (const Linear &linear : planLinears(module, *recipe).linears)
    if (linear.outcome != LinearOutcome::Activations &&
        !known.contains(linear.name)) // Q2
      return linear.uses.front().op->emitError()
             << "expects a quantized linear, or its name in " << linearsAttrName
             << ", but got '" << linear.name << "' in float";
  return success();
}

/// Q3: codes are constants that the type alone interprets.
static LogicalResult verifyWeight(Operation *op, Value weight) {
  auto type = cast<RankedTensorType>(weight.getType());
  if (!isa<QuantType>(type.getElementType()))
    return success();
  auto cast = weight.getDefiningOp<StorageCastOp>();
  Operation *codes = cast ? cast.getInput().getDefiningOp() : nullptr;
  if (codes && (codes->hasTrait<OpTrait::ConstantLike>() ||
                isa<ml_program::GlobalLoadConstOp>(codes)))
    return success();
  return op->emitError() << "expects constant codes behind "
                         << StorageCastOp::getOperationName()
                         << " as the weight";
}

namespace {

struct VerifyQuantized : ptq::impl::VerifyQuantizedBase<VerifyQuantized> {
  // Without the models nothing would be a linear, in silence.
  void getDependentDialects(DialectRegistry &registry) const override {
    VerifyQuantizedBase::getDependentDialects(registry);
    registerQuantizableModels(registry);
  }

  void runOnOperation() override {
    if (failed(verify(getOperation())))
      return signalPassFailure();
    markAllAnalysesPreserved();
  }

  LogicalResult verify(ModuleOp module) {
    auto linears = module->getAttrOfType<ArrayAttr>(linearsAttrName);
    if (!linears) // Q1
      return module.emitError() << "expects attribute " << linearsAttrName;
    if (failed(verifyFloatLinears(module, linears)))
      return failure();
    WalkResult walked = module.walk([](Operation *op) -> WalkResult {
      if (auto matmul = dyn_cast<MatmulOp>(op))
        return verifyWeight(op, matmul.getRhs());
      if (auto matmul = dyn_cast<BatchMatmulOp>(op))
        return verifyWeight(op, matmul.getRhs());
      if (auto convolution = dyn_cast<Conv2DOp>(op))
        return verifyWeight(op, convolution.getRhs());
      if (auto convolution = dyn_cast<DepthwiseConv2DOp>(op))
        return verifyWeight(op, convolution.getRhs());
      if (auto embedding = dyn_cast<EmbeddingOp>(op))
        return verifyWeight(op, embedding.getTable());
      return WalkResult::advance();
    });
    return failure(walked.wasInterrupted());
  }
};

} // namespace
