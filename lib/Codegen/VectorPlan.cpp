//===- VectorPlan.cpp - How a linalg.generic becomes vector loops ---------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VectorPlan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace mlir::ptq;

static bool hasUnitInnerStride(Value memref) {
  auto type = dyn_cast<MemRefType>(memref.getType());
  if (!type || type.getRank() == 0)
    return false;
  SmallVector<int64_t> strides;
  int64_t offset;
  return succeeded(type.getStridesAndOffset(strides, offset)) &&
         strides.back() == 1;
}

static Access getAccess(Value operand, AffineMap map, unsigned dim) {
  if (!isa<MemRefType>(operand.getType()) || !map.isFunctionOfDim(dim))
    return Access::Invariant;
  ArrayRef<AffineExpr> results = map.getResults();
  // The windows of a convolution begin at other loops, and go on along this
  // one.
  AffineExpr start = simplifyAffineExpr(
      results.back() - getAffineDimExpr(dim, map.getContext()),
      map.getNumDims(), map.getNumSymbols());
  bool isOnlyInLast = !start.isFunctionOfDim(dim) &&
                      llvm::none_of(results.drop_back(), [&](AffineExpr expr) {
                        return expr.isFunctionOfDim(dim);
                      });
  return isOnlyInLast && hasUnitInnerStride(operand) ? Access::Contiguous
                                                     : Access::Strided;
}

/// The op that combines output `index` with the rest if it is associative and
/// commutative up to rounding; null otherwise.
static Operation *getCombiner(linalg::GenericOp op, unsigned index) {
  BlockArgument out = op.getRegionOutputArgs()[index];
  Operation *combiner =
      op.getBody()->getTerminator()->getOperand(index).getDefiningOp();
  if (!combiner || combiner->getBlock() != op.getBody() || !out.hasOneUse() ||
      *out.getUsers().begin() != combiner)
    return nullptr;
  bool mayReorder =
      isa<arith::AddFOp, arith::AddIOp, arith::MulFOp, arith::MulIOp,
          arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
          arith::MinNumFOp, arith::MaxSIOp, arith::MinSIOp, arith::MaxUIOp,
          arith::MinUIOp, arith::AndIOp, arith::OrIOp, arith::XOrIOp>(combiner);
  return mayReorder && arith::getNeutralElement(combiner) ? combiner : nullptr;
}

/// Whether lanes of `type` are stored one after the other as they are.
static bool isLaneType(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return integer.getWidth() == 8 || integer.getWidth() == 16 ||
           integer.getWidth() == 32 || integer.getWidth() == 64;
  return type.isIndex() ||
         isa<Float16Type, BFloat16Type, Float32Type, Float64Type>(type);
}

/// Division by what a lane beyond the end holds could trap.
static bool mayTrap(Operation &op) {
  return isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp,
             arith::CeilDivSIOp, arith::CeilDivUIOp, arith::FloorDivSIOp>(op);
}

/// Whether every op of the body has a form on vectors, when the operands that
/// are not invariant, and the index along `dim`, differ from lane to lane.
static bool isBodyVectorizable(linalg::GenericOp op, const VectorPlan &plan) {
  llvm::SmallPtrSet<Value, 8> varying;
  for (auto [argument, access] :
       llvm::zip(op.getBody()->getArguments(), plan.accesses))
    if (access != Access::Invariant ||
        (plan.isReduction && argument.getArgNumber() >= op.getNumDpsInputs()))
      varying.insert(argument);
  auto varies = [&](Value value) { return varying.contains(value); };
  for (Operation &inner : op.getBody()->without_terminator()) {
    bool anyVaries = llvm::any_of(inner.getOperands(), varies);
    if (auto index = dyn_cast<linalg::IndexOp>(inner))
      anyVaries = index.getDim() == plan.vectorDim;
    else if (auto load = dyn_cast<memref::LoadOp>(inner)) {
      if (!isLaneType(load.getType()))
        return false;
      if (anyVaries) { // along a row, as a gather of rows does
        auto index = load.getIndices().back().getDefiningOp<linalg::IndexOp>();
        if (!index || index.getDim() != plan.vectorDim ||
            !hasUnitInnerStride(load.getMemRef()) ||
            llvm::any_of(load.getIndices().drop_back(), varies))
          return false;
      }
    } else if (mayTrap(inner) || inner.getNumRegions() != 0 ||
               !(inner.hasTrait<OpTrait::ConstantLike>() ||
                 OpTrait::hasElementwiseMappableTraits(&inner)))
      return false;
    if (anyVaries)
      varying.insert(inner.result_begin(), inner.result_end());
  }
  return true;
}

static std::optional<VectorPlan> planAlong(linalg::GenericOp op, unsigned dim) {
  VectorPlan plan;
  plan.vectorDim = dim;
  plan.isReduction =
      linalg::isReductionIterator(op.getIteratorTypesArray()[dim]);
  for (auto [index, iterator] : llvm::enumerate(op.getIteratorTypesArray()))
    if (index != dim)
      (linalg::isParallelIterator(iterator) ? plan.parallelDims
                                            : plan.reductionDims)
          .push_back(index);
  for (OpOperand &operand : op->getOpOperands()) {
    Access access =
        getAccess(operand.get(), op.getMatchingIndexingMap(&operand), dim);
    if (op.isDpsInit(&operand) &&
        access != (plan.isReduction ? Access::Invariant : Access::Contiguous))
      return std::nullopt;
    plan.accesses.push_back(access);
  }
  if (plan.isReduction)
    for (unsigned i = 0, e = op.getNumDpsInits(); i < e; ++i) {
      plan.combiners.push_back(getCombiner(op, i));
      if (!plan.combiners.back())
        return std::nullopt;
    }
  if (!isBodyVectorizable(op, plan))
    return std::nullopt;
  return plan;
}

/// Vector accesses are worth one each; gathering lanes one by one costs four.
static int getScore(const VectorPlan &plan) {
  return llvm::count(plan.accesses, Access::Contiguous) -
         4 * llvm::count(plan.accesses, Access::Strided);
}

std::optional<VectorPlan> ptq::planVectorLoops(linalg::GenericOp op) {
  for (Value operand : op->getOperands())
    if (!isLaneType(getElementTypeOrSelf(operand.getType())))
      return std::nullopt;
  std::optional<VectorPlan> best;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (unsigned dim = op.getNumLoops(); dim-- > 0;) {
    if (!ShapedType::isDynamic(ranges[dim]) && ranges[dim] < 4)
      continue; // most lanes would idle
    std::optional<VectorPlan> plan = planAlong(op, dim);
    if (plan && (!best || getScore(*plan) > getScore(*best)))
      best = std::move(plan);
  }
  return best;
}
