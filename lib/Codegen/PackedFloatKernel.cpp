//===- PackedFloatKernel.cpp - Float rows times packed weights ------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The order of the fused multiply-adds is part of the arithmetic, ascending k
// for each output column: a lane is a column, and a panel has one column of
// registers for each k.
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

/// Elements along K whose code is unrolled; of more rows than one a step.
constexpr int64_t kUnrolled = 8;

class PackedFloatKernel : PackedKernelBuilder {
public:
  PackedFloatKernel(func::FuncOp function, const PackedKernelShape &shape)
      : PackedKernelBuilder(function, shape), rows(function.getArgument(0)),
        rowSize(llvm::alignTo(packed.getDepth(), 16) + 16) {}
  void emit();

private:
  void prepareRow(Value row);
  void emitTile(Value row, int64_t numRows);
  /// sum[r][n] = fma(x[r][k], f32(w[k][n] - zp), sum) for ascending k.
  SmallVector<Value> emitGroup(Value row, int64_t numRows, Value group,
                               int64_t size, Value weightOffset);
  void emitStep(Value position, int64_t numRows, Value weightOffset,
                int64_t step, int64_t count, MutableArrayRef<Value> sums);
  /// The weights of one register's part of a step as f32, one value per k.
  SmallVector<Value> loadWeights(Value offset, int64_t index);

  Value rows;
  Value prepared; // the rows, at a constant distance
  int64_t rowSize;
};

} // namespace

SmallVector<Value> PackedFloatKernel::loadWeights(Value offset, int64_t index) {
  int64_t bits = packed.getLayout().getBits();
  Value bytes = loadBytes(offset, index, packed.getStepBytes() / numRegisters);
  if (bits > 8)
    return {b.toF32(vector::BitCastOp::create(
        b, VectorType::get(lanes, packed.getElement()), bytes))};
  auto integers = VectorType::get(lanes, b.getI32Type());
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(integers, b.getI32IntegerAttr(value)));
  };
  Value wide = arith::ExtUIOp::create(b, integers, bytes);
  SmallVector<Value> codes{wide};
  if (bits == 4)
    codes = {arith::AndIOp::create(b, wide, constant(15)),
             arith::ShRUIOp::create(b, wide, constant(4))};
  Value zeroPoint = constant(packed.getStoredZeroPoint());
  for (Value &code : codes)
    code = arith::SIToFPOp::create(b, VectorType::get(lanes, b.getF32Type()),
                                   arith::SubIOp::create(b, code, zeroPoint));
  return codes;
}

void PackedFloatKernel::emitStep(Value position, int64_t numRows,
                                 Value weightOffset, int64_t step,
                                 int64_t count, MutableArrayRef<Value> sums) {
  int64_t stepSize = packed.getLayout().getStepSize();
  SmallVector<SmallVector<Value>> values;
  for (int64_t i = 0; i < numRegisters; ++i)
    values.push_back(loadWeights(weightOffset, step * numRegisters + i));
  for (int64_t part = 0; part < count; ++part)
    for (int64_t r = 0; r < numRows; ++r) {
      int64_t offset = r * rowSize + step * stepSize + part;
      Value x = b.splat(
          memref::LoadOp::create(b, prepared, b.add(position, b.index(offset))),
          lanes);
      for (int64_t i = 0; i < numRegisters; ++i) {
        Value &sum = sums[r * numRegisters + i];
        sum = math::FmaOp::create(b, x, values[i][part], sum);
      }
    }
}

SmallVector<Value> PackedFloatKernel::emitGroup(Value row, int64_t numRows,
                                                Value group, int64_t size,
                                                Value weightOffset) {
  int64_t stepSize = packed.getLayout().getStepSize();
  int64_t stepBytes = packed.getStepBytes();
  Value position =
      b.add(b.mul(row, rowSize), b.mul(group, packed.getGroupSize()));
  SmallVector<Value> zeros(numRows * numRegisters,
                           b.zeros(lanes, b.getF32Type()));
  int64_t unrolled = numRows == 1 ? kUnrolled : stepSize;
  return b.forPieces(size / unrolled, unrolled, size % unrolled, zeros,
                     [&](Value index, int64_t count, ValueRange carried) {
                       int64_t steps = unrolled / stepSize;
                       Value offset =
                           b.add(weightOffset, b.mul(index, steps * stepBytes));
                       Value rowPosition =
                           b.add(position, b.mul(index, unrolled));
                       if (numRows == 1)
                         prefetch(offset, steps * stepBytes);
                       SmallVector<Value> sums(carried);
                       for (int64_t k = 0; k < count; k += stepSize)
                         emitStep(rowPosition, numRows, offset, k / stepSize,
                                  std::min(stepSize, count - k), sums);
                       return sums;
                     });
}

/// y = p for floats; acc = fma(p, sw, acc) over groups for codes.
void PackedFloatKernel::emitTile(Value row, int64_t numRows) {
  auto type = VectorType::get(lanes, b.getF32Type());
  int64_t size = numRows * numRegisters;
  SmallVector<Value> zeros(size, b.zeros(lanes, b.getF32Type()));
  bool hasScales = bool(packed.getFormat());
  bool isInMemory = hasScales && kernel.keepsTotalsInMemory(formats, numRows);
  if (isInMemory)
    for (auto [index, zero] : llvm::enumerate(zeros))
      vector::StoreOp::create(b, zero, totals, b.index(index * lanes));
  SmallVector<Value> tile = forGroups(
      hasScales && !isInMemory ? ValueRange(zeros) : ValueRange(),
      [&](Value group, int64_t size, ValueRange carried) {
        Value offset = getGroupOffset(group);
        SmallVector<Value> sums =
            emitGroup(row, numRows, group, size,
                      b.add(offset, b.index(packed.getScaleBytes())));
        if (!hasScales)
          return sums;
        SmallVector<Value> scales = loadScales(offset), next;
        for (auto [index, sum] : llvm::enumerate(sums)) {
          Value place = b.index(index * lanes);
          Value total =
              isInMemory ? Value(vector::LoadOp::create(b, type, totals, place))
                         : carried[index];
          total =
              math::FmaOp::create(b, sum, scales[index % numRegisters], total);
          if (isInMemory)
            vector::StoreOp::create(b, total, totals, place);
          else
            next.push_back(total);
        }
        return next;
      });
  if (isInMemory)
    for (int64_t i = 0; i < size; ++i)
      tile.push_back(
          vector::LoadOp::create(b, type, totals, b.index(i * lanes)));
  storeTile(row, numRows, tile);
}

void PackedFloatKernel::prepareRow(Value row) {
  constexpr int64_t width = 8;
  Value first = b.mul(row, rowSize);
  b.forPieces(packed.getDepth() / width, width, packed.getDepth() % width, {},
              [&](Value piece, int64_t count, ValueRange) {
                Value offset = b.mul(piece, width);
                Value values = b.loadPart(rows, {row, offset}, count, width);
                vector::StoreOp::create(b, values, prepared,
                                        b.add(first, offset));
                return SmallVector<Value>();
              });
}

void PackedFloatKernel::emit() {
  prepared = memref::AllocOp::create(
      b, MemRefType::get({ShapedType::kDynamic}, b.getF32Type()),
      ValueRange{b.mul(numRows, rowSize)}, b.getI64IntegerAttr(64));
  OpFoldResult work = b.getIndexAttr(llvm::divideCeil(packed.getDepth(), 16));
  buildParallelFor(b, b.getLoc(), numRows, {numRows, work},
                   [&](Value row) { prepareRow(row); });
  forTiles([&](Value row, int64_t count) { emitTile(row, count); });
  memref::DeallocOp::create(b, prepared);
  func::ReturnOp::create(b);
}

void ptq::emitPackedFloatKernel(func::FuncOp function,
                                const PackedKernelShape &shape) {
  PackedFloatKernel(function, shape).emit();
}
