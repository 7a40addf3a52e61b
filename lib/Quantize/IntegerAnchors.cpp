//===- IntegerAnchors.cpp - Values that become codes ----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerAnchors.h"

#include "IntegerOps.h"
#include "LinearPlan.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mlir::ptq;

Value ptq::getAnchorRoot(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    Value source = getMoved(op);
    if (!source)
      break;
    value = source;
  }
  return value;
}

namespace {

/// Walks one function after the other.
class AnchorFinder {
public:
  explicit AnchorFinder(const LinearPlan &plan) {
    for (const Linear &linear : plan.linears)
      if (linear.outcome == LinearOutcome::Quantized &&
          linear.format.integerMode)
        for (const LinearUse &use : linear.uses)
          if (!use.gather)
            linears[use.op] = {&linear, &use};
  }

  std::vector<IntegerAnchor> run();

private:
  void visit(Operation *op);
  void add(Value value, std::string consumer);
  bool isCode(Value value) const { return codes.contains(value); }
  std::string getName(Operation *op, StringRef kind);

  llvm::MapVector<Operation *, std::pair<const Linear *, const LinearUse *>>
      linears;
  /// What follows from the results of linears by ops that integers can do.
  llvm::DenseSet<Value> codes;
  llvm::StringMap<unsigned> numNamed;
  llvm::MapVector<Value, IntegerAnchor> anchors;
  SymbolTableCollection symbols;
};

} // namespace

void AnchorFinder::add(Value value, std::string consumer) {
  Value root = getAnchorRoot(value);
  auto type = dyn_cast<RankedTensorType>(root.getType());
  if (!type || !type.getElementType().isF32() || type.getRank() == 0)
    return;
  IntegerAnchor &anchor = anchors[root];
  anchor.root = root;
  if (!llvm::is_contained(anchor.consumers, consumer))
    anchor.consumers.push_back(std::move(consumer));
}

std::string AnchorFinder::getName(Operation *op, StringRef kind) {
  StringRef function = "module";
  if (auto parent = op->getParentOfType<FunctionOpInterface>())
    function = parent.getName();
  std::string prefix = (function + "." + kind + ".").str();
  return prefix + std::to_string(numNamed[prefix]++);
}

void AnchorFinder::visit(Operation *op) {
  if (auto it = linears.find(op); it != linears.end()) {
    auto [linear, use] = it->second;
    add(use->structure.lhs->get(), linear->name);
    codes.insert(op->getResult(0));
    return;
  }
  if (op->hasTrait<OpTrait::ReturnLike>() &&
      isa<FunctionOpInterface>(op->getParentOp())) {
    StringRef function = cast<FunctionOpInterface>(op->getParentOp()).getName();
    for (auto [index, value] : llvm::enumerate(op->getOperands()))
      if (isCode(value))
        add(value, (function + ".result." + Twine(index)).str());
    return;
  }
  if (op->getNumResults() != 1)
    return;
  if (std::optional<Addition> sum = matchAddition(op, symbols)) {
    if (!isCode(sum->lhs) && !isCode(sum->rhs))
      return;
    std::string name = getName(op, "add");
    add(sum->lhs, name + ".lhs");
    add(sum->rhs, name + ".rhs");
  } else if (std::optional<AveragePool> average = matchAveragePool(op)) {
    if (!isCode(average->input))
      return;
    add(average->input, getName(op, "average"));
  } else if (auto concat = dyn_cast<tensor::ConcatOp>(op)) {
    if (llvm::none_of(concat.getInputs(),
                      [&](Value value) { return isCode(value); }))
      return;
  } else {
    Value source = getMoved(op);
    if (std::optional<Clamp> clamp = matchClamp(op))
      source = clamp->input;
    else if (auto bias = matchConstantBias(op, symbols))
      source = bias->input;
    if (!source || !isCode(source))
      return;
  }
  codes.insert(op->getResult(0));
}

std::vector<IntegerAnchor> AnchorFinder::run() {
  llvm::SetVector<Operation *> functions;
  for (auto &[op, linear] : linears)
    if (auto function = op->getParentOfType<FunctionOpInterface>())
      functions.insert(function);
  for (Operation *function : functions)
    function->walk<WalkOrder::PreOrder>([&](Operation *op) { visit(op); });
  std::vector<IntegerAnchor> result;
  for (auto &[root, anchor] : anchors)
    result.push_back(std::move(anchor));
  return result;
}

std::vector<IntegerAnchor> ptq::findIntegerAnchors(const LinearPlan &plan) {
  return AnchorFinder(plan).run();
}
