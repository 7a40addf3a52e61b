//===- IntegerKernel.cpp - Codes times codes ------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lanes run along K: products of i16, added in i32 exactly, in any order. Eight
// results are computed together, 4 rows x 2 columns or 1 row x 8, because eight
// sums over lanes cost little more than one. A thread takes panels of eight
// columns; columns beyond N repeat the last one and are not stored.
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"
#include "ParallelFor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

constexpr int64_t kPanel = 8;   // columns
constexpr int64_t kResults = 8; // of a tile
constexpr int64_t kRows = 4;    // of a tile, while there are so many
constexpr int64_t kWidth = 16;  // bytes of a chunk, and lanes of a product

class IntegerKernel {
public:
  IntegerKernel(func::FuncOp function, const KernelShape &shape)
      : b(function.getLoc(), OpBuilder::atBlockBegin(&function.front())),
        shape(shape), codes(function.getArgument(0)),
        scale(function.getArgument(1)), result(function.getArguments().back()),
        codesPerChunk(shape.getCodesPerChunk(b.getI8Type())) {
    ArrayRef<BlockArgument> inputs = function.getArguments().drop_back();
    if (shape.hasMultipliers) {
      weightMultipliers = inputs.back();
      inputs = inputs.drop_back();
    }
    weightScales = inputs.back();
    weights = inputs.drop_back().back();
    if (shape.zeroPoint != 0)
      sums = function.getArgument(2);
  }

  void emit();

private:
  int64_t getNumChunks(int64_t numCodes) {
    return llvm::divideCeil(numCodes, codesPerChunk);
  }
  /// Visits the groups, with their number and size.
  SmallVector<Value> forGroups(
      ValueRange inits,
      llvm::function_ref<SmallVector<Value>(Value, int64_t, ValueRange)> body) {
    return b.forPieces(shape.getNumFullGroups(), shape.groupSize,
                       shape.getTailSize(), inits, body);
  }
  /// Visits the chunks of a group, with the number of codes in each.
  SmallVector<Value> forChunks(
      int64_t groupSize, ValueRange inits,
      llvm::function_ref<SmallVector<Value>(Value, int64_t, ValueRange)> body) {
    return b.forPieces(groupSize / codesPerChunk, codesPerChunk,
                       groupSize % codesPerChunk, inits, body);
  }
  /// Where chunk `chunk` of group `group` starts in a widened row.
  Value getWidenedOffset(Value group, Value chunk) {
    Value first = b.mul(group, getNumChunks(shape.groupSize));
    return b.mul(b.add(first, chunk), codesPerChunk);
  }

  void widenRow(Value row);
  void emitPanel(Value panel);
  void loadScales();
  void loadMultipliers();
  int64_t getNumScales() const {
    return shape.hasMultipliers ? 1 : shape.getNumGroups();
  }
  void emitTile(Value row, int64_t numRows, int64_t firstColumn);
  Value emitDot(Value group, int64_t groupSize, Value row, int64_t numRows,
                int64_t firstColumn);
  /// d of a group: emitDot() less what the zero point adds to it.
  Value emitCenteredDot(Value group, int64_t groupSize, Value row,
                        int64_t numRows, int64_t firstColumn);
  /// One number per column, from row `group` of [G, kPanel], for each result
  /// of a tile.
  Value repeatPerColumn(Value numbers, Value group, int64_t numRows,
                        int64_t firstColumn);
  /// f32(d) * sw, or the sum over groups.
  Value emitScaledDot(Value row, int64_t numRows, int64_t firstColumn);
  Value addProducts(Value accumulator, Value activations, Value weights);
  /// One number per row, for each result of a tile.
  Value repeatPerRow(int64_t numRows, llvm::function_ref<Value(Value)> load,
                     Value row);

  KernelBuilder b;
  const KernelShape &shape;
  Value codes, scale, sums, weights, weightScales, weightMultipliers, result;
  int64_t codesPerChunk;
  Value numRows;     // M
  Value widened;     // [M, chunks * codesPerChunk] i16, zero beyond each group
  Value scales;      // [G, kPanel] f32, of the panel; [1, kPanel] beside
  Value multipliers; // [G, kPanel] i32
  SmallVector<Value> columns;
  Value panelStart, isWholePanel;
};

} // namespace

/// The codes of a row as i16, each group padded with zeros to whole chunks;
/// with two codes per byte of weights, the even and the odd codes of a chunk
/// apart.
void IntegerKernel::widenRow(Value row) {
  forGroups({}, [&](Value group, int64_t size, ValueRange) {
    forChunks(size, {}, [&](Value chunk, int64_t count, ValueRange) {
      Value position =
          b.add(b.mul(group, shape.groupSize), b.mul(chunk, codesPerChunk));
      Value bytes = b.loadPart(codes, {row, position}, count, codesPerChunk);
      if (shape.storage == WeightStorage::Nibbles) {
        SmallVector<int64_t> apart;
        for (int64_t parity : {0, 1})
          for (int64_t i = parity; i < codesPerChunk; i += 2)
            apart.push_back(i);
        bytes = b.shuffle(bytes, bytes, apart);
      }
      auto type = VectorType::get(codesPerChunk, b.getI16Type());
      Value wide = arith::ExtSIOp::create(b, type, bytes);
      vector::StoreOp::create(b, wide, widened,
                              ValueRange{row, getWidenedOffset(group, chunk)});
      return SmallVector<Value>();
    });
    return SmallVector<Value>();
  });
}

void IntegerKernel::loadScales() {
  b.forLoop(b.index(0), b.index(getNumScales()), 1, [&](Value group) {
    for (auto [index, column] : llvm::enumerate(columns)) {
      Value value =
          memref::LoadOp::create(b, weightScales, ValueRange{column, group});
      memref::StoreOp::create(b, b.toF32(value), scales,
                              ValueRange{group, b.index(index)});
    }
  });
}

void IntegerKernel::loadMultipliers() {
  b.forLoop(b.index(0), b.index(shape.getNumGroups()), 1, [&](Value group) {
    for (auto [index, column] : llvm::enumerate(columns)) {
      Value value = memref::LoadOp::create(b, weightMultipliers,
                                           ValueRange{column, group});
      value = shape.areMultipliersSigned
                  ? Value(arith::ExtSIOp::create(b, b.getI32Type(), value))
                  : Value(arith::ExtUIOp::create(b, b.getI32Type(), value));
      memref::StoreOp::create(b, value, multipliers,
                              ValueRange{group, b.index(index)});
    }
  });
}

Value IntegerKernel::addProducts(Value accumulator, Value activations,
                                 Value weights) {
  auto type = VectorType::get(kWidth, b.getI32Type());
  Value left = arith::ExtSIOp::create(b, type, activations);
  Value right = shape.isSigned
                    ? Value(arith::ExtSIOp::create(b, type, weights))
                    : Value(arith::ExtUIOp::create(b, type, weights));
  Value products = arith::MulIOp::create(b, left, right);
  if (!shape.addsPairs)
    return b.add(accumulator, products);
  constexpr int64_t even[] = {0, 2, 4, 6, 8, 10, 12, 14};
  constexpr int64_t odd[] = {1, 3, 5, 7, 9, 11, 13, 15};
  return b.add(accumulator, b.add(b.shuffle(products, products, even),
                                  b.shuffle(products, products, odd)));
}

/// Sums of products of one group, not yet corrected for the zero point: lane
/// r * columns + c for row r and column c of the tile.
Value IntegerKernel::emitDot(Value group, int64_t groupSize, Value row,
                             int64_t numRows, int64_t firstColumn) {
  int64_t numColumns = kResults / numRows;
  int64_t bytesPerGroup = shape.storage == WeightStorage::Nibbles
                              ? shape.groupSize / 2
                              : shape.groupSize;
  int64_t accumulatorWidth = shape.addsPairs ? kWidth / 2 : kWidth;
  SmallVector<Value> inits(kResults, b.zeros(accumulatorWidth, b.getI32Type()));
  SmallVector<Value> accumulators = forChunks(
      groupSize, inits, [&](Value chunk, int64_t count, ValueRange carried) {
        int64_t numBytes = shape.storage == WeightStorage::Nibbles
                               ? llvm::divideCeil(count, 2)
                               : count;
        Value position =
            b.add(b.mul(group, bytesPerGroup), b.mul(chunk, kWidth));
        Value offset = getWidenedOffset(group, chunk);
        SmallVector<SmallVector<Value>> expanded;
        for (int64_t c = 0; c < numColumns; ++c)
          expanded.push_back(b.expandCodes(
              b.loadPart(weights, {columns[firstColumn + c], position},
                         numBytes, kWidth),
              shape));
        SmallVector<Value> next(carried);
        for (int64_t r = 0; r < numRows; ++r)
          for (int64_t part = 0; part < codesPerChunk / kWidth; ++part) {
            Value activations = vector::LoadOp::create(
                b, VectorType::get(kWidth, b.getI16Type()), widened,
                ValueRange{b.add(row, b.index(r)),
                           b.add(offset, b.index(part * kWidth))});
            for (int64_t c = 0; c < numColumns; ++c) {
              Value &accumulator = next[r * numColumns + c];
              accumulator =
                  addProducts(accumulator, activations, expanded[c][part]);
            }
          }
        return next;
      });
  if (!shape.addsPairs)
    for (Value &accumulator : accumulators) {
      auto half = [&](int64_t offset) -> Value {
        return vector::ExtractStridedSliceOp::create(b, accumulator, offset,
                                                     kWidth / 2, 1);
      };
      accumulator = b.add(half(0), half(kWidth / 2));
    }
  return b.sumEach(std::move(accumulators));
}

Value IntegerKernel::repeatPerRow(int64_t numRows,
                                  llvm::function_ref<Value(Value)> load,
                                  Value row) {
  SmallVector<Value> lanes;
  for (int64_t r = 0; r < numRows; ++r)
    lanes.append(kResults / numRows, load(b.add(row, b.index(r))));
  return vector::FromElementsOp::create(
      b, VectorType::get(kResults, lanes.front().getType()), lanes);
}

Value IntegerKernel::repeatPerColumn(Value numbers, Value group,
                                     int64_t numRows, int64_t firstColumn) {
  int64_t numColumns = kResults / numRows;
  SmallVector<int64_t> perRow;
  for (int64_t lane = 0; lane < kResults; ++lane)
    perRow.push_back(lane % numColumns);
  auto type = VectorType::get(numColumns, getElementTypeOrSelf(numbers));
  Value values = vector::LoadOp::create(
      b, type, numbers, ValueRange{group, b.index(firstColumn)});
  return b.shuffle(values, values, perRow);
}

Value IntegerKernel::emitCenteredDot(Value group, int64_t groupSize, Value row,
                                     int64_t numRows, int64_t firstColumn) {
  Value dot = emitDot(group, groupSize, row, numRows, firstColumn);
  if (shape.zeroPoint == 0)
    return dot;
  Value sum = repeatPerRow(
      numRows,
      [&](Value r) -> Value {
        return memref::LoadOp::create(b, sums, ValueRange{r, group});
      },
      row);
  Value zeroPoint = arith::ConstantOp::create(
      b, DenseElementsAttr::get(cast<VectorType>(sum.getType()),
                                b.getI32IntegerAttr(shape.zeroPoint)));
  return arith::SubIOp::create(b, dot,
                               arith::MulIOp::create(b, sum, zeroPoint));
}

/// f32(d) * sw, with d = sum over groups of k * d[g] if there are multipliers;
/// or acc = fma(f32(d), sw, acc) over groups.
Value IntegerKernel::emitScaledDot(Value row, int64_t numRows,
                                   int64_t firstColumn) {
  auto type = VectorType::get(kResults, b.getF32Type());
  Value init = b.zeros(kResults, shape.hasMultipliers ? Type(b.getI32Type())
                                                      : Type(b.getF32Type()));
  Value total =
      forGroups(
          init,
          [&](Value group, int64_t size,
              ValueRange carried) -> SmallVector<Value> {
            Value dot = emitCenteredDot(group, size, row, numRows, firstColumn);
            Value factors =
                repeatPerColumn(shape.hasMultipliers ? multipliers : scales,
                                group, numRows, firstColumn);
            if (shape.hasMultipliers)
              return {b.add(carried.front(),
                            arith::MulIOp::create(b, dot, factors))};
            Value value = arith::SIToFPOp::create(b, type, dot);
            if (shape.hasGroups)
              return {math::FmaOp::create(b, value, factors, carried.front())};
            return {arith::MulFOp::create(b, value, factors)};
          })
          .front();
  if (!shape.hasMultipliers)
    return total;
  return arith::MulFOp::create(
      b, arith::SIToFPOp::create(b, type, total),
      repeatPerColumn(scales, b.index(0), numRows, firstColumn));
}

/// y = (f32(d) * sw) * sa, or acc * sa of the sum acc over groups.
void IntegerKernel::emitTile(Value row, int64_t numRows, int64_t firstColumn) {
  int64_t numColumns = kResults / numRows;
  Value total = emitScaledDot(row, numRows, firstColumn);
  Value rowScales = repeatPerRow(
      numRows,
      [&](Value r) {
        return b.toF32(
            memref::LoadOp::create(b, scale, ValueRange{r, b.index(0)}));
      },
      row);
  Value values = b.fromF32(arith::MulFOp::create(b, total, rowScales),
                           getElementTypeOrSelf(result));
  for (int64_t r = 0; r < numRows; ++r) {
    Value part = vector::ExtractStridedSliceOp::create(
        b, values, r * numColumns, numColumns, 1);
    b.storeUpTo(part, result, b.add(row, b.index(r)),
                b.add(panelStart, b.index(firstColumn)), shape.numColumns,
                isWholePanel);
  }
}

void IntegerKernel::emitPanel(Value panel) {
  panelStart = b.mul(panel, kPanel);
  Value last = b.index(shape.numColumns - 1);
  columns.clear();
  for (int64_t c = 0; c < kPanel; ++c)
    columns.push_back(b.min(b.add(panelStart, b.index(c)), last));
  isWholePanel = arith::CmpIOp::create(b, arith::CmpIPredicate::ule,
                                       b.add(panelStart, b.index(kPanel)),
                                       b.index(shape.numColumns));
  loadScales();
  if (shape.hasMultipliers)
    loadMultipliers();
  Value blocks = arith::DivUIOp::create(b, numRows, b.index(kRows));
  Value blockedRows = b.mul(blocks, kRows);
  b.forLoop(b.index(0), blockedRows, kRows, [&](Value row) {
    for (int64_t column = 0; column < kPanel; column += kResults / kRows)
      emitTile(row, kRows, column);
  });
  b.forLoop(blockedRows, numRows, 1, [&](Value row) { emitTile(row, 1, 0); });
}

void IntegerKernel::emit() {
  numRows = memref::DimOp::create(b, codes, 0);
  int64_t numChunks = shape.getNumFullGroups() * getNumChunks(shape.groupSize) +
                      getNumChunks(shape.getTailSize());
  widened = memref::AllocOp::create(
      b,
      MemRefType::get({ShapedType::kDynamic, numChunks * codesPerChunk},
                      b.getI16Type()),
      ValueRange{numRows}, b.getI64IntegerAttr(64));
  // A lane holds a product: 16 elementary operations are one instruction or so.
  OpFoldResult depth = b.getIndexAttr(llvm::divideCeil(shape.depth, kWidth));
  buildParallelFor(b, b.getLoc(), numRows, {numRows, depth},
                   [&](Value row) { widenRow(row); });
  buildParallelFor(
      b, b.getLoc(), b.getIndexAttr(llvm::divideCeil(shape.numColumns, kPanel)),
      {numRows, depth, b.getIndexAttr(shape.numColumns)},
      [&](Value panel) { emitPanel(panel); },
      [&] {
        scales = memref::AllocaOp::create(
            b, MemRefType::get({getNumScales(), kPanel}, b.getF32Type()));
        if (shape.hasMultipliers)
          multipliers = memref::AllocaOp::create(
              b,
              MemRefType::get({shape.getNumGroups(), kPanel}, b.getI32Type()));
      });
  memref::DeallocOp::create(b, widened);
  func::ReturnOp::create(b);
}

void ptq::emitIntegerKernel(func::FuncOp function, const KernelShape &shape) {
  IntegerKernel(function, shape).emit();
}
