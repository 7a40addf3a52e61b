//===- RowBuilder.h - Loops over rows and blocks of channels ----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CALIBRATE_ROWBUILDER_H
#define PTQ_LIB_CALIBRATE_ROWBUILDER_H

#include "ptq/Calibrate/ObservedRows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"

namespace mlir::ptq {

/// Builds what the code of observers is made of.
class RowBuilder : public ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;
  using LoopBody = llvm::function_ref<SmallVector<Value>(Value, ValueRange)>;
  static constexpr int64_t numLanes = ObservedRows::numLanes;

  VectorType getLanes(Type element) {
    return VectorType::get(numLanes, element);
  }
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(*this, value);
  }
  Value i64(int64_t value) {
    return arith::ConstantIntOp::create(*this, value, 64);
  }
  Value add(Value a, Value b) { return arith::AddIOp::create(*this, a, b); }
  /// A scalar or vector of `type` whose elements are `value`.
  Value constant(Type type, double value) {
    auto element = cast<FloatType>(getElementTypeOrSelf(type));
    TypedAttr attr = getFloatAttr(element, value);
    if (auto vector = dyn_cast<VectorType>(type))
      attr = DenseElementsAttr::get(vector, attr);
    return arith::ConstantOp::create(*this, attr);
  }
  Value splat(Value scalar) {
    return vector::BroadcastOp::create(*this, getLanes(scalar.getType()),
                                       scalar);
  }
  Value widen(Value lanes) {
    return arith::ExtFOp::create(*this, getLanes(getF64Type()), lanes);
  }
  Value load(Value memref, ValueRange indices) {
    return memref::LoadOp::create(*this, memref, indices);
  }
  void store(Value value, Value memref, ValueRange indices) {
    memref::StoreOp::create(*this, value, memref, indices);
  }
  Value loadLanes(Value memref, ValueRange indices) {
    return vector::LoadOp::create(*this, getLanes(getElementTypeOrSelf(memref)),
                                  memref, indices);
  }
  void storeLanes(Value lanes, Value memref, ValueRange indices) {
    vector::StoreOp::create(*this, lanes, memref, indices);
  }

  /// `for (iv = begin; iv < end; iv += step)` with values carried around.
  SmallVector<Value> loop(Value begin, Value end, int64_t step,
                          ValueRange inits, LoopBody body) {
    auto loop =
        scf::ForOp::create(*this, begin, end, index(step), inits,
                           [](OpBuilder &, Location, Value, ValueRange) {});
    OpBuilder::InsertionGuard guard(*this);
    setInsertionPointToEnd(loop.getBody());
    SmallVector<Value> results =
        body(loop.getInductionVar(), loop.getRegionIterArgs());
    scf::YieldOp::create(*this, results);
    return loop.getResults();
  }
  void loop(Value end, int64_t step, llvm::function_ref<void(Value)> body) {
    loop(index(0), end, step, {}, [&](Value iv, ValueRange) {
      body(iv);
      return SmallVector<Value>();
    });
  }
  /// Blocks of padded channels.
  void forBlocks(int64_t numChannels, llvm::function_ref<void(Value)> body) {
    loop(index(ObservedRows::getPaddedChannels(numChannels)), numLanes, body);
  }
};

} // namespace mlir::ptq

#endif // PTQ_LIB_CALIBRATE_ROWBUILDER_H
