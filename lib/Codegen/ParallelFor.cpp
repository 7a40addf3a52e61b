//===- ParallelFor.cpp - Loops that threads may share ---------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParallelFor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::ptq;

void ptq::buildFor(OpBuilder &builder, Location loc, Value bound,
                   llvm::function_ref<void(Value)> body) {
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value one = arith::ConstantIndexOp::create(builder, loc, 1);
  auto loop = scf::ForOp::create(builder, loc, zero, bound, one);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

/// Whether the product of `factors` is enough for threads: a constant if all
/// factors are, else an i1.
static OpFoldResult isWorthThreads(OpBuilder &builder, Location loc,
                                   ArrayRef<OpFoldResult> factors) {
  int64_t staticWork = 1;
  Value work;
  for (OpFoldResult factor : factors) {
    if (std::optional<int64_t> constant = getConstantIntValue(factor))
      staticWork *= *constant;
    else if (work)
      work = arith::MulIOp::create(builder, loc, work, cast<Value>(factor));
    else
      work = cast<Value>(factor);
  }
  if (!work)
    return builder.getBoolAttr(staticWork >= kWorthThreads);
  int64_t needed =
      llvm::divideCeil(kWorthThreads, std::max<int64_t>(staticWork, 1));
  return arith::CmpIOp::create(
             builder, loc, arith::CmpIPredicate::uge, work,
             arith::ConstantIndexOp::create(builder, loc, needed))
      .getResult();
}

void ptq::buildParallelFor(OpBuilder &builder, Location loc, OpFoldResult bound,
                           ArrayRef<OpFoldResult> workFactors,
                           llvm::function_ref<void(Value)> body,
                           llvm::function_ref<void()> prologue,
                           llvm::function_ref<void()> epilogue) {
  std::optional<int64_t> staticBound = getConstantIntValue(bound);
  Value boundValue = getValueOrCreateConstantIndexOp(builder, loc, bound);
  OpFoldResult isWorthIt = staticBound && *staticBound <= 1
                               ? OpFoldResult(builder.getBoolAttr(false))
                               : isWorthThreads(builder, loc, workFactors);
  if (auto constant = dyn_cast<Attribute>(isWorthIt);
      constant && !cast<BoolAttr>(constant).getValue()) {
    if (prologue)
      prologue();
    buildFor(builder, loc, boundValue, body);
    if (epilogue)
      epilogue();
    return;
  }

  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value one = arith::ConstantIndexOp::create(builder, loc, 1);
  omp::ParallelOperands parallelOperands;
  parallelOperands.ifExpr = dyn_cast<Value>(isWorthIt);
  auto parallel = omp::ParallelOp::create(builder, loc, parallelOperands);
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&parallel.getRegion());
  if (prologue)
    prologue();
  auto share = omp::WsloopOp::create(builder, loc, omp::WsloopOperands());
  if (epilogue)
    epilogue();
  omp::TerminatorOp::create(builder, loc);
  builder.createBlock(&share.getRegion());
  omp::LoopNestOperands nestOperands;
  nestOperands.collapseNumLoops = builder.getI64IntegerAttr(1);
  nestOperands.loopLowerBounds = {zero};
  nestOperands.loopUpperBounds = {boundValue};
  nestOperands.loopSteps = {one};
  auto nest = omp::LoopNestOp::create(builder, loc, nestOperands);
  Block *block =
      builder.createBlock(&nest.getRegion(), {}, builder.getIndexType(), loc);
  body(block->getArgument(0));
  omp::YieldOp::create(builder, loc, ValueRange());
}
