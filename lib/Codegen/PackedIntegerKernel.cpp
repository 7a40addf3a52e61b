//===- PackedIntegerKernel.cpp - Codes times packed codes -----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The zero point of the weights costs nothing: sums start from
// -zp * sum(activations).
//
//===----------------------------------------------------------------------===//

#include "PreparedCodes.h"
#include "ScalableGroup.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// Steps whose code is unrolled: of one row, which leaves registers free, many.
/// Of more rows only as many as share a load of activations: the backend moves
/// apart what shares a broadcast, and then has to spill it.
constexpr int64_t kUnrolledSteps = 4;

class PackedIntegerKernel : PackedKernelBuilder {
public:
  PackedIntegerKernel(func::FuncOp function, const PackedKernelShape &shape);
  void emit();

private:
  void emitTile(Value row, int64_t numRows);
  /// The products of a group, exact in i32, of each row group and register.
  SmallVector<Value> emitGroup(Value row, int64_t numRows, Value group,
                               int64_t size, Value groupOffset);
  /// Dot products of steps that lie one behind the other.
  SmallVector<Value> emitSteps(Value activations, int64_t numRows,
                               Value weightOffset, int64_t numSteps,
                               ValueRange inits);
  void emitStep(Value activations, Value weightOffset, int64_t step,
                MutableArrayRef<std::pair<int64_t, Value>> loaded,
                MutableArrayRef<Value> sums);
  /// `inits` and the dot products of a group by vectors of any length.
  SmallVector<Value> addScalableSums(ArrayRef<Value> inits, Value activations,
                                     int64_t numRows, Value weightOffset,
                                     int64_t numSteps);
  /// The scales of a group, as the registers of sums of a row group have them.
  SmallVector<Value> loadScalesOfSums(Value groupOffset);
  /// acc = fma(f32(d), sw, acc), in registers or in memory.
  SmallVector<Value> addToTotals(ArrayRef<Value> dots, ArrayRef<Value> scales,
                                 ValueRange carried, int64_t numRows);
  /// Registers of rows from registers of sums.
  SmallVector<Value> separateRows(ArrayRef<Value> sums, int64_t numRows);
  bool areTotalsInMemory(int64_t numRows) const {
    return hasGroups && kernel.keepsTotalsInMemory(formats, numRows);
  }
  int64_t getNumRowGroups(int64_t numRows) const {
    return llvm::divideCeil(numRows, rowsOfSums);
  }

  PreparedCodes prepared;
  Value codes, scale, sums;
  bool hasGroups;
  int64_t depth, dotsPerStep; // codes in a dot product, dot products in a step
  int64_t rowsOfSums, registersOfSums; // rows and registers of a row group
};

} // namespace

PackedIntegerKernel::PackedIntegerKernel(func::FuncOp function,
                                         const PackedKernelShape &shape)
    : PackedKernelBuilder(function, shape), prepared(b, shape),
      codes(function.getArgument(0)), scale(function.getArgument(1)),
      hasGroups(packed.getFormat().getBlock().back() != 0),
      depth(packed.getLayout().getDepth()),
      dotsPerStep(packed.getLayout().getStepSize() / depth),
      rowsOfSums(kernel.getRowsOfSums(formats)),
      registersOfSums(numRegisters * rowsOfSums) {
  if (shape.hasSums())
    sums = function.getArgument(2);
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

/// The dot products of one step: weights once, for all rows.
void PackedIntegerKernel::emitStep(
    Value activations, Value weightOffset, int64_t step,
    MutableArrayRef<std::pair<int64_t, Value>> loaded,
    MutableArrayRef<Value> sums) {
  int64_t registerBytes = packed.getStepBytes() / registersOfSums;
  SmallVector<SmallVector<Value>> expanded;
  for (int64_t i = 0; i < registersOfSums; ++i)
    expanded.push_back(kernel.expand(
        b, formats,
        loadBytes(weightOffset, step * registersOfSums + i, registerBytes)));
  for (int64_t part = 0; part < dotsPerStep; ++part)
    for (int64_t r = 0, e = loaded.size(); r < e; ++r) {
      Value word =
          prepared.load(activations, r, step * dotsPerStep + part, loaded);
      for (int64_t i = 0; i < registersOfSums; ++i) {
        Value &sum = sums[r * registersOfSums + i];
        sum = kernel.dot(b, formats, sum, expanded[i][part], word);
      }
    }
}

SmallVector<Value> PackedIntegerKernel::emitGroup(Value row, int64_t numRows,
                                                  Value group, int64_t size,
                                                  Value groupOffset) {
  SmallVector<Value> inits;
  for (Value init : prepared.getInitialSums(row, numRows, group))
    inits.append(registersOfSums, init);
  Value weightOffset = b.add(groupOffset, b.index(packed.getScaleBytes()));
  Value activations = prepared.getPosition(row, group);
  int64_t numSteps = packed.getNumSteps(size);
  if (kernel.isScalable())
    return addScalableSums(inits, activations, numRows, weightOffset, numSteps);
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
            prepared.advance(activations, b.mul(first, dotsPerStep)), numRows,
            b.add(weightOffset, b.mul(first, packed.getStepBytes())), count,
            zeros);
        for (auto [sum, total] : llvm::zip_equal(sums, carried))
          sum = kernel.endSpan(b, formats, total, sum);
        return sums;
      });
}

SmallVector<Value> PackedIntegerKernel::addScalableSums(ArrayRef<Value> inits,
                                                        Value activations,
                                                        int64_t numRows,
                                                        Value weightOffset,
                                                        int64_t numSteps) {
  ScalableGroup(b, shape, prepared, weights, groupSums)
      .emit(activations, numRows, weightOffset, numSteps);
  SmallVector<Value> sums;
  auto type = VectorType::get(lanes, b.getI32Type());
  for (auto [index, init] : llvm::enumerate(inits))
    sums.push_back(b.add(init, vector::LoadOp::create(b, type, groupSums,
                                                      b.index(index * lanes))));
  return sums;
}

SmallVector<Value> PackedIntegerKernel::emitSteps(Value activations,
                                                  int64_t numRows,
                                                  Value weightOffset,
                                                  int64_t numSteps,
                                                  ValueRange inits) {
  int64_t dotsPerLoad = kernel.getDotsPerLoad(formats);
  int64_t unrolled = std::max<int64_t>(dotsPerLoad / dotsPerStep, 1);
  if (numRows == 1)
    unrolled = kUnrolledSteps;
  else if (dotsPerLoad > 1 && numSteps <= 2 * unrolled)
    unrolled = numSteps; // a small group
  return b.forPieces(
      numSteps / unrolled, unrolled, numSteps % unrolled, inits,
      [&](Value index, int64_t count, ValueRange carried) {
        Value first = b.mul(index, unrolled);
        Value offset = b.add(weightOffset, b.mul(first, packed.getStepBytes()));
        Value position =
            prepared.advance(activations, b.mul(first, dotsPerStep));
        if (numRows == 1)
          prefetch(offset, count * packed.getStepBytes());
        SmallVector<Value> sums(carried);
        SmallVector<std::pair<int64_t, Value>> loaded(getNumRowGroups(numRows));
        for (int64_t step = 0; step < count; ++step)
          emitStep(position, offset, step, loaded, sums);
        return sums;
      });
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

SmallVector<Value> PackedIntegerKernel::loadScalesOfSums(Value groupOffset) {
  SmallVector<Value> scales = loadScales(groupOffset), spread;
  if (rowsOfSums == 1)
    return scales;
  for (int64_t i = 0; i < registersOfSums; ++i) {
    SmallVector<int64_t> mask;
    int64_t count = lanes / rowsOfSums;
    for (int64_t lane = 0; lane < lanes; ++lane)
      mask.push_back(i % rowsOfSums * count + lane % count);
    Value scale = scales[i / rowsOfSums];
    spread.push_back(b.shuffle(scale, scale, mask));
  }
  return spread;
}

SmallVector<Value> PackedIntegerKernel::separateRows(ArrayRef<Value> sums,
                                                     int64_t numRows) {
  if (rowsOfSums == 1)
    return SmallVector<Value>(sums);
  SmallVector<Value> rows;
  int64_t half = lanes / 2;
  for (int64_t r = 0; r < numRows; ++r)
    for (int64_t i = 0; i < numRegisters; ++i) {
      int64_t first = r / 2 * registersOfSums + 2 * i;
      SmallVector<int64_t> mask;
      for (int64_t lane = 0; lane < lanes; ++lane)
        mask.push_back(lane % half + r % 2 * half + lane / half * lanes);
      rows.push_back(b.shuffle(sums[first], sums[first + 1], mask));
    }
  return rows;
}

SmallVector<Value> PackedIntegerKernel::addToTotals(ArrayRef<Value> dots,
                                                    ArrayRef<Value> scales,
                                                    ValueRange carried,
                                                    int64_t numRows) {
  SmallVector<Value> next;
  auto type = VectorType::get(lanes, b.getF32Type());
  for (auto [index, dot] : llvm::enumerate(dots)) {
    Value value = prepared.toF32(dot);
    Value factor = scales[index % registersOfSums];
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
  int64_t size = getNumRowGroups(numRows) * registersOfSums;
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
        SmallVector<Value> scales = loadScalesOfSums(offset);
        if (hasGroups)
          return addToTotals(dots, scales, carried, numRows);
        for (auto [index, dot] : llvm::enumerate(dots))
          dot = arith::MulFOp::create(b, prepared.toF32(dot),
                                      scales[index % registersOfSums]);
        return dots;
      });
  if (isInMemory)
    for (int64_t i = 0; i < size; ++i)
      tile.push_back(
          vector::LoadOp::create(b, type, totals, b.index(i * lanes)));
  tile = separateRows(tile, numRows);
  for (auto [index, value] : llvm::enumerate(tile)) {
    Value factor = memref::LoadOp::create(
        b, scale,
        ValueRange{b.add(row, b.index(index / numRegisters)), b.index(0)});
    value = arith::MulFOp::create(b, value, b.splat(b.toF32(factor), lanes));
  }
  storeTile(row, numRows, tile);
}

void PackedIntegerKernel::emit() {
  prepared.prepare(codes, sums, numRows);
  forTiles([&](Value row, int64_t count) { emitTile(row, count); });
  prepared.release();
  func::ReturnOp::create(b);
}

void ptq::emitPackedIntegerKernel(func::FuncOp function,
                                  const PackedKernelShape &shape) {
  PackedIntegerKernel(function, shape).emit();
}
