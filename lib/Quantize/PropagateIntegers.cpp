//===- PropagateIntegers.cpp - Values between linears stay integer --------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerPatterns.h"

#include "ptq/Quantize/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_PROPAGATEINTEGERS
#include "ptq/Quantize/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

/// Says of each value that is still quantized from a float one why it is.
static void reportIslands(ModuleOp module) {
  module.walk([](QuantizeOp op) {
    Operation *producer = op.getInput().getDefiningOp();
    if (!producer || producer->hasTrait<OpTrait::ConstantLike>())
      return; // where integers begin
    remark::missed(
        producer->getLoc(),
        remark::RemarkOpts::name("FloatIsland").category("ptq-quantize"))
        << remark::metric("Op", producer->getName().getStringRef())
        << remark::reason("{0}", refuseBetweenCodes(producer));
  });
}

namespace {

struct PropagateIntegers : ptq::impl::PropagateIntegersBase<PropagateIntegers> {
  using PropagateIntegersBase::PropagateIntegersBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::string name = mode;
    if (auto recorded = module->getAttrOfType<StringAttr>(integerModeAttrName);
        recorded && name.empty())
      name = recorded.str();
    module->removeAttr(integerModeAttrName);
    if (name.empty())
      return; // no recipe asked for it
    std::optional<RequantizeMode> requantizeMode =
        symbolizeRequantizeMode(name);
    if (!requantizeMode) {
      module.emitError("expects mode to be float or fixed, but got '")
          << name << "'";
      return signalPassFailure();
    }
    RewritePatternSet patterns(&getContext());
    populateIntegerPatterns(patterns, *requantizeMode);
    if (failed(applyPatternsGreedily(module, std::move(patterns))))
      return signalPassFailure();
    reportIslands(module);
  }
};

} // namespace
