//===- MovedElements.cpp - Ops that pass elements on as they are ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MovedElements.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace mlir::ptq;

/// `tensor` ops whose results have elements of their tensor operands.
static bool movesTensor(Operation *op) {
  return isa<tensor::CastOp, tensor::CollapseShapeOp, tensor::ConcatOp,
             tensor::ExpandShapeOp, tensor::ExtractSliceOp, tensor::GatherOp,
             tensor::InsertSliceOp, tensor::ParallelInsertSliceOp,
             tensor::ReshapeOp, tensor::ScatterOp>(op);
}

bool ptq::movesElements(Operation *op) {
  return movesTensor(op) ||
         isa<tensor::DimOp, tensor::EmptyOp, tensor::RankOp>(op) ||
         isa<arith::SelectOp, ModuleOp>(op) ||
         isa<FunctionOpInterface, CallOpInterface, BranchOpInterface,
             RegionBranchOpInterface, RegionBranchTerminatorOpInterface>(op) ||
         isa<scf::ForallOp, scf::InParallelOp>(op) ||
         op->hasTrait<OpTrait::ReturnLike>();
}

static void forEachRegionMove(RegionBranchOpInterface op,
                              function_ref<void(Value, Value)> moves) {
  RegionBranchSuccessorMapping mapping;
  op.getSuccessorOperandInputMapping(mapping);
  for (auto &[operand, inputs] : mapping)
    for (Value input : inputs)
      moves(operand->get(), input);
}

static void forEachBlockMove(BranchOpInterface op,
                             function_ref<void(Value, Value)> moves) {
  for (auto [index, block] : llvm::enumerate(op->getSuccessors())) {
    SuccessorOperands operands = op.getSuccessorOperands(index);
    for (auto [i, argument] : llvm::enumerate(block->getArguments()))
      if (Value operand = operands[i])
        moves(operand, argument);
  }
}

static void forEachCallMove(CallOpInterface op, SymbolTableCollection &symbols,
                            function_ref<void(Value, Value)> moves) {
  auto function = dyn_cast_if_present<FunctionOpInterface>(
      op.resolveCallableInTable(&symbols));
  if (!function || function.isExternal())
    return;
  for (auto [operand, argument] :
       llvm::zip(op.getArgOperands(), function.getArguments()))
    moves(operand, argument);
  function.getFunctionBody().walk<WalkOrder::PreOrder>([&](Operation *inner) {
    if (inner->hasTrait<OpTrait::ReturnLike>() &&
        inner->getParentOp() == function)
      for (auto [operand, result] :
           llvm::zip(inner->getOperands(), op->getResults()))
        moves(operand, result);
  });
}

void ptq::forEachMove(Operation *op, SymbolTableCollection &symbols,
                      function_ref<void(Value, Value)> moves) {
  if (auto region = dyn_cast<RegionBranchOpInterface>(op))
    forEachRegionMove(region, moves);
  if (auto branch = dyn_cast<BranchOpInterface>(op))
    forEachBlockMove(branch, moves);
  if (auto call = dyn_cast<CallOpInterface>(op))
    forEachCallMove(call, symbols, moves);
  if (auto forall = dyn_cast<scf::ForallOp>(op))
    for (auto [output, argument, result] :
         llvm::zip_equal(forall.getOutputs(), forall.getRegionOutArgs(),
                         forall.getResults())) {
      moves(output, argument);
      moves(output, result);
    }
  if (auto insert = dyn_cast<tensor::ParallelInsertSliceOp>(op))
    moves(insert.getSource(), insert.getDest());
  if (movesTensor(op) || isa<arith::SelectOp>(op))
    for (Value operand : op->getOperands())
      for (Value result : op->getResults())
        moves(operand, result);
}
