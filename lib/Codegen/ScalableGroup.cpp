//===- ScalableGroup.cpp - Sums of a group, vectors of any length ---------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalableGroup.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ptq;

/// Bytes of a column in a step.
static int64_t getColumnBytes(PackedAttr packed) {
  return packed.getStepBytes() / packed.getLayout().getColumns();
}

SmallVector<Value> ScalableGroup::emitSteps(Value activations, int64_t numRows,
                                            Value weightOffset,
                                            int64_t numSteps, Value mask,
                                            ValueRange inits) {
  int64_t depth = packed.getLayout().getDepth();
  int64_t dotsPerStep = packed.getLayout().getStepSize() / depth;
  int64_t dotsPerLoad = kernel.getDotsPerLoad(formats);
  int64_t stepsPerLoad = dotsPerLoad / dotsPerStep;
  auto bytes = getType(16, b.getI8Type());
  Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(bytes));
  return b.forPieces(
      numSteps / stepsPerLoad, stepsPerLoad, numSteps % stepsPerLoad, inits,
      [&](Value index, int64_t count, ValueRange carried) {
        Value first = b.mul(index, stepsPerLoad);
        Value position =
            prepared.advance(activations, b.mul(first, dotsPerStep));
        Value offset = b.add(weightOffset, b.mul(first, packed.getStepBytes()));
        SmallVector<Value> sums(carried), rows;
        for (int64_t r = 0; r < numRows; ++r)
          rows.push_back(prepared.loadCodes(position, r, dotsPerLoad * depth));
        for (int64_t step = 0; step < count; ++step) {
          Value place = b.add(offset, b.index(step * packed.getStepBytes()));
          Value loaded = vector::MaskedLoadOp::create(b, bytes, weights, place,
                                                      mask, zeros);
          SmallVector<Value> codes = kernel.expand(b, formats, loaded);
          for (int64_t part = 0; part < dotsPerStep; ++part)
            for (int64_t r = 0; r < numRows; ++r)
              sums[r] = kernel.dotByLane(b, sums[r], codes[part], rows[r],
                                         step * dotsPerStep + part);
        }
        return sums;
      });
}

void ScalableGroup::emit(Value activations, int64_t numRows, Value weightOffset,
                         int64_t numSteps) {
  int64_t columns = packed.getLayout().getColumns();
  int64_t columnBytes = getColumnBytes(packed);
  auto type = getType(kernel.getNumLanes(), b.getI32Type());
  Value lanes = arith::MulIOp::create(b, vector::VectorScaleOp::create(b),
                                      b.index(kernel.getNumLanes()));
  auto loop = scf::ForOp::create(b, b.index(0), b.index(columns), lanes);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value column = loop.getInductionVar();
  Value rest = arith::SubIOp::create(b, b.index(columns), column);
  auto makeMask = [&](VectorType masked, Value size) -> Value {
    return vector::CreateMaskOp::create(b, masked.clone(b.getI1Type()), size);
  };
  Value mask = makeMask(getType(16, b.getI8Type()), b.mul(rest, columnBytes));
  Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(type));
  SmallVector<Value> sums = emitSteps(
      activations, numRows, b.add(weightOffset, b.mul(column, columnBytes)),
      numSteps, mask, SmallVector<Value>(numRows, zeros));
  mask = makeMask(type, rest);
  for (auto [row, sum] : llvm::enumerate(sums))
    vector::MaskedStoreOp::create(
        b, memory, b.add(column, b.index(row * columns)), mask, sum);
}
