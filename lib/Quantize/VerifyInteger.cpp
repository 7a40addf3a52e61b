//===- VerifyInteger.cpp - Check that no float is between codes -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerPatterns.h"

#include "ptq/Quantize/Passes.h"

#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_VERIFYINTEGER
#include "ptq/Quantize/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

static bool isFloat(Value value) {
  return isa<FloatType>(getElementTypeOrSelf(value.getType()));
}

static bool isQuantized(Value value) {
  return isa<QuantType>(getElementTypeOrSelf(value.getType()));
}

/// The float operands that count: not those that are constant, such as scales.
static SmallVector<Value> getFloatInputs(Operation *op) {
  SmallVector<Value> inputs;
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands()) {
      Operation *producer = operand.getDefiningOp();
      bool isOutside =
          operand.getParentBlock()->getParentOp() != op &&
          !op->isProperAncestor(operand.getParentBlock()->getParentOp());
      if (isFloat(operand) && isOutside &&
          !(producer && producer->hasTrait<OpTrait::ConstantLike>()))
        inputs.push_back(operand);
    }
  });
  return inputs;
}

/// What codes are made of.
static Value getQuantizedInput(Operation *op) {
  if (auto quantize = dyn_cast<QuantizeOp>(op))
    return quantize.getInput();
  if (auto quantize = dyn_cast<DynamicQuantizeOp>(op))
    return quantize.getInput();
  return {};
}

/// The float ops between codes and codes, in the order of the function: those
/// that follow from codes among those that codes follow from.
static SmallVector<Operation *> findIslands(ModuleOp module) {
  llvm::SetVector<Value> worklist;
  module.walk([&](Operation *op) {
    if (Value input = getQuantizedInput(op))
      worklist.insert(input);
  });
  llvm::DenseSet<Operation *> before;
  for (size_t i = 0; i < worklist.size(); ++i)
    if (Operation *producer = worklist[i].getDefiningOp())
      if (before.insert(producer).second)
        for (Value input : getFloatInputs(producer))
          worklist.insert(input);
  llvm::DenseSet<Value> follows;
  SmallVector<Operation *> islands;
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op->getNumRegions() != 0 && op->getNumResults() == 0)
      return; // a function, a module
    bool isFromCodes = llvm::any_of(op->getOperands(), isQuantized) ||
                       llvm::any_of(getFloatInputs(op), [&](Value input) {
                         return follows.contains(input);
                       });
    if (!isFromCodes || llvm::none_of(op->getResults(), isFloat))
      return;
    follows.insert(op->result_begin(), op->result_end());
    if (before.contains(op))
      islands.push_back(op);
  });
  return islands;
}

/// The end of the way from codes to floats that is not itself the reason.
static bool isOnlyDequantize(Operation *op) { return isa<DequantizeOp>(op); }

namespace {

struct VerifyInteger : ptq::impl::VerifyIntegerBase<VerifyInteger> {
  void runOnOperation() override {
    SmallVector<Operation *> islands = findIslands(getOperation());
    for (Operation *op : islands) {
      InFlightDiagnostic diag = op->emitOpError("is float between codes");
      if (!isOnlyDequantize(op))
        diag << ": " << refuseBetweenCodes(op);
    }
    if (!islands.empty())
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};

} // namespace
