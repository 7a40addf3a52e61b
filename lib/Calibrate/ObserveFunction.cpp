//===- ObserveFunction.cpp - The code of one kind of observation ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ObserveFunction.h"

#include "RowBuilder.h"

#include <limits>

using namespace mlir;
using namespace mlir::ptq;

MemRefType ptq::getObservedRowsType(MLIRContext *context, int64_t numChannels) {
  auto layout = StridedLayoutAttr::get(context, ShapedType::kDynamic,
                                       {ShapedType::kDynamic, 1});
  return MemRefType::get({ShapedType::kDynamic, numChannels},
                         Float32Type::get(context), layout);
}

namespace {

/// What was seen of a row while it was copied: in lanes, or of all of it.
struct RowScan {
  Value magnitudeBits, min, max;
};

class ObserveEmitter {
public:
  ObserveEmitter(func::FuncOp function, const TensorState &state)
      : b(function.getLoc(), OpBuilder::atBlockBegin(&function.front())),
        state(state), input(function.getArgument(0)),
        perSequence(function.getArguments().drop_back().back()),
        bytes(function.getArguments().back()) {
    if (function.getNumArguments() == 4)
      otherInput = function.getArgument(1);
    rows.numChannels = state.tensor.numChannels;
  }

  void emit();

private:
  Value allocate(Value numRows, Type element);
  Value viewField(int64_t offset, MemRefType type);
  Value loadInput(Value memref, Value row, Value column, int64_t numLanes);
  void copyBlock(Value row, Value target, Value column, int64_t numLanes,
                 RowScan &lanes);
  RowScan copyRow(Value row, Value target);
  void copyRows();
  void addCount(TensorState::Count count, Value number);

  RowBuilder b;
  const TensorState &state;
  Value input, otherInput, perSequence, bytes, counts;
  ObservedRows rows;
};

} // namespace

Value ObserveEmitter::allocate(Value numRows, Type element) {
  int64_t width = ObservedRows::getPaddedChannels(rows.numChannels);
  return memref::AllocOp::create(
      b, MemRefType::get({ShapedType::kDynamic, width}, element),
      ValueRange{numRows}, b.getI64IntegerAttr(64));
}

Value ObserveEmitter::viewField(int64_t offset, MemRefType type) {
  return memref::ViewOp::create(b, type, bytes, b.index(offset), ValueRange());
}

/// `numLanes` channels, and zeros behind them.
Value ObserveEmitter::loadInput(Value memref, Value row, Value column,
                                int64_t numLanes) {
  if (numLanes == b.numLanes)
    return b.loadLanes(memref, {row, column});
  VectorType type = b.getLanes(b.getF32Type());
  Value mask = vector::ConstantMaskOp::create(b, b.getLanes(b.getI1Type()),
                                              ArrayRef<int64_t>{numLanes});
  return vector::MaskedLoadOp::create(b, type, memref, ValueRange{row, column},
                                      mask, b.constant(type, 0));
}

/// Copies a block of row `row` to row `target`, and looks at its lanes.
void ObserveEmitter::copyBlock(Value row, Value target, Value column,
                               int64_t numLanes, RowScan &lanes) {
  Value x = loadInput(input, row, column, numLanes);
  b.storeLanes(x, rows.rows, {target, column});
  if (rows.wideRows)
    b.storeLanes(b.widen(x), rows.wideRows, {target, column});
  if (rows.others)
    b.storeLanes(loadInput(otherInput, row, column, numLanes), rows.others,
                 {target, column});
  Value bits = arith::BitcastOp::create(b, b.getLanes(b.getI32Type()), x);
  Value magnitude = arith::AndIOp::create(
      b, bits, b.splat(arith::ConstantIntOp::create(b, 0x7fffffff, 32)));
  lanes.magnitudeBits =
      arith::MaxUIOp::create(b, lanes.magnitudeBits, magnitude);
  Value low = x, high = x;
  if (numLanes < b.numLanes) { // the zeros behind are no channels
    Value mask = vector::ConstantMaskOp::create(b, b.getLanes(b.getI1Type()),
                                                ArrayRef<int64_t>{numLanes});
    low = arith::SelectOp::create(b, mask, x, lanes.min);
    high = arith::SelectOp::create(b, mask, x, lanes.max);
  }
  lanes.min = arith::MinNumFOp::create(b, lanes.min, low);
  lanes.max = arith::MaxNumFOp::create(b, lanes.max, high);
}

RowScan ObserveEmitter::copyRow(Value row, Value target) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  VectorType floats = b.getLanes(b.getF32Type());
  int64_t numWhole = rows.numChannels / b.numLanes * b.numLanes;
  RowScan lanes = {b.splat(arith::ConstantIntOp::create(b, 0, 32)),
                   b.constant(floats, infinity), b.constant(floats, -infinity)};
  SmallVector<Value> whole = b.loop(
      b.index(0), b.index(numWhole), b.numLanes,
      {lanes.magnitudeBits, lanes.min, lanes.max},
      [&](Value column, ValueRange carried) {
        RowScan scan = {carried[0], carried[1], carried[2]};
        copyBlock(row, target, column, b.numLanes, scan);
        return SmallVector<Value>{scan.magnitudeBits, scan.min, scan.max};
      });
  lanes = {whole[0], whole[1], whole[2]};
  if (numWhole < rows.numChannels)
    copyBlock(row, target, b.index(numWhole), rows.numChannels - numWhole,
              lanes);
  auto reduce = [&](vector::CombiningKind kind, Value value) -> Value {
    return vector::ReductionOp::create(b, kind, value);
  };
  return {reduce(vector::CombiningKind::MAXUI, lanes.magnitudeBits),
          reduce(vector::CombiningKind::MINNUMF, lanes.min),
          reduce(vector::CombiningKind::MAXNUMF, lanes.max)};
}

void ObserveEmitter::addCount(TensorState::Count count, Value number) {
  Value word = b.index(count);
  Value added = arith::IndexCastOp::create(b, b.getI64Type(), number);
  b.store(b.add(b.load(counts, word), added), counts, word);
}

/// Copies the rows that are not left out. A row is copied before it is known
/// whether it is one; the next row then takes its place.
void ObserveEmitter::copyRows() {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Type f32 = b.getF32Type();
  Value zero = b.index(0), one = b.index(1);
  Value numRows = memref::DimOp::create(b, input, 0);
  auto not_ = [&](Value condition) -> Value {
    return arith::XOrIOp::create(b, condition,
                                 arith::ConstantIntOp::create(b, 1, 1));
  };
  auto and_ = [&](Value x, Value y) -> Value {
    return arith::AndIOp::create(b, x, y);
  };
  auto increment = [&](Value number, Value condition) -> Value {
    return b.add(number, arith::SelectOp::create(b, condition, one, zero));
  };
  SmallVector<Value> totals =
      b.loop(zero, numRows, 1,
             {zero, zero, zero, zero, b.constant(f32, infinity),
              b.constant(f32, -infinity)},
             [&](Value row, ValueRange carried) {
               RowScan scan = copyRow(row, carried[TensorState::Tokens]);
               Value position = arith::RemUIOp::create(b, row, perSequence);
               Value isSkipped =
                   arith::CmpIOp::create(b, arith::CmpIPredicate::ult, position,
                                         b.index(state.tensor.numSkipped));
               Value isFinite = arith::CmpIOp::create(
                   b, arith::CmpIPredicate::ult, scan.magnitudeBits,
                   arith::ConstantIntOp::create(b, 0x7f800000, 32));
               Value isMasked =
                   arith::CmpFOp::create(b, arith::CmpFPredicate::OLE, scan.max,
                                         b.constant(f32, -10000.0));
               Value isSeen = not_(isSkipped);
               Value isUsable = and_(isSeen, isFinite);
               Value isKept = and_(isUsable, not_(isMasked));
               b.store(arith::BitcastOp::create(b, f32, scan.magnitudeBits),
                       rows.magnitudes, carried[TensorState::Tokens]);
               Value min = arith::MinNumFOp::create(b, carried[4], scan.min);
               Value max = arith::MaxNumFOp::create(b, carried[5], scan.max);
               return SmallVector<Value>{
                   increment(carried[TensorState::Tokens], isKept),
                   increment(carried[TensorState::SkippedRows], isSkipped),
                   increment(carried[TensorState::NonFiniteRows],
                             and_(isSeen, not_(isFinite))),
                   increment(carried[TensorState::MaskedRows],
                             and_(isUsable, isMasked)),
                   arith::SelectOp::create(b, isKept, min, carried[4]),
                   arith::SelectOp::create(b, isKept, max, carried[5])};
             });
  rows.numRows = totals[TensorState::Tokens];
  rows.min = totals[4];
  rows.max = totals[5];
  rows.isFirst = arith::CmpIOp::create(
      b, arith::CmpIPredicate::eq, b.load(counts, b.index(TensorState::Tokens)),
      b.i64(0));
  for (TensorState::Count count :
       {TensorState::Tokens, TensorState::SkippedRows,
        TensorState::NonFiniteRows, TensorState::MaskedRows})
    addCount(count, totals[count]);
}

void ObserveEmitter::emit() {
  Value numRows = memref::DimOp::create(b, input, 0);
  counts =
      viewField(0, MemRefType::get({TensorState::numCounts}, b.getI64Type()));
  rows.rows = allocate(numRows, b.getF32Type());
  if (state.tensor.observers.contains(ObserverKind::Gram))
    rows.wideRows = allocate(numRows, b.getF64Type());
  if (otherInput)
    rows.others = allocate(numRows, b.getF32Type());
  rows.magnitudes = memref::AllocOp::create(
      b, MemRefType::get({ShapedType::kDynamic}, b.getF32Type()),
      ValueRange{numRows}, b.getI64IntegerAttr(64));
  copyRows();
  for (TensorState::Field field : state.fields)
    field.observer.emitUpdate(b, b.getLoc(), rows,
                              viewField(field.offset, field.type));
  func::ReturnOp::create(b);
}

void ptq::emitObserveFunction(func::FuncOp function, const TensorState &state) {
  ObserveEmitter(function, state).emit();
}
