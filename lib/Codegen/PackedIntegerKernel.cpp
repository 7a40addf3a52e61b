//===- PackedIntegerKernel.cpp - Codes times packed codes -----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rows of activations are copied once per call, each group padded with zeros to
// whole steps, so that a tile reads them at constant distances. The zero point
// of the weights costs nothing: sums start from -zp * sum(activations).
//
//===----------------------------------------------------------------------===//

#include "PackedKernel.h"
#include "ParallelFor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// Steps whose code is unrolled: of one row, which leaves registers free, many.
/// Of more rows only one: the backend moves apart what shares a broadcast, and
/// then has to spill it.
constexpr int64_t kUnrolledSteps = 4;

class PackedIntegerKernel : PackedKernelBuilder {
public:
  PackedIntegerKernel(func::FuncOp function, const PackedKernelShape &shape);
  void emit();

private:
  int64_t getPaddedGroup(int64_t size) const {
    return packed.getNumSteps(size) * packed.getLayout().getStepSize();
  }
  void prepareRow(Value row);
  void emitTile(Value row, int64_t numRows);
  /// The products of a group, exact in i32, of each row and register.
  SmallVector<Value> emitGroup(Value row, int64_t numRows, Value group,
                               int64_t size, Value groupOffset);
  /// Dot products of steps that lie one behind the other.
  SmallVector<Value> emitSteps(Value activations, int64_t numRows,
                               Value weightOffset, int64_t numSteps,
                               ValueRange inits);
  void emitStep(Value activations, int64_t numRows, Value weightOffset,
                int64_t step, MutableArrayRef<Value> sums);
  Value broadcastActivations(Value position, int64_t offset);
  /// acc = fma(f32(d), sw, acc), in registers or in memory.
  SmallVector<Value> addToTotals(ArrayRef<Value> dots, ArrayRef<Value> scales,
                                 ValueRange carried, int64_t numRows);
  bool areTotalsInMemory(int64_t numRows) const {
    return hasGroups && kernel.keepsTotalsInMemory(formats, numRows);
  }

  Value codes, scale, sums;
  Value prepared;      // codes of all rows, padded
  Value compensations; // [M, G] i32: -zp * sum
  bool hasGroups;
  int64_t depth, dotsPerStep; // codes in a dot product, dot products in a step
  int64_t rowSize;            // elements of a prepared row
  Type activationType;        // of a prepared code
};

} // namespace

PackedIntegerKernel::PackedIntegerKernel(func::FuncOp function,
                                         const PackedKernelShape &shape)
    : PackedKernelBuilder(function, shape), codes(function.getArgument(0)),
      scale(function.getArgument(1)),
      hasGroups(packed.getFormat().getBlock().back() != 0),
      depth(packed.getLayout().getDepth()),
      dotsPerStep(packed.getLayout().getStepSize() / depth) {
  if (shape.hasSums())
    sums = function.getArgument(2);
  int64_t bytes = kernel.getActivationBytes(formats);
  activationType = b.getIntegerType(8 * bytes);
  // A line more than there is: rows are not at the same place of a page, and
  // the last store of a row may go beyond it.
  int64_t line = 64 / bytes;
  int64_t size =
      packed.getNumFullGroups() * getPaddedGroup(packed.getGroupSize()) +
      getPaddedGroup(packed.getTailSize());
  rowSize = llvm::alignTo(size, line) + line;
}

/// Copies the codes of a row, each group padded with zeros; what is stored
/// beyond a group is overwritten by the next one.
void PackedIntegerKernel::prepareRow(Value row) {
  constexpr int64_t width = 32;
  Value first = b.mul(row, rowSize);
  forGroups({}, [&](Value group, int64_t size, ValueRange) {
    Value source = b.mul(group, packed.getGroupSize());
    Value target =
        b.add(first, b.mul(group, getPaddedGroup(packed.getGroupSize())));
    b.forPieces(
        size / width, width, size % width, {},
        [&](Value piece, int64_t count, ValueRange) {
          Value offset = b.mul(piece, width);
          Value values =
              b.loadPart(codes, {row, b.add(source, offset)}, count, width);
          auto type = VectorType::get(width, activationType);
          if (values.getType() != type)
            values = arith::ExtSIOp::create(b, type, values);
          vector::StoreOp::create(b, values, prepared, b.add(target, offset));
          return SmallVector<Value>();
        });
    return SmallVector<Value>();
  });
  if (!sums)
    return;
  Value factor = arith::ConstantOp::create(
      b, b.getI32IntegerAttr(-packed.getStoredZeroPoint()));
  b.forLoop(b.index(0), b.index(packed.getNumGroups()), 1, [&](Value group) {
    Value sum = memref::LoadOp::create(b, sums, ValueRange{row, group});
    memref::StoreOp::create(b, arith::MulIOp::create(b, sum, factor),
                            compensations, ValueRange{row, group});
  });
}

Value PackedIntegerKernel::broadcastActivations(Value position,
                                                int64_t offset) {
  auto type = VectorType::get(depth, activationType);
  Value word = vector::LoadOp::create(b, type, prepared,
                                      b.add(position, b.index(offset)));
  word = vector::BitCastOp::create(b, VectorType::get(1, b.getI32Type()), word);
  return b.splat(vector::ExtractOp::create(b, word, 0), lanes);
}

/// The dot products of one step: weights once, for all rows.
void PackedIntegerKernel::emitStep(Value activations, int64_t numRows,
                                   Value weightOffset, int64_t step,
                                   MutableArrayRef<Value> sums) {
  int64_t registerBytes = packed.getStepBytes() / numRegisters;
  SmallVector<SmallVector<Value>> expanded;
  for (int64_t i = 0; i < numRegisters; ++i)
    expanded.push_back(kernel.expand(
        b, formats,
        loadBytes(weightOffset, step * numRegisters + i, registerBytes)));
  for (int64_t part = 0; part < dotsPerStep; ++part)
    for (int64_t r = 0; r < numRows; ++r) {
      int64_t offset = r * rowSize + (step * dotsPerStep + part) * depth;
      Value word = broadcastActivations(activations, offset);
      for (int64_t i = 0; i < numRegisters; ++i) {
        Value &sum = sums[r * numRegisters + i];
        sum = kernel.dot(b, formats, sum, expanded[i][part], word);
      }
    }
}

SmallVector<Value> PackedIntegerKernel::emitGroup(Value row, int64_t numRows,
                                                  Value group, int64_t size,
                                                  Value groupOffset) {
  SmallVector<Value> inits;
  for (int64_t r = 0; r < numRows; ++r) {
    Value init = b.zeros(lanes, b.getI32Type());
    if (sums)
      init = b.splat(
          memref::LoadOp::create(b, compensations,
                                 ValueRange{b.add(row, b.index(r)), group}),
          lanes);
    inits.append(numRegisters, init);
  }
  Value weightOffset = b.add(groupOffset, b.index(packed.getScaleBytes()));
  Value activations = b.add(
      b.mul(row, rowSize), b.mul(group, getPaddedGroup(packed.getGroupSize())));
  int64_t numSteps = packed.getNumSteps(size);
  int64_t span = kernel.getSpan(formats) / dotsPerStep; // steps
  if (span == 0)
    return emitSteps(activations, numRows, weightOffset, numSteps, inits);
  return b.forPieces(
      numSteps / span, span, numSteps % span, inits,
      [&](Value index, int64_t count, ValueRange carried) {
        auto type = VectorType::get(2 * lanes, b.getI16Type());
        SmallVector<Value> zeros(
            inits.size(), b.zeros(type.getNumElements(), b.getI16Type()));
        Value first = b.mul(index, span);
        SmallVector<Value> sums = emitSteps(
            b.add(activations, b.mul(first, dotsPerStep * depth)), numRows,
            b.add(weightOffset, b.mul(first, packed.getStepBytes())), count,
            zeros);
        for (auto [sum, total] : llvm::zip_equal(sums, carried))
          sum = kernel.endSpan(b, formats, total, sum);
        return sums;
      });
}

SmallVector<Value> PackedIntegerKernel::emitSteps(Value activations,
                                                  int64_t numRows,
                                                  Value weightOffset,
                                                  int64_t numSteps,
                                                  ValueRange inits) {
  int64_t unrolled = numRows == 1 ? kUnrolledSteps : 1;
  return b.forPieces(
      numSteps / unrolled, unrolled, numSteps % unrolled, inits,
      [&](Value index, int64_t count, ValueRange carried) {
        Value first = b.mul(index, unrolled);
        Value offset = b.add(weightOffset, b.mul(first, packed.getStepBytes()));
        if (numRows == 1)
          prefetch(offset, count * packed.getStepBytes());
        SmallVector<Value> sums(carried);
        for (int64_t step = 0; step < count; ++step)
          emitStep(b.add(activations, b.mul(first, dotsPerStep * depth)),
                   numRows, offset, step, sums);
        return sums;
      });
}

SmallVector<Value> PackedIntegerKernel::addToTotals(ArrayRef<Value> dots,
                                                    ArrayRef<Value> scales,
                                                    ValueRange carried,
                                                    int64_t numRows) {
  SmallVector<Value> next;
  auto type = VectorType::get(lanes, b.getF32Type());
  for (auto [index, dot] : llvm::enumerate(dots)) {
    Value value = arith::SIToFPOp::create(b, type, dot);
    Value factor = scales[index % numRegisters];
    Value place = b.index(index * lanes);
    if (!areTotalsInMemory(numRows)) {
      next.push_back(math::FmaOp::create(b, value, factor, carried[index]));
      continue;
    }
    Value total = vector::LoadOp::create(b, type, totals, place);
    vector::StoreOp::create(b, math::FmaOp::create(b, value, factor, total),
                            totals, place);
  }
  return next;
}

/// y = (f32(d) * sw) * sa, or acc = fma(f32(d), sw, acc) over groups and y =
/// acc * sa.
void PackedIntegerKernel::emitTile(Value row, int64_t numRows) {
  auto type = VectorType::get(lanes, b.getF32Type());
  int64_t size = numRows * numRegisters;
  SmallVector<Value> zeros(size, b.zeros(lanes, b.getF32Type()));
  bool isInMemory = areTotalsInMemory(numRows);
  if (isInMemory)
    for (auto [index, zero] : llvm::enumerate(zeros))
      vector::StoreOp::create(b, zero, totals, b.index(index * lanes));
  SmallVector<Value> tile = forGroups(
      hasGroups && !isInMemory ? ValueRange(zeros) : ValueRange(),
      [&](Value group, int64_t size, ValueRange carried) {
        Value offset = getGroupOffset(group);
        SmallVector<Value> dots = emitGroup(row, numRows, group, size, offset);
        SmallVector<Value> scales = loadScales(offset);
        if (hasGroups)
          return addToTotals(dots, scales, carried, numRows);
        for (auto [index, dot] : llvm::enumerate(dots))
          dot = arith::MulFOp::create(b, arith::SIToFPOp::create(b, type, dot),
                                      scales[index % numRegisters]);
        return dots;
      });
  if (isInMemory)
    for (int64_t i = 0; i < size; ++i)
      tile.push_back(
          vector::LoadOp::create(b, type, totals, b.index(i * lanes)));
  for (auto [index, value] : llvm::enumerate(tile)) {
    Value factor = memref::LoadOp::create(
        b, scale,
        ValueRange{b.add(row, b.index(index / numRegisters)), b.index(0)});
    value = arith::MulFOp::create(b, value, b.splat(b.toF32(factor), lanes));
  }
  storeTile(row, numRows, tile);
}

void PackedIntegerKernel::emit() {
  prepared = memref::AllocOp::create(
      b, MemRefType::get({ShapedType::kDynamic}, activationType),
      ValueRange{b.mul(numRows, rowSize)}, b.getI64IntegerAttr(64));
  if (sums)
    compensations = memref::AllocOp::create(
        b,
        MemRefType::get({ShapedType::kDynamic, packed.getNumGroups()},
                        b.getI32Type()),
        ValueRange{numRows}, b.getI64IntegerAttr(64));
  OpFoldResult work = b.getIndexAttr(llvm::divideCeil(packed.getDepth(), 16));
  buildParallelFor(b, b.getLoc(), numRows, {numRows, work},
                   [&](Value row) { prepareRow(row); });
  forTiles([&](Value row, int64_t count) { emitTile(row, count); });
  memref::DeallocOp::create(b, prepared);
  if (sums)
    memref::DeallocOp::create(b, compensations);
  func::ReturnOp::create(b);
}

void ptq::emitPackedIntegerKernel(func::FuncOp function,
                                  const PackedKernelShape &shape) {
  PackedIntegerKernel(function, shape).emit();
}
