//===- Smoothing.cpp - What can absorb the scales of channels -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Smoothing.h"

#include "ptq/IR/Observe.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace mlir::ptq;

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
// Producers
//===----------------------------------------------------------------------===//

/// The operand of `generic` that `map` indexes and whose values are a factor of
/// each result.
static OpOperand *findFactorBy(linalg::GenericOp generic, AffineMap map) {
  auto product = generic.getBody()
                     ->getTerminator()
                     ->getOperand(0)
                     .getDefiningOp<arith::MulFOp>();
  if (!product)
    return nullptr;
  for (Value factor : product->getOperands()) {
    if (auto widened = factor.getDefiningOp<arith::ExtFOp>())
      factor = widened.getIn();
    auto argument = dyn_cast<BlockArgument>(factor);
    if (!argument || argument.getOwner() != generic.getBody() ||
        argument.getArgNumber() >= generic.getNumDpsInputs() ||
        !argument.hasOneUse())
      continue;
    OpOperand *operand = generic.getDpsInputOperand(argument.getArgNumber());
    if (generic.getMatchingIndexingMap(operand) == map)
      return operand;
  }
  return nullptr;
}

/// The operand of `generic` that scales its last dimension: one value for each
/// index there or, if there is none, one for each element, times the rest.
static OpOperand *findChannelFactor(linalg::GenericOp generic) {
  unsigned rank = generic.getNumLoops();
  if (generic.getNumResults() != 1 || rank == 0 ||
      !generic.getIndexingMapsArray().back().isIdentity())
    return nullptr;
  MLIRContext *context = generic.getContext();
  AffineMap channels =
      AffineMap::get(rank, 0, getAffineDimExpr(rank - 1, context));
  if (OpOperand *operand = findFactorBy(generic, channels))
    return operand;
  return findFactorBy(generic,
                      AffineMap::getMultiDimIdentityMap(rank, context));
}

/// The operand, of a generic or of the call of a private function that returns
/// one, whose values scale the channels of `value`.
static OpOperand *findFactor(Value value, SymbolTableCollection &symbols) {
  if (auto generic = value.getDefiningOp<linalg::GenericOp>())
    return findChannelFactor(generic);
  auto call = value.getDefiningOp<func::CallOp>();
  if (!call || call.getNumResults() != 1)
    return nullptr;
  auto callee =
      symbols.lookupNearestSymbolFrom<func::FuncOp>(call, call.getCalleeAttr());
  if (!callee || !callee.isPrivate() || !callee.getBody().hasOneBlock())
    return nullptr;
  auto generic = callee.front()
                     .getTerminator()
                     ->getOperand(0)
                     .getDefiningOp<linalg::GenericOp>();
  OpOperand *inner = generic ? findChannelFactor(generic) : nullptr;
  auto argument = inner ? dyn_cast<BlockArgument>(inner->get()) : nullptr;
  if (!argument || argument.getOwner() != &callee.front() ||
      !argument.hasOneUse())
    return nullptr;
  return &call->getOpOperand(argument.getArgNumber());
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
  ml_program::GlobalOp findProducer(Value factor);
  void checkInputs();
  void checkLoads();

  ModuleOp module;
  LinearPlan plan;
  SymbolTableCollection symbols;
  /// The ops of linears with weights.
  llvm::DenseMap<Operation *, const Linear *> linearOf;
  /// By the global that scales, or, if there is none, by the input.
  llvm::MapVector<const void *, std::unique_ptr<SmoothingGroup>> groups;
  llvm::MapVector<Value, Input> inputs;
  /// Operands through which globals are read in a way that is understood.
  SmallPtrSet<OpOperand *, 32> understood;
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

void GroupFinder::addUse(const Linear &linear, const LinearUse &use) {
  const WeightJob &job = plan.weights[linear.weight];
  Value input = use.structure.lhs->get();
  OpOperand *factor = findFactor(input, symbols);
  ml_program::GlobalOp producer =
      factor ? findProducer(factor->get()) : ml_program::GlobalOp();
  const void *key =
      producer ? producer.getAsOpaquePointer() : input.getAsOpaquePointer();
  std::unique_ptr<SmoothingGroup> &group = groups[key];
  if (!group)
    group = std::make_unique<SmoothingGroup>(use.op->getLoc());
  group->producer = producer;
  if (!llvm::is_contained(group->linears, linear.name))
    group->linears.push_back(linear.name);
  if (!producer)
    group->refusal = "nothing that can be scaled produces its input";
  else if (!isPlain(job) ||
           use.structure.rhs->get().getType() != job.view.sourceType)
    group->refusal = "its weight is seen through a view";
  if (factor)
    understood.insert(factor);
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
  llvm::DenseMap<Operation *, unsigned> numProducts;
  for (auto &[key, group] : groups) {
    if (group->producer)
      groupsOf[group->producer].push_back(group.get());
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
    if (numProducts.lookup(global) > 1)
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
  std::vector<SmoothingGroup> found;
  for (auto &[key, group] : groups)
    found.push_back(std::move(*group));
  return found;
}

std::vector<SmoothingGroup> ptq::findSmoothingGroups(ModuleOp module,
                                                     const Recipe &recipe) {
  return GroupFinder(module, recipe).find();
}
