//===- KeptParameters.cpp - External globals that stay float --------------===//
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

/// The global that `op` loads; null if it loads none.
static ml_program::GlobalOp getLoaded(Operation *op,
                                      SymbolTableCollection &symbols) {
  SymbolRefAttr symbol;
  if (auto load = dyn_cast<ml_program::GlobalLoadConstOp>(op))
    symbol = load.getGlobal();
  else if (auto load = dyn_cast<ml_program::GlobalLoadOp>(op))
    symbol = load.getGlobal();
  if (!symbol)
    return {};
  return symbols.lookupNearestSymbolFrom<ml_program::GlobalOp>(op, symbol);
}

SmallVector<KeptParameter> ptq::findKeptParameters(ModuleOp module,
                                                   const LinearPlan &plan) {
  llvm::DenseSet<OpOperand *> weights = collectWeightOperands(plan);
  SymbolTableCollection symbols;
  llvm::DenseSet<Operation *> loaded;
  module.walk([&](Operation *op) {
    ml_program::GlobalOp global = getLoaded(op, symbols);
    if (global && !isOnlyWeight(op->getResult(0), weights))
      loaded.insert(global);
  });
  SmallVector<KeptParameter> kept;
  module.walk([&](ml_program::GlobalOp global) {
    bool isExternal = isa_and_present<ExternalAttr>(global.getValueAttr());
    if (isExternal && (!global.isPrivate() || loaded.contains(global)))
      kept.push_back({global, {}});
  });
  return kept;
}
