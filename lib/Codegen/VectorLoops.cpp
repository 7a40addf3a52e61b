//===- VectorLoops.cpp - Emits a linalg.generic as vector loops -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VectorLoops.h"

#include "ParallelFor.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

class LoopEmitter {
public:
  LoopEmitter(OpBuilder &builder, linalg::GenericOp op, const VectorPlan &plan)
      : b(op.getLoc(), builder), op(op), plan(plan), ivs(op.getNumLoops()) {}

  void emit();

private:
  /// The lanes that exist: all of them if there is no mask.
  struct Lanes {
    Value mask;
    Value last; // last index along the vector dimension, if there is a mask
  };
  using Step = llvm::function_ref<SmallVector<Value>(ValueRange)>;

  void emitParallelLoops(unsigned depth);
  void emitParallelTile(Lanes lanes);
  void emitReduction();
  SmallVector<Value> emitReductionLoops(unsigned depth, ValueRange accumulators,
                                        Step body);
  /// Steps along the vector dimension; the last step may be masked.
  SmallVector<Value> emitVectorLoop(
      ValueRange accumulators,
      llvm::function_ref<SmallVector<Value>(Lanes, ValueRange)> body);

  /// One evaluation of the body; the results are what it yields, as vectors.
  SmallVector<Value> emitBody(Lanes lanes, ValueRange accumulators);
  void emitBodyOp(Operation &inner, Lanes lanes, IRMapping &mapping);
  Value combineByHalves(Operation *combiner, Value partials);

  Value loadOperand(OpOperand &operand, Lanes lanes);
  Value loadLanes(Value memref, ValueRange indices, Lanes lanes);
  void storeLanes(Value lanesValue, OpOperand &operand, Lanes lanes);
  Value gatherLanes(OpOperand &operand, Lanes lanes);
  SmallVector<Value> getIndices(OpOperand &operand);

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  Value getSize(unsigned dim) {
    return getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes[dim]);
  }
  Access getAccess(OpOperand &operand) {
    return plan.accesses[operand.getOperandNumber()];
  }
  /// A vector of `type` that `build` makes of integers if `type` is a narrow
  /// float: the x86 backend keeps a scalar bf16 as f32, and rounds it by a
  /// call.
  Value moveAsIntegers(Type type, llvm::function_ref<Value(Type)> build) {
    if (!isa<FloatType>(type) || type.getIntOrFloatBitWidth() > 16)
      return build(type);
    Value bits = build(b.getIntegerType(type.getIntOrFloatBitWidth()));
    return arith::BitcastOp::create(b, VectorType::get(kLanes, type), bits);
  }
  Value splat(Value value) {
    if (isa<VectorType>(value.getType()))
      return value;
    return moveAsIntegers(value.getType(), [&](Type element) -> Value {
      if (value.getType() != element)
        value = arith::BitcastOp::create(b, element, value);
      return vector::BroadcastOp::create(b, VectorType::get(kLanes, element),
                                         value);
    });
  }

  ImplicitLocOpBuilder b;
  linalg::GenericOp op;
  const VectorPlan &plan;
  SmallVector<Value> ivs;
  SmallVector<OpFoldResult> sizes;
};

} // namespace

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

void LoopEmitter::emit() {
  for (const Range &range :
       cast<linalg::LinalgOp>(*op).createLoopRanges(b, b.getLoc()))
    sizes.push_back(range.size);
  emitParallelLoops(0);
}

void LoopEmitter::emitParallelLoops(unsigned depth) {
  if (depth == plan.parallelDims.size()) {
    if (plan.isReduction)
      return emitReduction();
    emitVectorLoop({}, [&](Lanes lanes, ValueRange) {
      emitParallelTile(lanes);
      return SmallVector<Value>();
    });
    return;
  }
  unsigned dim = plan.parallelDims[depth];
  auto body = [&](Value iv) {
    ivs[dim] = iv;
    emitParallelLoops(depth + 1);
  };
  // Threads share the outermost loop that has more than one iteration.
  auto isSingle = [&](unsigned dim) {
    return getConstantIntValue(sizes[dim]) == 1;
  };
  bool isOutermost =
      llvm::all_of(ArrayRef(plan.parallelDims).take_front(depth), isSingle);
  if (isOutermost && !isSingle(dim) && !op->getParentOfType<omp::ParallelOp>())
    return buildParallelFor(b, b.getLoc(), sizes[dim], sizes, body);
  buildFor(b, b.getLoc(), getSize(dim), body);
}

SmallVector<Value> LoopEmitter::emitVectorLoop(
    ValueRange accumulators,
    llvm::function_ref<SmallVector<Value>(Lanes, ValueRange)> body) {
  Value size = getSize(plan.vectorDim);
  std::optional<int64_t> staticSize =
      getConstantIntValue(sizes[plan.vectorDim]);
  SmallVector<Value> results(accumulators);
  Value wholeSize = staticSize
                        ? index(*staticSize / kLanes * kLanes)
                        : arith::MulIOp::create(
                              b, arith::DivUIOp::create(b, size, index(kLanes)),
                              index(kLanes));
  if (!staticSize || *staticSize >= kLanes) {
    auto loop =
        scf::ForOp::create(b, index(0), wholeSize, index(kLanes), results,
                           [](OpBuilder &, Location, Value, ValueRange) {});
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(loop.getBody());
    ivs[plan.vectorDim] = loop.getInductionVar();
    scf::YieldOp::create(b, body(Lanes(), loop.getRegionIterArgs()));
    results = loop.getResults();
  }
  if (staticSize && *staticSize % kLanes == 0)
    return results;

  auto emitMasked = [&](ValueRange values) {
    Value rest = arith::SubIOp::create(b, size, wholeSize);
    Value mask = vector::CreateMaskOp::create(
        b, VectorType::get(kLanes, b.getI1Type()), rest);
    ivs[plan.vectorDim] = wholeSize;
    return body(Lanes{mask, arith::SubIOp::create(b, size, index(1))}, values);
  };
  if (staticSize)
    return emitMasked(results);
  Value hasRest =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, wholeSize, size);
  auto branch = scf::IfOp::create(b, ValueRange(results).getTypes(), hasRest,
                                  /*withElseRegion=*/!results.empty());
  OpBuilder::InsertionGuard guard(b);
  if (!results.empty()) {
    b.setInsertionPointToEnd(branch.elseBlock());
    scf::YieldOp::create(b, results);
    b.setInsertionPointToEnd(branch.thenBlock());
  } else {
    b.setInsertionPointToStart(branch.thenBlock());
  }
  SmallVector<Value> masked = emitMasked(results);
  if (!results.empty())
    scf::YieldOp::create(b, masked);
  return branch.getResults();
}

SmallVector<Value> LoopEmitter::emitReductionLoops(unsigned depth,
                                                   ValueRange accumulators,
                                                   Step body) {
  if (depth == plan.reductionDims.size())
    return body(accumulators);
  unsigned dim = plan.reductionDims[depth];
  auto loop =
      scf::ForOp::create(b, index(0), getSize(dim), index(1), accumulators,
                         [](OpBuilder &, Location, Value, ValueRange) {});
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(loop.getBody());
  ivs[dim] = loop.getInductionVar();
  scf::YieldOp::create(
      b, emitReductionLoops(depth + 1, loop.getRegionIterArgs(), body));
  return loop.getResults();
}

/// A vector of results: the reductions run inside, on registers.
void LoopEmitter::emitParallelTile(Lanes lanes) {
  SmallVector<Value> accumulators;
  for (OpOperand &init : op.getDpsInitsMutable())
    accumulators.push_back(op.payloadUsesValueFromOperand(&init)
                               ? loadOperand(init, lanes)
                               : Value());
  if (plan.reductionDims.empty()) {
    accumulators = emitBody(lanes, accumulators);
  } else {
    for (auto [accumulator, init] :
         llvm::zip(accumulators, op.getDpsInitsMutable()))
      if (!accumulator)
        accumulator = loadOperand(init, lanes);
    accumulators = emitReductionLoops(0, accumulators, [&](ValueRange values) {
      return emitBody(lanes, values);
    });
  }
  for (auto [value, init] : llvm::zip(accumulators, op.getDpsInitsMutable()))
    storeLanes(value, init, lanes);
}

/// One result: partial results in lanes, through all reduction loops.
void LoopEmitter::emitReduction() {
  SmallVector<Value> partials;
  for (Operation *combiner : plan.combiners)
    partials.push_back(splat(
        arith::ConstantOp::create(b, *arith::getNeutralElement(combiner))));
  partials = emitReductionLoops(0, partials, [&](ValueRange outer) {
    return emitVectorLoop(outer, [&](Lanes lanes, ValueRange values) {
      SmallVector<Value> results = emitBody(lanes, values);
      if (lanes.mask)
        for (auto [result, value] : llvm::zip(results, values))
          result = arith::SelectOp::create(b, lanes.mask, result, value);
      return results;
    });
  });
  for (auto [index, init] : llvm::enumerate(op.getDpsInitsMutable())) {
    Operation *combiner = plan.combiners[index];
    SmallVector<Value> indices = getIndices(init);
    Value total = combineByHalves(combiner, partials[index]);
    Value old = memref::LoadOp::create(b, init.get(), indices);
    IRMapping mapping;
    mapping.map(combiner->getOperand(0), old);
    mapping.map(combiner->getOperand(1), total);
    Value result = b.clone(*combiner, mapping)->getResult(0);
    memref::StoreOp::create(b, result, init.get(), indices);
  }
}

Value LoopEmitter::combineByHalves(Operation *combiner, Value partials) {
  for (int64_t width = kLanes / 2; width > 0; width /= 2) {
    auto half = [&](int64_t offset) -> Value {
      return vector::ExtractStridedSliceOp::create(b, partials, offset, width,
                                                   1);
    };
    OperationState state(b.getLoc(), combiner->getName());
    state.addOperands({half(0), half(width)});
    state.addTypes(VectorType::get(width, getElementTypeOrSelf(partials)));
    state.addAttributes(combiner->getAttrs());
    partials = b.create(state)->getResult(0);
  }
  return vector::ExtractOp::create(b, partials, ArrayRef<int64_t>{0});
}

//===----------------------------------------------------------------------===//
// Body
//===----------------------------------------------------------------------===//

SmallVector<Value> LoopEmitter::emitBody(Lanes lanes, ValueRange accumulators) {
  IRMapping mapping;
  for (OpOperand *input : op.getDpsInputOperands())
    if (op.payloadUsesValueFromOperand(input))
      mapping.map(op.getMatchingBlockArgument(input),
                  loadOperand(*input, lanes));
  for (auto [argument, value] :
       llvm::zip(op.getRegionOutputArgs(), accumulators))
    if (value)
      mapping.map(argument, value);
  for (Operation &inner : op.getBody()->without_terminator())
    emitBodyOp(inner, lanes, mapping);
  return llvm::map_to_vector(
      op.getBody()->getTerminator()->getOperands(),
      [&](Value yielded) { return splat(mapping.lookupOrDefault(yielded)); });
}

void LoopEmitter::emitBodyOp(Operation &inner, Lanes lanes,
                             IRMapping &mapping) {
  auto isVector = [](Value value) { return isa<VectorType>(value.getType()); };
  if (auto indexOp = dyn_cast<linalg::IndexOp>(inner)) {
    Value iv = ivs[indexOp.getDim()];
    if (indexOp.getDim() == plan.vectorDim) {
      Value step =
          vector::StepOp::create(b, VectorType::get(kLanes, b.getIndexType()));
      iv = arith::AddIOp::create(b, splat(iv), step);
    }
    return mapping.map(indexOp.getResult(), iv);
  }
  SmallVector<Value> operands =
      llvm::map_to_vector(inner.getOperands(), [&](Value value) {
        return mapping.lookupOrDefault(value);
      });
  if (llvm::none_of(operands, isVector)) {
    b.clone(inner, mapping);
    return;
  }
  if (auto load = dyn_cast<memref::LoadOp>(inner)) {
    // The plan has checked that only the last index varies, as the lanes do.
    SmallVector<Value> indices(operands.begin() + 1, operands.end());
    indices.back() = ivs[plan.vectorDim];
    return mapping.map(load.getResult(),
                       loadLanes(operands.front(), indices, lanes));
  }
  OperationState state(b.getLoc(), inner.getName());
  for (Value operand : operands)
    state.addOperands(splat(operand));
  for (Type type : inner.getResultTypes())
    state.addTypes(VectorType::get(kLanes, type));
  state.addAttributes(inner.getDiscardableAttrDictionary().getValue());
  state.propertiesAttr = inner.getPropertiesAsAttribute();
  Operation *result = b.create(state);
  mapping.map(inner.getResults(), result->getResults());
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

SmallVector<Value> LoopEmitter::getIndices(OpOperand &operand) {
  AffineMap map = op.getMatchingIndexingMap(&operand);
  SmallVector<OpFoldResult> operands;
  for (Value iv : ivs)
    operands.push_back(iv ? iv
                          : index(0)); // unused: a dimension not entered yet
  SmallVector<Value> indices;
  for (AffineExpr result : map.getResults())
    indices.push_back(getValueOrCreateConstantIndexOp(
        b, b.getLoc(),
        affine::makeComposedFoldedAffineApply(
            b, b.getLoc(), AffineMap::get(map.getNumDims(), 0, result),
            operands)));
  return indices;
}

Value LoopEmitter::loadOperand(OpOperand &operand, Lanes lanes) {
  if (!isa<MemRefType>(operand.get().getType()))
    return operand.get();
  switch (getAccess(operand)) {
  case Access::Invariant:
    return memref::LoadOp::create(b, operand.get(), getIndices(operand));
  case Access::Contiguous:
    return loadLanes(operand.get(), getIndices(operand), lanes);
  case Access::Strided:
    return gatherLanes(operand, lanes);
  }
  llvm_unreachable("all accesses are handled");
}

Value LoopEmitter::loadLanes(Value memref, ValueRange indices, Lanes lanes) {
  auto type = VectorType::get(kLanes, getElementTypeOrSelf(memref));
  if (!lanes.mask)
    return vector::LoadOp::create(b, type, memref, indices);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return vector::MaskedLoadOp::create(b, type, memref, indices, lanes.mask,
                                      zero);
}

void LoopEmitter::storeLanes(Value value, OpOperand &operand, Lanes lanes) {
  SmallVector<Value> indices = getIndices(operand);
  if (lanes.mask)
    vector::MaskedStoreOp::create(b, operand.get(), indices, lanes.mask, value);
  else
    vector::StoreOp::create(b, value, operand.get(), indices);
}

Value LoopEmitter::gatherLanes(OpOperand &operand, Lanes lanes) {
  Value first = ivs[plan.vectorDim];
  SmallVector<Value> elements;
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    Value position = arith::AddIOp::create(b, first, index(lane));
    // A lane beyond the end reads the last element, which exists.
    ivs[plan.vectorDim] =
        lanes.mask ? arith::MinUIOp::create(b, position, lanes.last) : position;
    elements.push_back(
        memref::LoadOp::create(b, operand.get(), getIndices(operand)));
  }
  ivs[plan.vectorDim] = first;
  return moveAsIntegers(elements.front().getType(), [&](Type element) -> Value {
    for (Value &value : elements)
      if (value.getType() != element)
        value = arith::BitcastOp::create(b, element, value);
    return vector::FromElementsOp::create(b, VectorType::get(kLanes, element),
                                          elements);
  });
}

void ptq::emitVectorLoops(OpBuilder &builder, linalg::GenericOp op,
                          const VectorPlan &plan) {
  LoopEmitter(builder, op, plan).emit();
}
