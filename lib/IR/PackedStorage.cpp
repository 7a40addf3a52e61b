//===- PackedStorage.cpp - Streams of bits as tensors of codes ------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/PackedStorage.h"

#include "Blocks.h"
#include "Scalars.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ptq;

using utils::IteratorType;

static Value getConstant(OpBuilder &builder, Location loc, IntegerType type,
                         int64_t value) {
  return arith::ConstantOp::create(builder, loc, getBitsAttr(type, value));
}

/// The lowest `format.getStorageWidth()` bits of an i8 or i16 as a stored code.
static Value extractCode(OpBuilder &builder, Location loc, Value bits,
                         QuantType format) {
  auto type = cast<IntegerType>(bits.getType());
  unsigned unused = type.getWidth() - format.getStorageWidth();
  Value code;
  if (format.getIsSigned()) {
    Value shift = getConstant(builder, loc, type, unused);
    code = arith::ShRSIOp::create(
        builder, loc, arith::ShLIOp::create(builder, loc, bits, shift), shift);
  } else {
    Value mask = getConstant(builder, loc, type,
                             (int64_t(1) << format.getStorageWidth()) - 1);
    code = arith::AndIOp::create(builder, loc, bits, mask);
  }
  if (type.getWidth() == 8)
    return code;
  return arith::TruncIOp::create(builder, loc, builder.getI8Type(), code);
}

/// Codes that share no bytes: `[.., B]` bytes to `[.., B, codes in a byte]`.
static Value unpackWithinBytes(OpBuilder &builder, Location loc, Value bytes,
                               RankedTensorType type) {
  auto format = cast<QuantType>(type.getElementType());
  IntegerType i8 = builder.getI8Type();
  int64_t codesPerByte = 8 / format.getStorageWidth();
  unsigned rank = type.getRank();
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, bytes);
  sizes.push_back(builder.getIndexAttr(codesPerByte));
  Value empty = tensor::EmptyOp::create(builder, loc, sizes, i8);
  AffineMap identity = builder.getMultiDimIdentityMap(rank + 1);
  SmallVector<IteratorType> iterators(rank + 1, IteratorType::parallel);
  Value codes = createGeneric(
      builder, loc, bytes, empty, {identity.dropResult(rank), identity},
      iterators,
      [&](OpBuilder &nested, Location nestedLoc, ValueRange arguments) {
        Value position = arith::IndexCastOp::create(
            nested, nestedLoc, i8,
            linalg::IndexOp::create(nested, nestedLoc, rank));
        Value shift = arith::MulIOp::create(
            nested, nestedLoc, position,
            getConstant(nested, nestedLoc, i8, format.getStorageWidth()));
        Value bits =
            arith::ShRUIOp::create(nested, nestedLoc, arguments[0], shift);
        return extractCode(nested, nestedLoc, bits, format);
      });
  // A row's last byte may hold more codes than there are: a ragged block.
  SmallVector<int64_t> cut(rank, 0);
  cut.back() = codesPerByte;
  sizes.pop_back();
  sizes.back() = builder.getIndexAttr(type.getShape().back());
  return mergeBlocks(builder, loc, codes, cut, sizes);
}

/// `tensor[indices.., column]` where `column` is in bounds, else 0.
static Value extractOrZero(OpBuilder &builder, Location loc, Value tensor,
                           SmallVector<Value> indices, Value column) {
  auto type = cast<RankedTensorType>(tensor.getType());
  Value last =
      arith::ConstantIndexOp::create(builder, loc, type.getShape().back() - 1);
  Value isInside = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::ule, column, last);
  // The load itself stays in bounds, whether its value counts or not.
  indices.push_back(arith::MinUIOp::create(builder, loc, column, last));
  Value element = tensor::ExtractOp::create(builder, loc, tensor, indices);
  Value zero =
      getConstant(builder, loc, cast<IntegerType>(type.getElementType()), 0);
  return arith::SelectOp::create(builder, loc, isInside, element, zero);
}

static SmallVector<Value> getIndices(OpBuilder &builder, Location loc,
                                     unsigned count) {
  SmallVector<Value> indices;
  for (unsigned i = 0; i < count; ++i)
    indices.push_back(linalg::IndexOp::create(builder, loc, i));
  return indices;
}

/// Codes that straddle bytes: each is taken from the two bytes it may touch.
static Value unpackAcrossBytes(OpBuilder &builder, Location loc, Value bytes,
                               RankedTensorType type) {
  auto format = cast<QuantType>(type.getElementType());
  IntegerType i16 = builder.getIntegerType(16);
  unsigned rank = type.getRank();
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, bytes);
  sizes.back() = builder.getIndexAttr(type.getShape().back());
  Value empty =
      tensor::EmptyOp::create(builder, loc, sizes, builder.getI8Type());
  SmallVector<IteratorType> iterators(rank, IteratorType::parallel);
  return createGeneric(
      builder, loc, {}, empty, builder.getMultiDimIdentityMap(rank), iterators,
      [&](OpBuilder &nested, Location nestedLoc, ValueRange) {
        auto index = [&](int64_t value) -> Value {
          return arith::ConstantIndexOp::create(nested, nestedLoc, value);
        };
        SmallVector<Value> rows = getIndices(nested, nestedLoc, rank - 1);
        Value bit = arith::MulIOp::create(
            nested, nestedLoc,
            linalg::IndexOp::create(nested, nestedLoc, rank - 1),
            index(format.getStorageWidth()));
        Value column = arith::DivUIOp::create(nested, nestedLoc, bit, index(8));
        Value next = arith::AddIOp::create(nested, nestedLoc, column, index(1));
        auto load = [&](Value at) -> Value {
          Value byte = extractOrZero(nested, nestedLoc, bytes, rows, at);
          return arith::ExtUIOp::create(nested, nestedLoc, i16, byte);
        };
        Value high =
            arith::ShLIOp::create(nested, nestedLoc, load(next),
                                  getConstant(nested, nestedLoc, i16, 8));
        Value both =
            arith::OrIOp::create(nested, nestedLoc, load(column), high);
        Value shift = arith::IndexCastOp::create(
            nested, nestedLoc, i16,
            arith::RemUIOp::create(nested, nestedLoc, bit, index(8)));
        Value bits = arith::ShRUIOp::create(nested, nestedLoc, both, shift);
        return extractCode(nested, nestedLoc, bits, format);
      });
}

Value ptq::unpackCodes(OpBuilder &builder, Location loc, Value bytes,
                       RankedTensorType type) {
  auto format = cast<QuantType>(type.getElementType());
  if (8 % format.getStorageWidth() == 0)
    return unpackWithinBytes(builder, loc, bytes, type);
  return unpackAcrossBytes(builder, loc, bytes, type);
}

/// The bits of one code that fall in one byte. `begin` is the code's first bit
/// minus the byte's, from -7 to 8 and above.
static Value placeCode(OpBuilder &builder, Location loc, Value code,
                       Value begin, QuantType format) {
  IntegerType i32 = builder.getI32Type();
  auto constant = [&](int64_t value) {
    return getConstant(builder, loc, i32, value);
  };
  Value bits = arith::AndIOp::create(
      builder, loc, arith::ExtUIOp::create(builder, loc, i32, code),
      constant((int64_t(1) << format.getStorageWidth()) - 1));
  // Eight bits up, so that a shift by `begin + 8` is never negative.
  Value shift = arith::AddIOp::create(builder, loc, begin, constant(8));
  Value placed = arith::ShRUIOp::create(
      builder, loc, arith::ShLIOp::create(builder, loc, bits, shift),
      constant(8));
  return arith::TruncIOp::create(builder, loc, builder.getI8Type(), placed);
}

Value ptq::packCodes(OpBuilder &builder, Location loc, Value codes,
                     QuantType format) {
  auto type = cast<RankedTensorType>(codes.getType());
  IntegerType i8 = builder.getI8Type(), i32 = builder.getI32Type();
  int64_t width = format.getStorageWidth();
  unsigned rank = type.getRank();
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, codes);
  sizes.back() =
      builder.getIndexAttr(llvm::divideCeil(type.getShape().back() * width, 8));
  Value zeros = createFilled(builder, loc, sizes, builder.getI8IntegerAttr(0));

  // Every byte is the or of the codes that touch it: the one that holds its
  // first bit and at most `ceildiv(7, width)` more.
  int64_t numTouching = 1 + llvm::divideCeil(7, width);
  Value touching =
      tensor::EmptyOp::create(builder, loc, ArrayRef<int64_t>{numTouching}, i8);
  AffineMap identity = builder.getMultiDimIdentityMap(rank + 1);
  SmallVector<IteratorType> iterators(rank, IteratorType::parallel);
  iterators.push_back(IteratorType::reduction);
  return createGeneric(
      builder, loc, touching, zeros,
      {AffineMap::get(rank + 1, 0, builder.getAffineDimExpr(rank)),
       identity.dropResult(rank)},
      iterators,
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange arguments) -> Value {
        auto index = [&](int64_t value) -> Value {
          return arith::ConstantIndexOp::create(nested, nestedLoc, value);
        };
        SmallVector<Value> indices = getIndices(nested, nestedLoc, rank + 1);
        Value nth = indices.pop_back_val();
        Value firstBit = arith::MulIOp::create(
            nested, nestedLoc, indices.pop_back_val(), index(8));
        Value column = arith::AddIOp::create(
            nested, nestedLoc,
            arith::DivUIOp::create(nested, nestedLoc, firstBit, index(width)),
            nth);
        Value begin = arith::SubIOp::create(
            nested, nestedLoc,
            arith::MulIOp::create(nested, nestedLoc, column, index(width)),
            firstBit);
        Value placed = placeCode(
            nested, nestedLoc,
            extractOrZero(nested, nestedLoc, codes, indices, column),
            arith::IndexCastOp::create(nested, nestedLoc, i32, begin), format);
        return arith::OrIOp::create(nested, nestedLoc, arguments[1], placed);
      });
}
