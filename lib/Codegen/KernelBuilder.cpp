//===- KernelBuilder.cpp - What the portable kernels are built of ---------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

int64_t KernelShape::getCodesPerChunk(Type element) const {
  return storage == WeightStorage::Nibbles
             ? 32
             : 128 / element.getIntOrFloatBitWidth();
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

Value KernelBuilder::index(int64_t value) {
  return arith::ConstantIndexOp::create(*this, value);
}

Value KernelBuilder::add(Value a, Value b) {
  return arith::AddIOp::create(*this, a, b);
}

Value KernelBuilder::mul(Value a, int64_t b) {
  return arith::MulIOp::create(*this, a, index(b));
}

Value KernelBuilder::min(Value a, Value b) {
  return arith::MinUIOp::create(*this, a, b);
}

Value KernelBuilder::zeros(int64_t width, Type element) {
  return arith::ConstantOp::create(
      *this, getZeroAttr(VectorType::get(width, element)));
}

Value KernelBuilder::splat(Value scalar, int64_t width) {
  return vector::BroadcastOp::create(
      *this, VectorType::get(width, scalar.getType()), scalar);
}

static Type withElement(Type type, Type element) {
  auto vector = dyn_cast<VectorType>(type);
  return vector ? vector.clone(element) : element;
}

Value KernelBuilder::toF32(Value value) {
  if (getElementTypeOrSelf(value).isF32())
    return value;
  return arith::ExtFOp::create(
      *this, withElement(value.getType(), getF32Type()), value);
}

Value KernelBuilder::fromF32(Value value, Type element) {
  if (element.isF32())
    return value;
  return arith::TruncFOp::create(*this, withElement(value.getType(), element),
                                 value);
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

SmallVector<Value> KernelBuilder::forLoop(Value begin, Value end, int64_t step,
                                          ValueRange inits, LoopBody body) {
  auto loop =
      scf::ForOp::create(*this, begin, end, index(step), inits,
                         [](OpBuilder &, Location, Value, ValueRange) {});
  if (!mayUnroll) {
    MLIRContext *context = getContext();
    auto unroll = LLVM::LoopUnrollAttr::get(context, getBoolAttr(true), {}, {},
                                            {}, {}, {}, {});
    loop->setAttr("llvm.loop_annotation",
                  LLVM::LoopAnnotationAttr::get(context, {}, {}, {}, unroll, {},
                                                {}, {}, {}, {}, {}, {}, {}, {},
                                                {}, {}));
  }
  InsertionGuard guard(*this);
  setInsertionPointToEnd(loop.getBody());
  SmallVector<Value> results =
      body(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(*this, results);
  return loop.getResults();
}

void KernelBuilder::forLoop(Value begin, Value end, int64_t step,
                            llvm::function_ref<void(Value)> body) {
  forLoop(begin, end, step, {}, [&](Value iv, ValueRange) {
    body(iv);
    return SmallVector<Value>();
  });
}

SmallVector<Value> KernelBuilder::forPieces(
    int64_t numWhole, int64_t size, int64_t tail, ValueRange inits,
    llvm::function_ref<SmallVector<Value>(Value, int64_t, ValueRange)> body) {
  SmallVector<Value> values(inits);
  if (numWhole == 1)
    values = body(index(0), size, values);
  else if (numWhole > 1)
    values = forLoop(
        index(0), index(numWhole), 1, values,
        [&](Value iv, ValueRange carried) { return body(iv, size, carried); });
  if (tail != 0)
    values = body(index(numWhole), tail, values);
  return values;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value KernelBuilder::loadPart(Value memref, ValueRange indices, int64_t count,
                              int64_t width) {
  Type element = getElementTypeOrSelf(memref);
  if (count == width)
    return vector::LoadOp::create(*this, VectorType::get(width, element),
                                  memref, indices);
  Value result = zeros(width, element);
  int64_t done = 0;
  for (int64_t piece = width / 2; piece > 0; piece /= 2) {
    if (!(count & piece))
      continue;
    SmallVector<Value> position(indices);
    position.back() = add(position.back(), index(done));
    Value part = vector::LoadOp::create(*this, VectorType::get(piece, element),
                                        memref, position);
    result = vector::InsertStridedSliceOp::create(
        *this, part, result, ArrayRef<int64_t>{done}, ArrayRef<int64_t>{1});
    done += piece;
  }
  return result;
}

void KernelBuilder::storeUpTo(Value value, Value memref, Value row,
                              Value column, int64_t numColumns, Value isWhole) {
  auto branch = scf::IfOp::create(*this, isWhole, /*withElseRegion=*/true);
  InsertionGuard guard(*this);
  setInsertionPointToStart(branch.thenBlock());
  vector::StoreOp::create(*this, value, memref, ValueRange{row, column});
  setInsertionPointToStart(branch.elseBlock());
  Value rest = arith::SubIOp::create(*this, index(numColumns), column);
  auto type = cast<VectorType>(value.getType());
  Value mask =
      vector::CreateMaskOp::create(*this, type.clone(getI1Type()), rest);
  vector::MaskedStoreOp::create(*this, memref, ValueRange{row, column}, mask,
                                value);
}

//===----------------------------------------------------------------------===//
// Shuffles
//===----------------------------------------------------------------------===//

Value KernelBuilder::shuffle(Value a, Value b, ArrayRef<int64_t> mask) {
  return vector::ShuffleOp::create(*this, a, b, mask);
}

Value KernelBuilder::interleaveHalf(Value a, Value b, bool high) {
  int64_t width = cast<VectorType>(a.getType()).getNumElements();
  SmallVector<int64_t> mask;
  for (int64_t i = 0; i < width / 2; ++i) {
    int64_t lane = i + (high ? width / 2 : 0);
    mask.append({lane, width + lane});
  }
  return shuffle(a, b, mask);
}

SmallVector<Value> KernelBuilder::transposeRows(SmallVector<Value> rows) {
  // Each round moves the uppermost bit of the row number below the bits of the
  // column number; after log2(rows) rounds the column number is above.
  size_t half = rows.size() / 2;
  for (size_t round = 1; round < rows.size(); round *= 2) {
    SmallVector<Value> next;
    for (size_t i = 0; i < half; ++i)
      for (bool high : {false, true})
        next.push_back(interleaveHalf(rows[i], rows[i + half], high));
    rows = std::move(next);
  }
  return rows;
}

Value KernelBuilder::sumEach(SmallVector<Value> vectors) {
  constexpr int64_t even[] = {0, 2, 4, 6, 8, 10, 12, 14};
  constexpr int64_t odd[] = {1, 3, 5, 7, 9, 11, 13, 15};
  assert(vectors.size() == 8 && "a tile has eight results");
  while (vectors.size() > 1) {
    SmallVector<Value> next;
    for (size_t i = 0; i < vectors.size(); i += 2)
      next.push_back(add(shuffle(vectors[i], vectors[i + 1], even),
                         shuffle(vectors[i], vectors[i + 1], odd)));
    vectors = std::move(next);
  }
  return vectors.front();
}

SmallVector<Value> KernelBuilder::expandCodes(Value bytes,
                                              const KernelShape &shape) {
  if (shape.storage != WeightStorage::Nibbles)
    return {bytes};
  auto type = cast<VectorType>(bytes.getType());
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(
        *this, DenseElementsAttr::get(type, getI8IntegerAttr(value)));
  };
  Value four = constant(4);
  if (shape.isSigned)
    return {arith::ShRSIOp::create(
                *this, arith::ShLIOp::create(*this, bytes, four), four),
            arith::ShRSIOp::create(*this, bytes, four)};
  return {arith::AndIOp::create(*this, bytes, constant(15)),
          arith::ShRUIOp::create(*this, bytes, four)};
}
