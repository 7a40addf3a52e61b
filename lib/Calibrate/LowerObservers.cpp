//===- LowerObservers.cpp - Observers become vector code on a state -------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ObserveFunction.h"

#include "ptq/Calibrate/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/Utils/Utils.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_LOWEROBSERVERS
#include "ptq/Calibrate/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

namespace {

class ObserverLowering {
public:
  explicit ObserverLowering(ModuleOp module)
      : module(module), symbols(module), layout(StateLayout::get(module)) {}

  LogicalResult run();

private:
  LogicalResult collectFunctions();
  void addStateArguments();
  void lower(ObserveOp op, Value state);
  func::FuncOp getFunction(const TensorState &state, FunctionType type);
  const TensorState &getState(StringRef name);

  ModuleOp module;
  SymbolTable symbols;
  StateLayout layout;
  /// Those that observe, callees of others first.
  llvm::SetVector<func::FuncOp> observing;
  llvm::StringMap<func::FuncOp> functions;
};

} // namespace

const TensorState &ObserverLowering::getState(StringRef name) {
  return *llvm::find_if(layout.tensors, [&](const TensorState &state) {
    return state.tensor.name == name;
  });
}

/// Finds the functions that observe themselves or in those that they call.
LogicalResult ObserverLowering::collectFunctions() {
  WalkResult result = module.walk([&](ObserveOp op) {
    auto function = op->getParentOfType<func::FuncOp>();
    if (!function) {
      op.emitOpError("expects to be in a func.func");
      return WalkResult::interrupt();
    }
    observing.insert(function);
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();
  for (bool changed = true; changed;) {
    size_t before = observing.size();
    module.walk([&](func::CallOp call) {
      auto callee = symbols.lookup<func::FuncOp>(call.getCallee());
      if (callee && observing.contains(callee))
        observing.insert(call->getParentOfType<func::FuncOp>());
    });
    changed = observing.size() != before;
  }
  return success();
}

void ObserverLowering::addStateArguments() {
  auto type = MemRefType::get({layout.numBytes},
                              IntegerType::get(module.getContext(), 8));
  for (func::FuncOp function : observing) {
    LogicalResult inserted = function.insertArgument(
        function.getNumArguments(), type, {}, function.getLoc());
    assert(succeeded(inserted) && "a func.func takes any argument");
    (void)inserted;
  }
  module.walk([&](func::CallOp call) {
    auto callee = symbols.lookup<func::FuncOp>(call.getCallee());
    if (callee && observing.contains(callee))
      call.getOperandsMutable().append(
          call->getParentOfType<func::FuncOp>().getArguments().back());
  });
}

/// `tensor` as f32 with the channels innermost.
static Value moveChannelsInnermost(OpBuilder &b, Location loc, Value tensor,
                                   int64_t axis) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.getElementType().isF32()) {
    type = type.clone(b.getF32Type());
    tensor = arith::ExtFOp::create(b, loc, type, tensor);
  }
  int64_t rank = type.getRank();
  if (axis == rank - 1)
    return tensor;
  SmallVector<int64_t> permutation;
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis)
      permutation.push_back(i);
  permutation.push_back(axis);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, tensor);
  SmallVector<OpFoldResult> permuted;
  for (int64_t i : permutation)
    permuted.push_back(sizes[i]);
  Value empty =
      tensor::EmptyOp::create(b, loc, permuted, type.getElementType());
  return linalg::TransposeOp::create(b, loc, tensor, empty, permutation)
      ->getResult(0);
}

/// A tensor with the channels innermost as rows.
static Value collapseRows(OpBuilder &b, Location loc, Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  int64_t rank = type.getRank();
  if (rank == 1)
    tensor = tensor::ExpandShapeOp::create(
        b, loc,
        RankedTensorType::get({1, type.getDimSize(0)}, type.getElementType()),
        tensor, ArrayRef<ReassociationIndices>{{0, 1}});
  if (rank > 2) {
    SmallVector<ReassociationIndices> groups(2);
    for (int64_t i = 0; i < rank - 1; ++i)
      groups[0].push_back(i);
    groups[1].push_back(rank - 1);
    tensor = tensor::CollapseShapeOp::create(b, loc, tensor, groups);
  }
  return tensor;
}

/// The memory of rows, which is read before anything else happens to it.
static Value getMemory(OpBuilder &b, Location loc, Value tensor) {
  auto rows = cast<RankedTensorType>(tensor.getType());
  MemRefType target = getObservedRowsType(b.getContext(), rows.getDimSize(1));
  auto exact = MemRefType::get(rows.getShape(), rows.getElementType(),
                               target.getLayout());
  Value buffer = bufferization::ToBufferOp::create(b, loc, exact, tensor,
                                                   /*read_only=*/true);
  if (exact != target)
    buffer = memref::CastOp::create(b, loc, target, buffer);
  return buffer;
}

/// One function for everything that is observed alike.
func::FuncOp ObserverLowering::getFunction(const TensorState &state,
                                           FunctionType type) {
  std::string key;
  llvm::raw_string_ostream os(key);
  os << type << ' ' << state.tensor.numSkipped;
  for (const TensorState::Field &field : state.fields)
    os << ' ' << field.observer;
  func::FuncOp &function = functions[key];
  if (function)
    return function;
  OpBuilder builder(module.getContext());
  function = func::FuncOp::create(
      builder, module.getLoc(),
      "observe_k" + std::to_string(state.tensor.numChannels), type);
  function.setPrivate();
  symbols.insert(function, module.getBody()->end());
  function.addEntryBlock();
  emitObserveFunction(function, state);
  return function;
}

void ObserverLowering::lower(ObserveOp op, Value bytes) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  auto statistics = symbols.lookup<StatisticsOp>(op.getStatistics());
  const TensorState &state = getState(op.getStatistics());
  SmallVector<Value> tensors, arguments;
  Value perSequence;
  for (Value tensor : op.getOperands()) {
    Value moved =
        moveChannelsInnermost(b, loc, tensor, statistics.getChannelAxis());
    int64_t rank = cast<RankedTensorType>(moved.getType()).getRank();
    if (!perSequence)
      perSequence =
          rank == 1
              ? arith::ConstantIndexOp::create(b, loc, 1).getResult()
              : tensor::DimOp::create(b, loc, moved, rank - 2).getResult();
    tensors.push_back(collapseRows(b, loc, moved));
  }
  // Bufferization does not see reads through a memref: no tensor is computed
  // between these and the call, into memory that it could reuse.
  for (Value tensor : tensors)
    arguments.push_back(getMemory(b, loc, tensor));
  Value offset = arith::ConstantIndexOp::create(b, loc, state.offset);
  arguments.push_back(perSequence);
  arguments.push_back(memref::ViewOp::create(
      b, loc, MemRefType::get({state.numBytes}, b.getI8Type()), bytes, offset,
      ValueRange()));
  auto type = b.getFunctionType(ValueRange(arguments).getTypes(), {});
  func::CallOp::create(b, loc, getFunction(state, type), arguments);
  op.erase();
}

LogicalResult ObserverLowering::run() {
  if (layout.tensors.empty())
    return success();
  if (failed(collectFunctions()))
    return failure();
  addStateArguments();
  SmallVector<ObserveOp> ops;
  module.walk([&](ObserveOp op) { ops.push_back(op); });
  for (ObserveOp op : ops)
    lower(op, op->getParentOfType<func::FuncOp>().getArguments().back());
  module->setAttr("ptq.calibration", layout.getAttr(module.getContext()));
  for (auto op : llvm::make_early_inc_range(module.getOps<StatisticsOp>()))
    op.erase();
  return success();
}

namespace {

struct LowerObservers : ptq::impl::LowerObserversBase<LowerObservers> {
  void runOnOperation() override {
    if (failed(ObserverLowering(getOperation()).run()))
      signalPassFailure();
  }
};

} // namespace
