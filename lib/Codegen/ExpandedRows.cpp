//===- ExpandedRows.cpp - Rows of codes beside expanded panels ------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExpandedRows.h"
#include "ExpandedPanel.h"
#include "ParallelFor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ptq;

ExpandedRows::ExpandedRows(KernelBuilder &b, const PackedKernelShape &shape)
    : b(b), packed(shape.packed),
      usesSpans(shape.getKernel().getSpan(shape.getFormats()) != 0),
      hasZeroPoint(packed.getStoredZeroPoint() != 0),
      lanes(shape.getKernel().getNumLanes()),
      depth(packed.getLayout().getDepth()) {
  assert((!usesSpans ||
          shape.getKernel().getSpan(shape.getFormats()) == dotsOfSpan) &&
         "spans are of 8 dot products");
  // A line more than there is: rows are not at the same place of a page, and
  // the last store of a row may go beyond it.
  constexpr int64_t line = 64;
  rowSize = llvm::alignTo(getNumDotsOfRow() * depth, line) + line;
}

int64_t ExpandedRows::getNumDotsOfRow() const {
  return packed.getNumFullGroups() * getNumDots(packed.getGroupSize()) +
         getNumDots(packed.getTailSize());
}

//===----------------------------------------------------------------------===//
// Preparation
//===----------------------------------------------------------------------===//

Value ExpandedRows::compensate(Value codes) {
  auto wide = VectorType::get(spanSize, b.getI16Type());
  Value sum = vector::ReductionOp::create(
      b, vector::CombiningKind::ADD, arith::ExtSIOp::create(b, wide, codes));
  sum = arith::ExtSIOp::create(b, b.getI32Type(), sum);
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(b, b.getI32IntegerAttr(value));
  };
  int64_t zeroPoint = packed.getStoredZeroPoint(), half = zeroPoint / 2;
  Value low = arith::AndIOp::create(
      b, arith::MulIOp::create(b, sum, constant(-half)), constant(0xffff));
  Value high = arith::ShLIOp::create(
      b, arith::MulIOp::create(b, sum, constant(half - zeroPoint)),
      constant(16));
  return arith::OrIOp::create(b, low, high);
}

void ExpandedRows::prepareSums(Value sums, Value row) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(b, b.getI32IntegerAttr(value));
  };
  Value factor = constant(-packed.getStoredZeroPoint());
  SmallVector<Value> total = b.forLoop(
      b.index(0), b.index(packed.getNumGroups()), 1, constant(0),
      [&](Value group, ValueRange carried) -> SmallVector<Value> {
        Value sum = memref::LoadOp::create(b, sums, ValueRange{row, group});
        memref::StoreOp::create(b, arith::MulIOp::create(b, sum, factor), inits,
                                ValueRange{row, group});
        return {b.add(carried.front(), sum)};
      });
  Value init = arith::MulIOp::create(b, total.front(),
                                     constant(-ExpandedPanel::zeroPoint));
  memref::StoreOp::create(b, init, inits,
                          ValueRange{row, b.index(packed.getNumGroups())});
}

/// What is stored beyond a group is overwritten by the next one.
void ExpandedRows::prepareRow(Value codes, Value sums, Value row) {
  auto emitGroup = [&](Value group, int64_t size, ValueRange) {
    Value source = b.mul(group, packed.getGroupSize());
    Value target = getPosition(row, group);
    b.forPieces(
        size / spanSize, spanSize, size % spanSize, {},
        [&](Value piece, int64_t count, ValueRange) {
          Value offset = b.mul(piece, spanSize);
          Value values =
              b.loadPart(codes, {row, b.add(source, offset)}, count, spanSize);
          vector::StoreOp::create(b, values, prepared, b.add(target, offset));
          if (usesSpans && hasZeroPoint)
            memref::StoreOp::create(b, compensate(values), inits,
                                    ValueRange{row, getSpan(group, piece)});
          return SmallVector<Value>();
        });
    return SmallVector<Value>();
  };
  b.forPieces(packed.getNumFullGroups(), packed.getGroupSize(),
              packed.getTailSize(), {}, emitGroup);
  if (!usesSpans && sums)
    prepareSums(sums, row);
}

void ExpandedRows::prepare(Value codes, Value sums, Value numRows) {
  auto allocate = [&](ArrayRef<int64_t> shape, Type type, Value size) {
    return memref::AllocOp::create(b, MemRefType::get(shape, type),
                                   ValueRange{size}, b.getI64IntegerAttr(64));
  };
  prepared =
      allocate({ShapedType::kDynamic}, b.getI8Type(), b.mul(numRows, rowSize));
  int64_t numInits = usesSpans ? packed.getNumGroups() * getSpansPerGroup()
                               : packed.getNumGroups() + 1;
  if (hasZeroPoint)
    inits = allocate({ShapedType::kDynamic, numInits}, b.getI32Type(), numRows);
  OpFoldResult work = b.getIndexAttr(llvm::divideCeil(packed.getDepth(), 16));
  buildParallelFor(b, b.getLoc(), numRows, {numRows, work},
                   [&](Value row) { prepareRow(codes, sums, row); });
}

void ExpandedRows::release() {
  memref::DeallocOp::create(b, prepared);
  if (inits)
    memref::DeallocOp::create(b, inits);
}

//===----------------------------------------------------------------------===//
// Use
//===----------------------------------------------------------------------===//

Value ExpandedRows::getPosition(Value row, Value group) {
  return b.add(b.mul(row, rowSize),
               b.mul(group, getNumDots(packed.getGroupSize()) * depth));
}

Value ExpandedRows::advance(Value position, Value numDots) {
  return b.add(position, b.mul(numDots, depth));
}

Value ExpandedRows::load(Value position, int64_t row, int64_t dot) {
  Value place = b.add(position, b.index(row * rowSize + dot * depth));
  Value word = vector::LoadOp::create(b, VectorType::get(depth, b.getI8Type()),
                                      prepared, place);
  word = vector::BitCastOp::create(b, VectorType::get(1, b.getI32Type()), word);
  return b.splat(vector::ExtractOp::create(b, word, 0), lanes);
}

Value ExpandedRows::getSpan(Value group, Value index) {
  return b.add(b.mul(group, getSpansPerGroup()), index);
}

SmallVector<Value> ExpandedRows::loadInits(Value row, int64_t numRows,
                                           Value index) {
  if (!hasZeroPoint)
    return SmallVector<Value>(numRows, b.zeros(lanes, b.getI32Type()));
  SmallVector<Value> values;
  for (int64_t r = 0; r < numRows; ++r) {
    Value value = memref::LoadOp::create(
        b, inits, ValueRange{b.add(row, b.index(r)), index});
    values.push_back(b.splat(value, lanes));
  }
  return values;
}

SmallVector<Value> ExpandedRows::getSpanInits(Value row, int64_t numRows,
                                              Value span) {
  SmallVector<Value> values = loadInits(row, numRows, span);
  auto pairs = VectorType::get(2 * lanes, b.getI16Type());
  for (Value &value : values)
    value = vector::BitCastOp::create(b, pairs, value);
  return values;
}

SmallVector<Value> ExpandedRows::getGroupInits(Value row, int64_t numRows,
                                               Value group) {
  return loadInits(row, numRows, group);
}

SmallVector<Value> ExpandedRows::getProductInits(Value row, int64_t numRows) {
  return loadInits(row, numRows, b.index(packed.getNumGroups()));
}
