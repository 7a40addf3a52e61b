//===- PreparedCodes.cpp - Activations as kernels read them ---------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PreparedCodes.h"
#include "ParallelFor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ptq;

/// 1.5 * 2^23 as bits: adding an integer below 2^22 to them adds it to the
/// float.
constexpr int32_t kFloatBias = 0x4B400000;

/// Whether every sum of a group is below 2^22.
static bool areSumsSmall(const PackedKernelShape &shape) {
  QuantType lhs = shape.getFormats().getLhsFormat();
  QuantType rhs = shape.packed.getFormat();
  auto getLargest = [](QuantType format) {
    auto [min, max] = format.getCenteredRange();
    return std::max(std::abs(min), std::abs(max));
  };
  return shape.packed.getGroupSize() * getLargest(lhs) * getLargest(rhs) <
         (1 << 22);
}

PreparedCodes::PreparedCodes(KernelBuilder &b, const PackedKernelShape &shape,
                             ProductFormats formats)
    : b(b), packed(shape.packed), lanes(shape.getKernel().getNumLanes()),
      rowsOfSums(shape.getKernel().getRowsOfSums(formats)),
      depth(packed.getLayout().getDepth()),
      dotsPerLoad(shape.getKernel().getDotsPerLoad(formats)) {
  bool hasGroups = packed.getFormat().getBlock().back() != 0;
  bias = hasGroups && shape.getKernel().convertsBySubtraction() &&
                 areSumsSmall(shape)
             ? kFloatBias
             : 0;
  int64_t bytes = shape.getKernel().getActivationBytes(formats);
  codeType = b.getIntegerType(8 * bytes);
  // A line more than there is: rows are not at the same place of a page, and
  // the last load or store of a row may go beyond it.
  int64_t line = 64 / bytes;
  int64_t size =
      packed.getNumFullGroups() * getPaddedGroup(packed.getGroupSize()) +
      getPaddedGroup(packed.getTailSize());
  rowSize = llvm::alignTo(size, line) + line;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// Copies the codes of a row, each group padded with zeros; what is stored
/// beyond a group is overwritten by the next one.
void PreparedCodes::prepareRow(Value codes, Value row) {
  constexpr int64_t width = 32;
  int64_t part = rowsOfSums == 1 ? width : depth;
  Value rowGroup = arith::DivUIOp::create(b, row, b.index(rowsOfSums));
  Value first =
      b.add(b.mul(rowGroup, rowsOfSums * rowSize),
            b.mul(arith::RemUIOp::create(b, row, b.index(rowsOfSums)), part));
  auto copy = [&](Value group, int64_t size) {
    Value source = b.mul(group, packed.getGroupSize());
    Value target =
        b.add(first,
              b.mul(group, rowsOfSums * getPaddedGroup(packed.getGroupSize())));
    b.forPieces(
        size / width, width, size % width, {},
        [&](Value piece, int64_t count, ValueRange) {
          Value offset = b.mul(piece, width);
          Value values =
              b.loadPart(codes, {row, b.add(source, offset)}, count, width);
          auto type = VectorType::get(width, codeType);
          if (values.getType() != type)
            values = arith::ExtSIOp::create(b, type, values);
          Value place = b.add(target, b.mul(offset, rowsOfSums));
          for (int64_t i = 0; i < width; i += part) {
            Value stored = values;
            if (part != width)
              stored = vector::ExtractStridedSliceOp::create(
                  b, values, ArrayRef<int64_t>{i}, ArrayRef<int64_t>{part},
                  ArrayRef<int64_t>{1});
            vector::StoreOp::create(b, stored, prepared,
                                    b.add(place, b.index(i * rowsOfSums)));
          }
          return SmallVector<Value>();
        });
  };
  b.forPieces(packed.getNumFullGroups(), packed.getGroupSize(),
              packed.getTailSize(), {},
              [&](Value group, int64_t size, ValueRange) {
                copy(group, size);
                return SmallVector<Value>();
              });
}

void PreparedCodes::prepareSums(Value sums, Value row) {
  auto constant = [&](int32_t value) -> Value {
    return arith::ConstantOp::create(b, b.getI32IntegerAttr(value));
  };
  Value factor = constant(-packed.getStoredZeroPoint());
  Value rowGroup = arith::DivUIOp::create(b, row, b.index(rowsOfSums));
  int64_t part = lanes / rowsOfSums;
  Value lane = b.mul(arith::RemUIOp::create(b, row, b.index(rowsOfSums)), part);
  b.forLoop(b.index(0), b.index(packed.getNumGroups()), 1, [&](Value group) {
    Value sum = memref::LoadOp::create(b, sums, ValueRange{row, group});
    sum = b.add(arith::MulIOp::create(b, sum, factor), constant(bias));
    if (rowsOfSums == 1)
      memref::StoreOp::create(b, sum, initialSums, ValueRange{row, group});
    else
      vector::StoreOp::create(b, b.splat(sum, part), initialSums,
                              ValueRange{rowGroup, group, lane});
  });
}

void PreparedCodes::prepare(Value codes, Value sums, Value numRows) {
  auto align = b.getI64IntegerAttr(64);
  // Rows that a pair lacks are never written, and what is computed from them
  // is never stored.
  Value rowGroups = arith::CeilDivUIOp::create(b, numRows, b.index(rowsOfSums));
  prepared = memref::AllocOp::create(
      b, MemRefType::get({ShapedType::kDynamic}, codeType),
      ValueRange{b.mul(rowGroups, rowsOfSums * rowSize)}, align);
  if (sums) {
    SmallVector<int64_t> shape{ShapedType::kDynamic, packed.getNumGroups()};
    if (rowsOfSums != 1)
      shape.push_back(lanes);
    initialSums =
        memref::AllocOp::create(b, MemRefType::get(shape, b.getI32Type()),
                                ValueRange{rowGroups}, align);
  }
  OpFoldResult work = b.getIndexAttr(llvm::divideCeil(packed.getDepth(), 16));
  buildParallelFor(b, b.getLoc(), numRows, {numRows, work}, [&](Value row) {
    prepareRow(codes, row);
    if (sums)
      prepareSums(sums, row);
  });
}

void PreparedCodes::release() {
  memref::DeallocOp::create(b, prepared);
  if (initialSums)
    memref::DeallocOp::create(b, initialSums);
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

Value PreparedCodes::getPosition(Value row, Value group) const {
  return b.add(
      b.mul(row, rowSize),
      b.mul(group, rowsOfSums * getPaddedGroup(packed.getGroupSize())));
}

Value PreparedCodes::advance(Value position, Value numDots) const {
  return b.add(position, b.mul(numDots, rowsOfSums * depth));
}

Value PreparedCodes::load(
    Value position, int64_t rowGroup, int64_t dot,
    MutableArrayRef<std::pair<int64_t, Value>> loaded) const {
  int64_t codesPerDot = rowsOfSums * depth;
  auto loadWords = [&](int64_t firstDot, int64_t numCodes,
                       int64_t numWords) -> Value {
    int64_t offset = rowGroup * rowsOfSums * rowSize + firstDot * codesPerDot;
    Value codes =
        vector::LoadOp::create(b, VectorType::get(numCodes, codeType), prepared,
                               b.add(position, b.index(offset)));
    Type word = b.getIntegerType(numCodes / numWords *
                                 codeType.getIntOrFloatBitWidth());
    return vector::BitCastOp::create(b, VectorType::get(numWords, word), codes);
  };
  if (rowsOfSums != 1)
    return loadWords(dot, codesPerDot, lanes);
  if (dotsPerLoad == 1)
    return b.splat(
        vector::ExtractOp::create(b, loadWords(dot, codesPerDot, 1), 0), lanes);
  auto &[block, words] = loaded[rowGroup];
  if (!words || block != dot / dotsPerLoad) {
    block = dot / dotsPerLoad;
    words = loadWords(block * dotsPerLoad, dotsPerLoad * depth, dotsPerLoad);
  }
  return b.shuffle(words, words,
                   SmallVector<int64_t>(lanes, dot % dotsPerLoad));
}

Value PreparedCodes::loadCodes(Value position, int64_t row,
                               int64_t count) const {
  return vector::LoadOp::create(b, VectorType::get(count, codeType), prepared,
                                b.add(position, b.index(row * rowSize)));
}

SmallVector<Value> PreparedCodes::getInitialSums(Value row, int64_t numRows,
                                                 Value group) const {
  SmallVector<Value> sums;
  auto type = VectorType::get(lanes, b.getI32Type());
  Value constant = arith::ConstantOp::create(
      b, DenseElementsAttr::get(type, b.getI32IntegerAttr(bias)));
  Value firstGroup = arith::DivUIOp::create(b, row, b.index(rowsOfSums));
  for (int64_t r = 0; r < numRows; r += rowsOfSums) {
    Value rowGroup = b.add(firstGroup, b.index(r / rowsOfSums));
    if (!initialSums)
      sums.push_back(constant);
    else if (rowsOfSums == 1)
      sums.push_back(b.splat(
          memref::LoadOp::create(b, initialSums, ValueRange{rowGroup, group}),
          lanes));
    else
      sums.push_back(vector::LoadOp::create(
          b, type, initialSums, ValueRange{rowGroup, group, b.index(0)}));
  }
  return sums;
}

Value PreparedCodes::toF32(Value sums) const {
  auto type = VectorType::get(lanes, b.getF32Type());
  if (bias == 0)
    return arith::SIToFPOp::create(b, type, sums);
  auto offset = b.getF32FloatAttr(llvm::bit_cast<float>(bias));
  return arith::SubFOp::create(
      b, vector::BitCastOp::create(b, type, sums),
      arith::ConstantOp::create(b, DenseElementsAttr::get(type, offset)));
}
