//===- PackedIntegerGroup.cpp - Dot products of a group of codes ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PackedIntegerKernel.h"
#include "ScalableGroup.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ptq;

/// Steps whose code is unrolled: of one row, which leaves registers free, many.
/// Of more rows only as many as share a load of activations: the backend moves
/// apart what shares a broadcast, and then has to spill it.
static constexpr int64_t kUnrolledSteps = 4;

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

SmallVector<SmallVector<Value>>
PackedIntegerKernel::loadStep(const PanelView &view, Value offset,
                              int64_t step) {
  int64_t registerBytes = getStepBytes(view) / registersOfSums;
  auto type = VectorType::get(registerBytes, b.getI8Type());
  SmallVector<SmallVector<Value>> codes;
  for (int64_t i = 0; i < registersOfSums; ++i) {
    int64_t place = (step * registersOfSums + i) * registerBytes;
    Value bytes = vector::LoadOp::create(b, type, view.memory,
                                         b.add(offset, b.index(place)));
    codes.push_back(view.isExpanded ? SmallVector<Value>{bytes}
                                    : kernel.expand(b, formats, bytes));
  }
  return codes;
}

/// The dot products of one step: weights once, for all rows.
void PackedIntegerKernel::emitStep(
    const PanelView &view, Value activations, Value weightOffset, int64_t step,
    MutableArrayRef<std::pair<int64_t, Value>> loaded,
    MutableArrayRef<Value> sums) {
  SmallVector<SmallVector<Value>> codes = loadStep(view, weightOffset, step);
  int64_t numDots = getDotsPerStep(view);
  for (int64_t part = 0; part < numDots; ++part)
    for (int64_t r = 0, e = loaded.size(); r < e; ++r) {
      Value word = prepared.load(activations, r, step * numDots + part, loaded);
      for (int64_t i = 0; i < registersOfSums; ++i) {
        Value &sum = sums[r * registersOfSums + i];
        sum = kernel.dot(b, view.formats, sum, codes[i][part], word);
      }
    }
}

SmallVector<Value>
PackedIntegerKernel::emitSteps(const PanelView &view, Value activations,
                               int64_t numRows, Value weightOffset,
                               int64_t numSteps, ValueRange inits) {
  int64_t dotsPerLoad = kernel.getDotsPerLoad(view.formats);
  int64_t numDots = getDotsPerStep(view), stepBytes = getStepBytes(view);
  int64_t unrolled = std::max<int64_t>(dotsPerLoad / numDots, 1);
  if (numRows == 1)
    unrolled = kUnrolledSteps;
  else if (dotsPerLoad > 1 && numSteps <= 2 * unrolled)
    unrolled = numSteps; // a small group
  return b.forPieces(
      numSteps / unrolled, unrolled, numSteps % unrolled, inits,
      [&](Value index, int64_t count, ValueRange carried) {
        Value first = b.mul(index, unrolled);
        Value offset = b.add(weightOffset, b.mul(first, stepBytes));
        Value position = prepared.advance(activations, b.mul(first, numDots));
        if (numRows == 1 && !view.isExpanded)
          prefetch(offset, count * stepBytes);
        SmallVector<Value> sums(carried);
        SmallVector<std::pair<int64_t, Value>> loaded(getNumRowGroups(numRows));
        for (int64_t step = 0; step < count; ++step)
          emitStep(view, position, offset, step, loaded, sums);
        return sums;
      });
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

SmallVector<Value> PackedIntegerKernel::getInitialSums(const PanelView &view,
                                                       Value row,
                                                       int64_t numRows,
                                                       Value group) {
  SmallVector<Value> inits;
  if (!view.isExpanded) {
    for (Value init : prepared.getInitialSums(row, numRows, group))
      inits.append(registersOfSums, init);
    return inits;
  }
  int64_t size = getNumRowGroups(numRows) * registersOfSums;
  if (!biases)
    return SmallVector<Value>(size, b.zeros(lanes, b.getI32Type()));
  // Loads leave the pipes of dot products alone, moves of a register do not. At
  // the same places for every group, LLVM would make such moves of them.
  Value place = b.mul(group, lanes);
  auto type = VectorType::get(lanes, b.getI32Type());
  for (int64_t i = 0; i < size; ++i)
    inits.push_back(vector::LoadOp::create(b, type, biases,
                                           b.add(place, b.index(i * lanes))));
  return inits;
}

SmallVector<Value> PackedIntegerKernel::emitGroup(const PanelView &view,
                                                  Value row, int64_t numRows,
                                                  Value group, int64_t numSteps,
                                                  Value offset) {
  SmallVector<Value> inits = getInitialSums(view, row, numRows, group);
  Value activations = prepared.getPosition(row, group);
  if (kernel.isScalable())
    return addScalableSums(inits, activations, numRows, offset, numSteps);
  int64_t numDots = getDotsPerStep(view);
  int64_t span = kernel.getSpan(view.formats) / numDots; // steps
  if (span == 0)
    return emitSteps(view, activations, numRows, offset, numSteps, inits);
  return b.forPieces(
      numSteps / span, span, numSteps % span, inits,
      [&](Value index, int64_t count, ValueRange carried) {
        auto type = VectorType::get(2 * lanes, b.getI16Type());
        SmallVector<Value> zeros(
            inits.size(), b.zeros(type.getNumElements(), b.getI16Type()));
        Value first = b.mul(index, span);
        SmallVector<Value> sums = emitSteps(
            view, prepared.advance(activations, b.mul(first, numDots)), numRows,
            b.add(offset, b.mul(first, getStepBytes(view))), count, zeros);
        for (auto [sum, total] : llvm::zip_equal(sums, carried))
          sum = kernel.endSpan(b, view.formats, total, sum);
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
