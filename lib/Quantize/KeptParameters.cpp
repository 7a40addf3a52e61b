//===- KeptParameters.cpp - External globals that stay float
//-----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RewriteLinears.h"

using namespace mlir;
using namespace mlir::ptq;

/// Operands through which the ops of the plan's quantized linears, and the ops
/// in their bodies, take their weights.
static llvm::DenseSet<OpOperand *>
collectWeightOperands(const LinearPlan &plan) {
  llvm::DenseSet<OpOperand *> operands;
  for (const Linear &linear : plan.linears) {
    if (linear.outcome != LinearOutcome::Quantized)
      continue;
    for (const LinearUse &use : linear.uses) {
      if (!use.gather) {
        operands.insert(use.structure.rhs);
        continue;
      }
      for (OpOperand &operand : use.gather->table.getUses())
        if (use.op->isProperAncestor(operand.getOwner()))
          operands.insert(&operand);
    }
  }
  return operands;
}

/// Whether `value` is of no use but as those weights.
static bool isOnlyWeight(Value value,
                         const llvm::DenseSet<OpOperand *> &weights) {
  return llvm::all_of(value.getUses(), [&](OpOperand &use) {
    if (weights.contains(&use))
      return true;
    return getViewed(use.getOwner()) == value &&
           llvm::all_of(use.getOwner()->getResults(), [&](Value result) {
             return isOnlyWeight(result, weights);
           });
  });
}

SmallVector<KeptParameter> ptq::findKeptParameters(ModuleOp module,
                                                   const LinearPlan &plan) {
  llvm::DenseSet<OpOperand *> weights = collectWeightOperands(plan);
  llvm::DenseSet<StringAttr> loaded;
  module.walk([&](Operation *op) {
    FlatSymbolRefAttr symbol;
    if (auto load = dyn_cast<ml_program::GlobalLoadConstOp>(op))
      symbol = dyn_cast<FlatSymbolRefAttr>(load.getGlobal());
    else if (auto load = dyn_cast<ml_program::GlobalLoadOp>(op))
      symbol = dyn_cast<FlatSymbolRefAttr>(load.getGlobal());
    if (symbol && !isOnlyWeight(op->getResult(0), weights))
      loaded.insert(symbol.getAttr());
  });
  SmallVector<KeptParameter> kept;
  for (auto global : module.getOps<ml_program::GlobalOp>()) {
    bool isExternal = isa_and_present<ExternalAttr>(global.getValueAttr());
    if (isExternal &&
        (!global.isPrivate() || loaded.contains(global.getSymNameAttr())))
      kept.push_back({global, {}});
  }
  return kept;
}
