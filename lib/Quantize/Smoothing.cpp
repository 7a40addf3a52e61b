//===- Smoothing.cpp - What can absorb the scales of channels -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Smoothing.h"

#include "ChannelTrace.h"

#include "ptq/IR/Observe.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace mlir::ptq;

int64_t SmoothingGroup::getNumScales() const {
  return cast<RankedTensorType>(
             ml_program::GlobalOp(producers.front()).getType())
      .getDimSize(0);
}

//===----------------------------------------------------------------------===//
// Records
//===----------------------------------------------------------------------===//

Attribute ptq::makeSmoothingRecord(MLIRContext *context,
                                   const SmoothingGroup &group,
                                   ArrayRef<int32_t> exponents) {
  Builder b(context);
  SmallVector<StringRef> names(group.linears.begin(), group.linears.end());
  return b.getDictionaryAttr(
      {b.getNamedAttr("exponents", b.getDenseI32ArrayAttr(exponents)),
       b.getNamedAttr("linears", b.getStrArrayAttr(names))});
}

std::optional<ArrayRef<int32_t>> ptq::findExponents(ModuleOp module,
                                                    StringRef linear) {
  auto records = module->getAttrOfType<ArrayAttr>(smoothedAttrName);
  if (!records)
    return std::nullopt;
  for (Attribute entry : records) {
    auto record = dyn_cast<DictionaryAttr>(entry);
    auto names = record ? record.getAs<ArrayAttr>("linears") : ArrayAttr();
    auto exponents = record ? record.getAs<DenseI32ArrayAttr>("exponents")
                            : DenseI32ArrayAttr();
    if (names && exponents &&
        llvm::is_contained(names, StringAttr::get(module.getContext(), linear)))
      return exponents.asArrayRef();
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

namespace {

class GroupFinder {
public:
  GroupFinder(ModuleOp module, const Recipe &recipe)
      : module(module), plan(planLinears(module, recipe)) {}

  std::vector<SmoothingGroup> find();

private:
  struct Input {
    SmoothingGroup *group;
    SmallPtrSet<Operation *, 4> linears;
  };

  void addUse(const Linear &linear, const LinearUse &use);
  void addFactor(SmoothingGroup &group, OpOperand *factor);
  ml_program::GlobalOp findProducer(Value factor);
  void checkInputs();
  void checkLoads();
  void checkProducts();
  void checkStates();

  ModuleOp module;
  LinearPlan plan;
  SymbolTableCollection symbols;
  /// The ops of linears with weights.
  llvm::DenseMap<Operation *, const Linear *> linearOf;
  /// By the first global that scales, or, if there is none, by the input.
  llvm::MapVector<const void *, std::unique_ptr<SmoothingGroup>> groups;
  llvm::MapVector<Value, Input> inputs;
  /// Operands through which globals are read in a way that is understood.
  SmallPtrSet<OpOperand *, 32> understood;
  /// Linears of which the rows are scaled.
  SmallPtrSet<Operation *, 16> scaled;
  std::vector<std::pair<ChannelState, SmoothingGroup *>> states;
};

} // namespace

/// Whether a weight is a matrix `[outputs, channels]` as it lies in memory.
static bool isPlain(const WeightJob &job) {
  return job.view.global && job.view.offset == 0 && !job.view.roundedTo &&
         job.view.sourceType.getRank() == 2 && job.columns.size() == 1 &&
         job.columns.front() == Stride{job.view.sourceType.getDimSize(1), 1};
}

static ml_program::GlobalOp findGlobal(Value value,
                                       SymbolTableCollection &symbols) {
  auto load = value.getDefiningOp<ml_program::GlobalLoadConstOp>();
  return load ? symbols.lookupNearestSymbolFrom<ml_program::GlobalOp>(
                    load, load.getGlobalAttr())
              : ml_program::GlobalOp();
}

/// The global whose elements, or whose rows, scale the channels of what
/// `factor` is multiplied with: that of a norm, or of a linear of which nothing
/// else is read.
ml_program::GlobalOp GroupFinder::findProducer(Value factor) {
  if (ml_program::GlobalOp global = findGlobal(factor, symbols))
    return cast<RankedTensorType>(global.getType()).getRank() == 1
               ? global
               : ml_program::GlobalOp();
  const Linear *linear = linearOf.lookup(factor.getDefiningOp());
  if (!linear || !isPlain(plan.weights[linear->weight]))
    return {};
  unsigned numReaders = 0;
  for (Operation *user : factor.getUsers())
    numReaders += !isa<ObserveOp, tensor::DimOp>(user);
  return numReaders == 1 ? plan.weights[linear->weight].view.global
                         : ml_program::GlobalOp();
}

void GroupFinder::addFactor(SmoothingGroup &group, OpOperand *factor) {
  group.producers.insert(findProducer(factor->get()));
  understood.insert(factor);
  if (linearOf.contains(factor->get().getDefiningOp()))
    scaled.insert(factor->get().getDefiningOp());
}

void GroupFinder::addUse(const Linear &linear, const LinearUse &use) {
  const WeightJob &job = plan.weights[linear.weight];
  Value input = use.structure.lhs->get();
  std::optional<ChannelTrace> trace =
      traceChannels(*use.structure.lhs, symbols,
                    [&](Value value) { return bool(findProducer(value)); });
  const void *key =
      trace ? findProducer(trace->factors.front()->get()).getAsOpaquePointer()
            : input.getAsOpaquePointer();
  std::unique_ptr<SmoothingGroup> &group = groups[key];
  if (!group)
    group = std::make_unique<SmoothingGroup>(use.op->getLoc());
  if (!llvm::is_contained(group->linears, linear.name))
    group->linears.push_back(linear.name);
  if (!trace)
    group->refusal = "nothing that can be scaled produces its input";
  else if (!isPlain(job) ||
           use.structure.rhs->get().getType() != job.view.sourceType)
    group->refusal = "its weight is seen through a view";
  else if (!group->channels.empty() && group->channels != trace->channels)
    group->refusal = "others order the channels of its input otherwise";
  if (trace) {
    group->channels = trace->channels;
    for (OpOperand *factor : trace->factors)
      addFactor(*group, factor);
    for (ChannelState state : trace->states)
      states.push_back({state, group.get()});
  }
  understood.insert(use.structure.rhs);
  if (job.view.global && group->weights.insert(job.view.global))
    group->formats.push_back(linear.format);
  Input &entry = inputs[input];
  entry.group = group.get();
  entry.linears.insert(use.op);
}

/// Only the linears of a group may read its input.
void GroupFinder::checkInputs() {
  for (auto &[value, input] : inputs)
    for (Operation *user : value.getUsers())
      if (!input.linears.contains(user) && !isa<ObserveOp, tensor::DimOp>(user))
        input.group->refusal = "something else reads its input";
}

/// Only the group may read its globals.
void GroupFinder::checkLoads() {
  // The weight of a linear may be scaled twice: its columns with others that
  // share the input, its rows for the linear behind it.
  llvm::MapVector<Operation *, SmallVector<SmoothingGroup *>> groupsOf;
  llvm::DenseMap<Operation *, unsigned> numProducts, numScalings;
  for (auto &[key, group] : groups) {
    for (ml_program::GlobalOp producer : group->producers) {
      groupsOf[producer].push_back(group.get());
      ++numScalings[producer];
    }
    for (ml_program::GlobalOp weight : group->weights) {
      groupsOf[weight].push_back(group.get());
      ++numProducts[weight];
    }
  }
  auto refuse = [&](Operation *global, StringRef why) {
    for (SmoothingGroup *group : groupsOf.lookup(global))
      group->refusal = why.str();
  };
  for (auto &[global, sharing] : groupsOf) {
    if (numProducts.lookup(global) > 1 || numScalings.lookup(global) > 1)
      refuse(global, "its weight is tied to another");
    if (!cast<ml_program::GlobalOp>(global).isPrivate())
      refuse(global, "its weight can be read from elsewhere");
  }
  module.walk([&](Operation *op) {
    auto load = dyn_cast<ml_program::GlobalLoadConstOp>(op);
    if (!load)
      return;
    Operation *global =
        symbols.lookupNearestSymbolFrom(load, load.getGlobalAttr());
    for (OpOperand &use : load.getResult().getUses())
      if (!understood.contains(&use))
        refuse(global, "its weight is tied to another");
  });
}

/// Wherever a weight is multiplied, its rows have to be scaled, or nowhere.
void GroupFinder::checkProducts() {
  for (auto &[op, linear] : linearOf) {
    ml_program::GlobalOp global = plan.weights[linear->weight].view.global;
    if (!global || scaled.contains(op))
      continue;
    for (auto &[key, group] : groups)
      if (group->producers.contains(global))
        group->refusal = "its weight is tied to another";
  }
}

/// A layer of a buffer is scaled for one group, and by all that put rows there:
/// the argument of each function at that place.
void GroupFinder::checkStates() {
  SmallPtrSet<OpOperand *, 32> known;
  llvm::MapVector<std::pair<unsigned, int64_t>, SmoothingGroup *> groupOf;
  for (auto &[state, group] : states) {
    known.insert(state.operand);
    auto buffer = dyn_cast<BlockArgument>(state.operand->get());
    if (!buffer) {
      group->refusal = "it is kept in no argument";
      continue;
    }
    auto [it, isNew] =
        groupOf.try_emplace({buffer.getArgNumber(), state.layer}, group);
    if (!isNew && it->second != group)
      group->refusal = it->second->refusal = "it is kept beside others";
  }
  for (auto function : module.getOps<func::FuncOp>())
    for (auto &[place, group] : groupOf)
      if (function.isPublic() && !function.isExternal() &&
          place.first < function.getNumArguments())
        for (OpOperand &use : function.getArgument(place.first).getUses())
          if (!known.contains(&use) && !isa<memref::DimOp>(use.getOwner()))
            group->refusal = "something else reads where it is kept";
}

std::vector<SmoothingGroup> GroupFinder::find() {
  auto forEachProduct = [&](auto function) {
    for (const Linear &linear : plan.linears)
      if (linear.outcome == LinearOutcome::Quantized)
        for (const LinearUse &use : linear.uses)
          if (!use.gather)
            function(linear, use);
  };
  forEachProduct([&](const Linear &linear, const LinearUse &use) {
    linearOf[use.op] = &linear;
  });
  forEachProduct(
      [&](const Linear &linear, const LinearUse &use) { addUse(linear, use); });
  checkInputs();
  checkLoads();
  checkProducts();
  checkStates();
  std::vector<SmoothingGroup> found;
  for (auto &[key, group] : groups)
    found.push_back(std::move(*group));
  return found;
}

std::vector<SmoothingGroup> ptq::findSmoothingGroups(ModuleOp module,
                                                     const Recipe &recipe) {
  return GroupFinder(module, recipe).find();
}
