//===- FloatKernel.cpp - Float rows times codes or floats -----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The order of the fused multiply-adds is part of the arithmetic: ascending k.
// Lanes are output columns, so that every CPU can vectorize it. A thread takes
// panels of 32 columns; it expands a piece of their weights to f32, transposed,
// and multiplies all rows with it. Columns beyond N repeat the last one and are
// not stored.
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

constexpr int64_t kWidth = 16; // lanes
constexpr int64_t kBlocks = 2; // of lanes in a panel
constexpr int64_t kPanel = kWidth * kBlocks;
constexpr int64_t kRows = 3;        // of a tile, while there are so many
constexpr int64_t kPieceSize = 128; // weights of a column expanded at a time

class FloatKernel {
public:
  FloatKernel(func::FuncOp function, const KernelShape &shape)
      : b(function.getLoc(), OpBuilder::atBlockBegin(&function.front())),
        shape(shape), rows(function.getArgument(0)),
        weights(function.getArgument(1)),
        result(function.getArguments().back()),
        hasGroups(shape.getNumGroups() > 1),
        pieceSize(hasGroups ? shape.groupSize : kPieceSize) {
    if (shape.storage != WeightStorage::Floats)
      weightScales = function.getArgument(2);
  }

  void emit();

private:
  VectorType getVectorType() { return VectorType::get(kWidth, b.getF32Type()); }

  void emitPanel(Value panel);
  void loadScales();
  /// Fills `expanded` with weights [begin, begin + size) of the panel.
  void expandPiece(Value begin, int64_t size);
  void expandChunk(Value block, Value begin, Value first, int64_t count);
  Value toFloats(Value codes);
  /// p = fma(x[k], w[k], p) over a piece, from what `sums` hold if the whole K
  /// is one group; else acc = fma(p, sw, acc).
  void accumulate(Value row, int64_t numRows, Value piece, Value begin,
                  int64_t size);
  void storeRow(Value row);

  KernelBuilder b;
  const KernelShape &shape;
  Value rows, weights, weightScales, result;
  bool hasGroups;
  int64_t pieceSize;
  Value numRows;
  Value expanded; // [pieceSize, kPanel] f32, of the thread
  Value scales;   // [G, kPanel] f32, of the thread
  Value sums;     // [panels, M, kPanel] f32
  Value panel, panelStart;
};

} // namespace

void FloatKernel::loadScales() {
  b.forLoop(b.index(0), b.index(kPanel), 1, [&](Value lane) {
    Value column =
        b.min(b.add(panelStart, lane), b.index(shape.numColumns - 1));
    b.forLoop(b.index(0), b.index(shape.getNumGroups()), 1, [&](Value group) {
      Value value =
          memref::LoadOp::create(b, weightScales, ValueRange{column, group});
      memref::StoreOp::create(b, b.toF32(value), scales,
                              ValueRange{group, lane});
    });
  });
}

Value FloatKernel::toFloats(Value codes) {
  if (shape.storage == WeightStorage::Floats)
    return b.toF32(codes);
  auto codeType = cast<VectorType>(codes.getType());
  auto type = codeType.clone(b.getI32Type());
  Value wide = shape.isSigned ? Value(arith::ExtSIOp::create(b, type, codes))
                              : Value(arith::ExtUIOp::create(b, type, codes));
  if (shape.zeroPoint != 0)
    wide = arith::SubIOp::create(
        b, wide,
        arith::ConstantOp::create(
            b, DenseElementsAttr::get(type,
                                      b.getI32IntegerAttr(shape.zeroPoint))));
  return arith::SIToFPOp::create(b, type.clone(b.getF32Type()), wide);
}

/// Weights [begin + first, ... + count) of 16 columns: rows of 16 bytes,
/// transposed in registers, converted, stored as rows of 16 columns.
void FloatKernel::expandChunk(Value block, Value begin, Value first,
                              int64_t count) {
  bool areNibbles = shape.storage == WeightStorage::Nibbles;
  Type element = getElementTypeOrSelf(weights);
  int64_t width = 128 / element.getIntOrFloatBitWidth();
  Value position = b.add(begin, first);
  if (areNibbles)
    position = arith::DivUIOp::create(b, position, b.index(2));
  SmallVector<Value> columns;
  for (int64_t lane = 0; lane < kWidth; ++lane) {
    Value column =
        b.min(b.add(b.add(panelStart, b.mul(block, kWidth)), b.index(lane)),
              b.index(shape.numColumns - 1));
    columns.push_back(
        b.loadPart(weights, {column, position},
                   areNibbles ? llvm::divideCeil(count, 2) : count, width));
  }
  SmallVector<Value> transposed = b.transposeRows(std::move(columns));
  for (auto [number, vector] : llvm::enumerate(transposed)) {
    int64_t k = number * width / kWidth, lane = number * width % kWidth;
    SmallVector<Value> parts = b.expandCodes(vector, shape);
    for (auto [part, codes] : llvm::enumerate(parts)) {
      int64_t offset = k * parts.size() + part;
      if (offset >= count)
        continue;
      Value column = b.add(b.mul(block, kWidth), b.index(lane));
      vector::StoreOp::create(
          b, toFloats(codes), expanded,
          ValueRange{b.add(first, b.index(offset)), column});
    }
  }
}

void FloatKernel::expandPiece(Value begin, int64_t size) {
  int64_t codesPerChunk = shape.getCodesPerChunk(getElementTypeOrSelf(weights));
  b.forLoop(b.index(0), b.index(kBlocks), 1, [&](Value block) {
    b.forPieces(size / codesPerChunk, codesPerChunk, size % codesPerChunk, {},
                [&](Value chunk, int64_t count, ValueRange) {
                  expandChunk(block, begin, b.mul(chunk, codesPerChunk), count);
                  return SmallVector<Value>();
                });
  });
}

void FloatKernel::accumulate(Value row, int64_t numRows, Value piece,
                             Value begin, int64_t size) {
  auto load = [&](Value memref, ValueRange indices) -> Value {
    return vector::LoadOp::create(b, getVectorType(), memref, indices);
  };
  auto getSumIndices = [&](int64_t r, int64_t block) -> SmallVector<Value> {
    return {panel, b.add(row, b.index(r)), b.index(block * kWidth)};
  };
  SmallVector<Value> products;
  for (int64_t r = 0; r < numRows; ++r)
    for (int64_t block = 0; block < kBlocks; ++block)
      products.push_back(hasGroups ? b.zeros(kWidth, b.getF32Type())
                                   : load(sums, getSumIndices(r, block)));
  products = b.forLoop(
      b.index(0), b.index(size), 1, products, [&](Value k, ValueRange carried) {
        SmallVector<Value> factors;
        for (int64_t block = 0; block < kBlocks; ++block)
          factors.push_back(load(expanded, {k, b.index(block * kWidth)}));
        SmallVector<Value> next;
        for (int64_t r = 0; r < numRows; ++r) {
          Value x = memref::LoadOp::create(
              b, rows, ValueRange{b.add(row, b.index(r)), b.add(begin, k)});
          x = b.splat(x, kWidth);
          for (int64_t block = 0; block < kBlocks; ++block)
            next.push_back(math::FmaOp::create(b, x, factors[block],
                                               carried[r * kBlocks + block]));
        }
        return next;
      });
  for (int64_t r = 0; r < numRows; ++r)
    for (int64_t block = 0; block < kBlocks; ++block) {
      Value product = products[r * kBlocks + block];
      if (hasGroups)
        product = math::FmaOp::create(
            b, product, load(scales, {piece, b.index(block * kWidth)}),
            load(sums, getSumIndices(r, block)));
      vector::StoreOp::create(b, product, sums, getSumIndices(r, block));
    }
}

void FloatKernel::storeRow(Value row) {
  for (int64_t block = 0; block < kBlocks; ++block) {
    Value value =
        vector::LoadOp::create(b, getVectorType(), sums,
                               ValueRange{panel, row, b.index(block * kWidth)});
    if (weightScales &&
        !hasGroups) // acc = fma(p, sw, 0), which is not p * sw for p = -0
      value = math::FmaOp::create(
          b, value,
          vector::LoadOp::create(
              b, getVectorType(), scales,
              ValueRange{b.index(0), b.index(block * kWidth)}),
          b.zeros(kWidth, b.getF32Type()));
    value = b.fromF32(value, getElementTypeOrSelf(result));
    Value column = b.add(panelStart, b.index(block * kWidth));
    Value isWhole = arith::CmpIOp::create(b, arith::CmpIPredicate::ule,
                                          b.add(column, b.index(kWidth)),
                                          b.index(shape.numColumns));
    b.storeUpTo(value, result, row, column, shape.numColumns, isWhole);
  }
}

void FloatKernel::emitPanel(Value number) {
  panel = number;
  panelStart = b.mul(panel, kPanel);
  if (weightScales)
    loadScales();
  b.forLoop(b.index(0), numRows, 1, [&](Value row) {
    for (int64_t block = 0; block < kBlocks; ++block)
      vector::StoreOp::create(b, b.zeros(kWidth, b.getF32Type()), sums,
                              ValueRange{panel, row, b.index(block * kWidth)});
  });
  Value blockedRows =
      b.mul(arith::DivUIOp::create(b, numRows, b.index(kRows)), kRows);
  b.forPieces(shape.depth / pieceSize, pieceSize, shape.depth % pieceSize, {},
              [&](Value piece, int64_t size, ValueRange) {
                Value begin = b.mul(piece, pieceSize);
                expandPiece(begin, size);
                b.forLoop(b.index(0), blockedRows, kRows, [&](Value row) {
                  accumulate(row, kRows, piece, begin, size);
                });
                b.forLoop(blockedRows, numRows, 1, [&](Value row) {
                  accumulate(row, 1, piece, begin, size);
                });
                return SmallVector<Value>();
              });
  b.forLoop(b.index(0), numRows, 1, [&](Value row) { storeRow(row); });
}

void FloatKernel::emit() {
  numRows = memref::DimOp::create(b, rows, 0);
  int64_t numPanels = llvm::divideCeil(shape.numColumns, kPanel);
  sums = memref::AllocOp::create(
      b,
      MemRefType::get({numPanels, ShapedType::kDynamic, kPanel},
                      b.getF32Type()),
      ValueRange{numRows}, b.getI64IntegerAttr(64));
  // Expanding a weight costs about as much as multiplying with it.
  OpFoldResult depth = b.getIndexAttr(llvm::divideCeil(shape.depth, 8));
  buildParallelFor(
      b, b.getLoc(), b.getIndexAttr(numPanels),
      {numRows, depth, b.getIndexAttr(shape.numColumns)},
      [&](Value number) { emitPanel(number); },
      [&] {
        auto allocate = [&](int64_t height) -> Value {
          return memref::AllocaOp::create(
              b, MemRefType::get({height, kPanel}, b.getF32Type()),
              b.getI64IntegerAttr(64));
        };
        expanded = allocate(std::min(pieceSize, shape.depth));
        if (weightScales)
          scales = allocate(shape.getNumGroups());
      });
  memref::DeallocOp::create(b, sums);
  func::ReturnOp::create(b);
}

void ptq::emitFloatKernel(func::FuncOp function, const KernelShape &shape) {
  FloatKernel(function, shape).emit();
}
