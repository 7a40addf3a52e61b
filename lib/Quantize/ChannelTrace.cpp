//===- ChannelTrace.cpp - Where scales of channels come from --------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelTrace.h"

#include "ptq/IR/Observe.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

#include <numeric>

using namespace mlir;
using namespace mlir::ptq;

/// Of one dimension of a value: for each channel of the traced one the index
/// that it depends on; none if it depends on all.
using DimIndices = std::optional<std::vector<int64_t>>;
using Indices = SmallVector<DimIndices>;

static bool isBlind(Operation *op) {
  return isa<ObserveOp, tensor::DimOp, memref::DimOp>(op);
}

/// Whether `use` alone reads its value.
static bool isOnlyReader(OpOperand &use) {
  return llvm::all_of(use.get().getUses(), [&](OpOperand &other) {
    return &other == &use || isBlind(other.getOwner());
  });
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

/// From the result of a collapse to its source, of shape `shape`.
static std::optional<Indices> split(const Indices &indices,
                                    ArrayRef<ReassociationIndices> groups,
                                    ArrayRef<int64_t> shape) {
  Indices result(shape.size());
  for (auto [group, index] : llvm::zip_equal(groups, indices)) {
    if (!index)
      continue;
    std::vector<int64_t> rest = *index;
    for (int64_t dim : llvm::reverse(group)) {
      int64_t size = shape[dim];
      if (ShapedType::isDynamic(size) && dim != group.front())
        return std::nullopt;
      DimIndices &part = result[dim];
      part.emplace();
      for (int64_t &number : rest) {
        part->push_back(dim == group.front() ? number : number % size);
        number /= dim == group.front() ? 1 : size;
      }
    }
  }
  return result;
}

/// From the result of an expansion, of shape `shape`, to its source.
static std::optional<Indices> join(const Indices &indices,
                                   ArrayRef<ReassociationIndices> groups,
                                   ArrayRef<int64_t> shape) {
  Indices result;
  for (const ReassociationIndices &group : groups) {
    DimIndices &joined = result.emplace_back(indices[group.front()]);
    for (int64_t dim : ArrayRef(group).drop_front()) {
      if (joined.has_value() != indices[dim].has_value())
        return std::nullopt;
      if (!joined)
        continue;
      if (ShapedType::isDynamic(shape[dim]))
        return std::nullopt;
      for (auto [number, part] : llvm::zip_equal(*joined, *indices[dim]))
        number = number * shape[dim] + part;
    }
  }
  return result;
}

/// Whether a slice of a tensor of `shape` has all of the dimensions in which
/// there are indices.
static bool isWhole(const Indices &indices, OffsetSizeAndStrideOpInterface op,
                    ArrayRef<int64_t> shape) {
  for (auto [dim, index] : llvm::enumerate(indices))
    if (index && (!isConstantIntValue(op.getMixedOffsets()[dim], 0) ||
                  !isConstantIntValue(op.getMixedSizes()[dim], shape[dim]) ||
                  !isConstantIntValue(op.getMixedStrides()[dim], 1)))
      return false;
  return true;
}

/// From the result of `op` to `operand`; none if its map does more than choose
/// dimensions.
static std::optional<Indices> moveTo(OpOperand &operand, linalg::LinalgOp op,
                                     const Indices &indices) {
  AffineMap from = op.getMatchingIndexingMap(op.getDpsInitOperand(0)),
            to = op.getMatchingIndexingMap(&operand);
  if (!from.isProjectedPermutation() || !to.isProjectedPermutation())
    return std::nullopt;
  Indices loops(op.getNumLoops());
  for (auto [position, index] : llvm::enumerate(indices))
    loops[from.getDimPosition(position)] = index;
  Indices result;
  for (unsigned i = 0; i < to.getNumResults(); ++i)
    result.push_back(loops[to.getDimPosition(i)]);
  return result;
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

/// The operands of `op` of which a value is a factor of `value`.
static void collectFactors(Value value, linalg::LinalgOp op,
                           SmallVectorImpl<OpOperand *> &factors) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (argument.getOwner() == op.getBlock() && argument.hasOneUse() &&
        argument.getArgNumber() < op.getNumDpsInputs())
      factors.push_back(op.getDpsInputOperand(argument.getArgNumber()));
    return;
  }
  Operation *definition = value.getDefiningOp();
  if (!definition->hasOneUse())
    return;
  if (isa<arith::MulFOp>(definition))
    collectFactors(definition->getOperand(1), op, factors);
  if (isa<arith::MulFOp, arith::DivFOp, arith::ExtFOp, arith::NegFOp>(
          definition))
    collectFactors(definition->getOperand(0), op, factors);
}

/// What a sum that begins with 0 adds up, or what is computed without a sum;
/// null if there is another reduction.
static Value getSummand(linalg::LinalgOp op) {
  Value yielded = op.getBlock()->getTerminator()->getOperand(0);
  if (op.getNumReductionLoops() == 0)
    return yielded;
  auto sum = yielded.getDefiningOp<arith::AddFOp>();
  auto fill = op.getDpsInits().front().getDefiningOp<linalg::FillOp>();
  if (!sum || !fill || !matchPattern(fill.getInputs()[0], m_AnyZeroFloat()))
    return {};
  Value accumulator = op.getRegionOutputArgs().front();
  if (sum.getLhs() == accumulator)
    return sum.getRhs();
  return sum.getRhs() == accumulator ? sum.getLhs() : Value();
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

/// The layer that `op` puts rows into, and its buffer. Nothing but `use` may
/// read what it returns, or the layer.
static memref::SubViewOp findState(tensor::InsertSliceOp op, OpOperand &use) {
  auto before = op.getDest().getDefiningOp<bufferization::ToTensorOp>();
  auto view = before ? before.getBuffer().getDefiningOp<memref::SubViewOp>()
                     : memref::SubViewOp();
  if (!view || !isOnlyReader(op.getDestMutable()) ||
      !isConstantIntValue(view.getMixedSizes().front(), 1) ||
      !llvm::all_of(
          ArrayRef(view.getMixedOffsets()).drop_front(),
          [](OpFoldResult offset) { return isConstantIntValue(offset, 0); }))
    return {};
  auto isWrite = [&](Operation *user) {
    auto write = dyn_cast<bufferization::MaterializeInDestinationOp>(user);
    return write && write.getSource() == op.getResult() &&
           write.getDest() == view.getResult();
  };
  for (OpOperand &other : op->getUses())
    if (&other != &use && !isBlind(other.getOwner()) &&
        !isWrite(other.getOwner()))
      return {};
  for (Operation *user : view->getUsers())
    if (user != before && !isWrite(user))
      return {};
  return view;
}

//===----------------------------------------------------------------------===//
// Tracer
//===----------------------------------------------------------------------===//

namespace {

class Tracer {
public:
  Tracer(SymbolTableCollection &symbols,
         llvm::function_ref<bool(Value)> mayScale)
      : symbols(symbols), mayScale(mayScale) {}

  /// Goes on from the value of `use`.
  std::optional<ChannelTrace> follow(OpOperand &use, const Indices &indices);
  /// From the value of `use`, whoever reads it, to the operands behind it.
  std::optional<ChannelTrace> step(OpOperand &use, const Indices &indices);

private:
  std::optional<ChannelTrace> leaveCall(BlockArgument argument,
                                        const Indices &indices);
  std::optional<ChannelTrace> enterCall(func::CallOp op,
                                        const Indices &indices);
  std::optional<ChannelTrace> compute(linalg::LinalgOp op,
                                      const Indices &indices);
  std::optional<ChannelTrace> addUp(linalg::LinalgOp op, arith::AddFOp sum,
                                    const Indices &indices);
  std::optional<ChannelTrace> insert(tensor::InsertSliceOp op, OpOperand &use,
                                     const Indices &indices);

  SymbolTableCollection &symbols;
  llvm::function_ref<bool(Value)> mayScale;
  func::CallOp call; // whose callee we are in
};

} // namespace

std::optional<ChannelTrace> Tracer::follow(OpOperand &use,
                                           const Indices &indices) {
  bool hasChannels = !indices.empty() && indices.back() &&
                     llvm::none_of(ArrayRef(indices).drop_back(),
                                   [](const DimIndices &dim) { return dim; });
  if (!call && hasChannels && mayScale(use.get()))
    return ChannelTrace{{&use}, *indices.back(), {}};
  // Only what was inserted has more readers: the state.
  if (!isOnlyReader(use) && !use.get().getDefiningOp<tensor::InsertSliceOp>())
    return std::nullopt;
  return step(use, indices);
}

std::optional<ChannelTrace> Tracer::step(OpOperand &use,
                                         const Indices &indices) {
  if (auto argument = dyn_cast<BlockArgument>(use.get()))
    return leaveCall(argument, indices);
  Operation *op = use.get().getDefiningOp();
  std::optional<Indices> moved;
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    moved = split(indices, collapse.getReassociationIndices(),
                  collapse.getSrcType().getShape());
  } else if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    moved = join(indices, expand.getReassociationIndices(),
                 expand.getResultType().getShape());
  } else if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    if (slice.getSourceType().getRank() == slice.getType().getRank() &&
        isWhole(indices, slice, slice.getSourceType().getShape()))
      moved = indices;
  } else if (auto inserted = dyn_cast<tensor::InsertSliceOp>(op)) {
    return insert(inserted, use, indices);
  } else if (auto computed = dyn_cast<linalg::LinalgOp>(op)) {
    return compute(computed, indices);
  } else if (auto called = dyn_cast<func::CallOp>(op)) {
    return enterCall(called, indices);
  }
  return moved ? follow(op->getOpOperand(0), *moved) : std::nullopt;
}

std::optional<ChannelTrace> Tracer::leaveCall(BlockArgument argument,
                                              const Indices &indices) {
  if (!call ||
      argument.getOwner() != &symbols
                                  .lookupNearestSymbolFrom<func::FuncOp>(
                                      call, call.getCalleeAttr())
                                  .front())
    return std::nullopt;
  func::CallOp left = std::exchange(call, {});
  auto trace = follow(left->getOpOperand(argument.getArgNumber()), indices);
  call = left;
  return trace;
}

std::optional<ChannelTrace> Tracer::enterCall(func::CallOp op,
                                              const Indices &indices) {
  auto callee =
      symbols.lookupNearestSymbolFrom<func::FuncOp>(op, op.getCalleeAttr());
  if (call || op.getNumResults() != 1 || !callee || !callee.isPrivate() ||
      !callee.getBody().hasOneBlock())
    return std::nullopt;
  call = op;
  auto trace = follow(callee.front().getTerminator()->getOpOperand(0), indices);
  call = {};
  return trace;
}

std::optional<ChannelTrace> Tracer::compute(linalg::LinalgOp op,
                                            const Indices &indices) {
  if (op->getNumResults() != 1)
    return std::nullopt;
  Value summand = getSummand(op);
  if (!summand)
    return std::nullopt;
  if (auto sum = summand.getDefiningOp<arith::AddFOp>())
    return addUp(op, sum, indices);
  SmallVector<OpOperand *> factors;
  collectFactors(summand, op, factors);
  // Scales of channels alone are the nearest ones.
  llvm::sort(factors, [&](OpOperand *a, OpOperand *b) {
    return std::make_pair(op.getRank(a), a->getOperandNumber()) <
           std::make_pair(op.getRank(b), b->getOperandNumber());
  });
  for (OpOperand *factor : factors) {
    std::optional<Indices> moved = moveTo(*factor, op, indices);
    if (!moved || llvm::none_of(*moved, [](auto &dim) { return bool(dim); }))
      continue;
    if (auto trace = follow(*factor, *moved))
      return trace;
  }
  return std::nullopt;
}

/// Of a sum each term has to be scaled alike.
std::optional<ChannelTrace>
Tracer::addUp(linalg::LinalgOp op, arith::AddFOp sum, const Indices &indices) {
  ChannelTrace all;
  for (Value term : sum->getOperands()) {
    SmallVector<OpOperand *> factors;
    collectFactors(term, op, factors);
    if (factors.size() != 1)
      return std::nullopt;
    std::optional<Indices> moved = moveTo(*factors.front(), op, indices);
    auto trace = moved ? follow(*factors.front(), *moved) : std::nullopt;
    if (!trace || (!all.factors.empty() && trace->channels != all.channels))
      return std::nullopt;
    all.factors.append(trace->factors);
    all.channels = std::move(trace->channels);
    all.states.append(trace->states);
  }
  return all;
}

std::optional<ChannelTrace> Tracer::insert(tensor::InsertSliceOp op,
                                           OpOperand &use,
                                           const Indices &indices) {
  if (op.getSourceType().getRank() != op.getType().getRank() ||
      !isWhole(indices, op, op.getType().getShape()))
    return std::nullopt;
  memref::SubViewOp view = findState(op, use);
  auto buffer =
      view ? dyn_cast<BlockArgument>(view.getSource()) : BlockArgument();
  if (!buffer || !call || buffer.getOwner() != op->getBlock() ||
      !isOnlyReader(view.getSourceMutable()))
    return std::nullopt;
  Value layer = dyn_cast<Value>(view.getMixedOffsets().front());
  if (auto argument = dyn_cast_if_present<BlockArgument>(layer);
      argument && argument.getOwner() == buffer.getOwner())
    layer = call->getOperand(argument.getArgNumber());
  std::optional<int64_t> number =
      layer ? getConstantIntValue(layer)
            : getConstantIntValue(view.getMixedOffsets().front());
  if (!number)
    return std::nullopt;
  ChannelState state{&call->getOpOperand(buffer.getArgNumber()), *number};
  auto trace = follow(op.getSourceMutable(), indices);
  if (trace)
    trace->states.push_back(state);
  return trace;
}

std::optional<ChannelTrace>
ptq::traceChannels(OpOperand &input, SymbolTableCollection &symbols,
                   llvm::function_ref<bool(Value)> mayScale) {
  auto type = dyn_cast<RankedTensorType>(input.get().getType());
  if (!type || type.getRank() == 0 || type.isDynamicDim(type.getRank() - 1))
    return std::nullopt;
  Indices indices(type.getRank());
  indices.back().emplace(type.getShape().back());
  std::iota(indices.back()->begin(), indices.back()->end(), 0);
  return Tracer(symbols, mayScale).step(input, indices);
}
