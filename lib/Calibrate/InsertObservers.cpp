//===- InsertObservers.cpp - Observe the inputs of linears ----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Quantize/LinearPlan.h"

#include "ptq/Calibrate/Passes.h"
#include "ptq/Calibrate/StateLayout.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_INSERTOBSERVERS
#include "ptq/Calibrate/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// A tensor that linears of one function take as their input.
struct SharedInput {
  Operation *firstUse;
  int64_t axis;
  SmallVector<StringRef> linears;
};

/// What one `ptq.statistics` stands for.
struct PlannedStatistics {
  RankedTensorType type;
  int64_t axis;
  llvm::SetVector<StringRef> linears;
  Location loc;
};

using SharedInputs = llvm::MapVector<Value, SharedInput>;

} // namespace

static void leaveOut(const Linear &linear, Operation *op, StringRef reason) {
  remark::missed(
      op->getLoc(),
      remark::RemarkOpts::name("NotObserved").category("ptq-calibrate"))
      << remark::metric("Linear", linear.name) << remark::reason("{0}", reason);
}

/// The inputs of linears that are to be quantized, in the order of the plan.
static SharedInputs findInputs(const LinearPlan &plan) {
  SharedInputs inputs;
  for (const Linear &linear : plan.linears) {
    if (linear.outcome != LinearOutcome::Quantized)
      continue;
    if (linear.format.integerMode)
      continue; // its input is an anchor, or follows from one
    for (const LinearUse &use : linear.uses) {
      if (use.gather)
        continue; // its input is a list of rows
      Value input = use.structure.lhs->get();
      auto type = cast<RankedTensorType>(input.getType());
      if (use.structure.contracted.size() != 1 && !use.structure.window) {
        leaveOut(linear, use.op, "its inputs are in several dimensions");
        continue;
      }
      int64_t axis = use.structure.contracted.front().lhs;
      if (use.structure.window)
        axis = use.structure.window->channelsFirst ? 1 : 3;
      if (type.isDynamicDim(axis)) {
        leaveOut(linear, use.op, "its number of inputs is dynamic");
        continue;
      }
      auto [it, isNew] = inputs.try_emplace(input);
      SharedInput &shared = it->second;
      if (isNew) {
        shared.firstUse = use.op;
        shared.axis = axis;
      } else if (shared.axis != axis) {
        leaveOut(linear, use.op,
                 "another linear has its inputs in another dimension");
        continue;
      }
      if (use.op->getBlock() == shared.firstUse->getBlock() &&
          use.op->isBeforeInBlock(shared.firstUse))
        shared.firstUse = use.op;
      if (!llvm::is_contained(shared.linears, linear.name))
        shared.linears.push_back(linear.name);
    }
  }
  return inputs;
}

/// The values that an integer module holds as codes: of whatever channels, as
/// one scale is for all.
static void addAnchors(const LinearPlan &plan, SharedInputs &inputs) {
  for (const IntegerAnchor &anchor : plan.anchors) {
    Value root = anchor.root;
    auto type = cast<RankedTensorType>(root.getType());
    int64_t axis = type.getRank() - 1;
    while (axis >= 0 && (type.isDynamicDim(axis) || type.getDimSize(axis) == 0))
      --axis;
    Operation *producer = root.getDefiningOp();
    Operation *next =
        producer ? producer->getNextNode() : &root.getParentBlock()->front();
    if (axis < 0) {
      remark::missed(
          next->getLoc(),
          remark::RemarkOpts::name("NotObserved").category("ptq-calibrate"))
          << remark::metric("Consumer", anchor.consumers.front())
          << remark::reason("every dimension is dynamic");
      continue;
    }
    auto [it, isNew] = inputs.try_emplace(root);
    SharedInput &shared = it->second;
    if (isNew) {
      shared.firstUse = next;
      shared.axis = axis;
    }
    for (const std::string &consumer : anchor.consumers)
      if (!llvm::is_contained(shared.linears, consumer))
        shared.linears.push_back(consumer);
  }
}

/// The type of tensors of both types; null if no `ptq.observe` could see both.
static RankedTensorType joinTypes(RankedTensorType a, RankedTensorType b) {
  if (a.getRank() != b.getRank() || a.getElementType() != b.getElementType())
    return {};
  SmallVector<int64_t> shape(a.getShape());
  for (auto [size, other] : llvm::zip(shape, b.getShape()))
    if (size != other)
      size = ShapedType::kDynamic;
  return a.clone(shape);
}

namespace {

struct InsertObservers : ptq::impl::InsertObserversBase<InsertObservers> {
  using InsertObserversBase::InsertObserversBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(verifyFormatAttrs(module)))
      return signalPassFailure();
    llvm::Expected<ObserverSet> set = parseObservers();
    if (!set)
      return fail(set.takeError());
    llvm::Expected<ptq::Recipe> rules =
        ptq::Recipe::create(recipe, recipeFile, skip, "");
    if (!rules)
      return fail(rules.takeError());
    LinearPlan plan = planLinears(module, *rules);
    SharedInputs inputs = findInputs(plan);
    addAnchors(plan, inputs);
    insert(module, inputs, getObserverAttrs(&getContext(), *set, momentum));
  }

  void fail(llvm::Error error) {
    emitError(getOperation().getLoc(), llvm::toString(std::move(error)));
    signalPassFailure();
  }

  llvm::Expected<ObserverSet> parseObservers() {
    if (!(momentum > 0 && momentum <= 1))
      return llvm::createStringError("expects a momentum in (0, 1], but got " +
                                     std::to_string(momentum));
    if (skipPositions < 0)
      return llvm::createStringError(
          "expects skip-positions not to be negative, but got " +
          std::to_string(skipPositions));
    llvm::Expected<ObserverSet> set = ObserverSet::parse(observers);
    if (set && set->contains(ObserverKind::OutputError))
      return llvm::createStringError(
          "expects observers of one tensor, but got output_error");
    return set;
  }

  void insert(ModuleOp module, SharedInputs &inputs, ArrayAttr observers);
};

} // namespace

void InsertObservers::insert(ModuleOp module, SharedInputs &inputs,
                             ArrayAttr observers) {
  SymbolTable symbols(module);
  llvm::MapVector<StringRef, PlannedStatistics> planned;
  std::vector<std::pair<Value, StringRef>> observed;
  for (auto &[value, input] : inputs) {
    StringRef first = input.linears.front();
    auto type = cast<RankedTensorType>(value.getType());
    auto it = planned
                  .insert({first,
                           PlannedStatistics{
                               type, input.axis, {}, input.firstUse->getLoc()}})
                  .first;
    RankedTensorType joined = joinTypes(it->second.type, type);
    if (!joined || it->second.axis != input.axis ||
        joined.isDynamicDim(input.axis)) {
      input.firstUse->emitWarning("the input of '")
          << first << "' is observed in another function only: its type "
          << type << " differs from " << it->second.type;
      continue;
    }
    it->second.type = joined;
    it->second.linears.insert(input.linears.begin(), input.linears.end());
    observed.push_back({value, first});
  }

  OpBuilder b(&getContext());
  b.setInsertionPointToStart(module.getBody());
  llvm::StringMap<StringAttr> nameOf;
  for (auto &[first, statistics] : planned) {
    int64_t rank = statistics.type.getRank();
    auto optional = [&](int64_t value, int64_t byDefault) {
      return value == byDefault ? IntegerAttr() : b.getI64IntegerAttr(value);
    };
    auto op = StatisticsOp::create(
        b, statistics.loc, b.getStringAttr(first + ".in"),
        TypeAttr::get(statistics.type), optional(statistics.axis, rank - 1),
        optional(rank > 1 ? skipPositions : 0, 0), observers,
        b.getStrArrayAttr(statistics.linears.getArrayRef()), IntegerAttr(),
        IntegerAttr(), StringAttr());
    nameOf[first] = symbols.insert(op, b.getInsertionPoint());
  }
  for (auto [value, first] : observed) {
    Operation *use = inputs[value].firstUse;
    b.setInsertionPoint(use);
    ObserveOp::create(b, use->getLoc(), value, Value(),
                      FlatSymbolRefAttr::get(nameOf[first]));
  }
}
