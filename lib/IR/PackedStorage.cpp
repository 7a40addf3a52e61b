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

static Value getConstant(ImplicitLocOpBuilder &builder, IntegerType type,
                         int64_t value) {
  return arith::ConstantOp::create(builder, getBitsAttr(type, value));
}

/// The lowest `format.getStorageWidth()` bits of an i8 or i16 as a stored code.
static Value extractCode(ImplicitLocOpBuilder &builder, Value bits,
                         QuantType format) {
  auto type = cast<IntegerType>(bits.getType());
  unsigned unused = type.getWidth() - format.getStorageWidth();
  Value code;
  if (format.getIsSigned()) {
    Value shift = getConstant(builder, type, unused);
    code = arith::ShRSIOp::create(
        builder, arith::ShLIOp::create(builder, bits, shift), shift);
  } else {
    Value mask = getConstant(builder, type,
                             (int64_t(1) << format.getStorageWidth()) - 1);
    code = arith::AndIOp::create(builder, bits, mask);
  }
  if (type.getWidth() == 8)
    return code;
  return arith::TruncIOp::create(builder, builder.getI8Type(), code);
}

/// Codes that share no bytes: `[.., B]` bytes to `[.., B, codes in a byte]`.
static Value unpackWithinBytes(ImplicitLocOpBuilder &builder, Value bytes,
                               RankedTensorType type) {
  auto format = cast<QuantType>(type.getElementType());
  IntegerType i8 = builder.getI8Type();
  int64_t codesPerByte = 8 / format.getStorageWidth();
  unsigned rank = type.getRank();
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, builder.getLoc(), bytes);
  sizes.push_back(builder.getIndexAttr(codesPerByte));
  Value empty = tensor::EmptyOp::create(builder, sizes, i8);
  AffineMap identity = builder.getMultiDimIdentityMap(rank + 1);
  SmallVector<IteratorType> iterators(rank + 1, IteratorType::parallel);
  Value codes = createGeneric(
      builder, bytes, empty, {identity.dropResult(rank), identity}, iterators,
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) {
        Value position = arith::IndexCastOp::create(
            nested, i8, linalg::IndexOp::create(nested, rank));
        Value shift = arith::MulIOp::create(
            nested, position,
            getConstant(nested, i8, format.getStorageWidth()));
        Value bits = arith::ShRUIOp::create(nested, arguments[0], shift);
        return extractCode(nested, bits, format);
      });
  // A row's last byte may hold more codes than there are: a ragged block.
  SmallVector<int64_t> cut(rank, 0);
  cut.back() = codesPerByte;
  sizes.pop_back();
  sizes.back() = builder.getIndexAttr(type.getShape().back());
  return mergeBlocks(builder, codes, cut, sizes);
}

/// `tensor[indices.., column]` where `column` is in bounds, else 0.
static Value extractOrZero(ImplicitLocOpBuilder &builder, Value tensor,
                           SmallVector<Value> indices, Value column) {
  auto type = cast<RankedTensorType>(tensor.getType());
  Value last =
      arith::ConstantIndexOp::create(builder, type.getShape().back() - 1);
  Value isInside =
      arith::CmpIOp::create(builder, arith::CmpIPredicate::ule, column, last);
  // The load itself stays in bounds, whether its value counts or not.
  indices.push_back(arith::MinUIOp::create(builder, column, last));
  Value element = tensor::ExtractOp::create(builder, tensor, indices);
  Value zero =
      getConstant(builder, cast<IntegerType>(type.getElementType()), 0);
  return arith::SelectOp::create(builder, isInside, element, zero);
}

static SmallVector<Value> getIndices(ImplicitLocOpBuilder &builder,
                                     unsigned count) {
  SmallVector<Value> indices;
  for (unsigned i = 0; i < count; ++i)
    indices.push_back(linalg::IndexOp::create(builder, i));
  return indices;
}

/// Codes that straddle bytes: each is taken from the two bytes it may touch.
static Value unpackAcrossBytes(ImplicitLocOpBuilder &builder, Value bytes,
                               RankedTensorType type) {
  auto format = cast<QuantType>(type.getElementType());
  IntegerType i16 = builder.getIntegerType(16);
  unsigned rank = type.getRank();
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, builder.getLoc(), bytes);
  sizes.back() = builder.getIndexAttr(type.getShape().back());
  Value empty = tensor::EmptyOp::create(builder, sizes, builder.getI8Type());
  SmallVector<IteratorType> iterators(rank, IteratorType::parallel);
  return createGeneric(
      builder, {}, empty, builder.getMultiDimIdentityMap(rank), iterators,
      [&](ImplicitLocOpBuilder &nested, ValueRange) {
        auto index = [&](int64_t value) -> Value {
          return arith::ConstantIndexOp::create(nested, value);
        };
        SmallVector<Value> rows = getIndices(nested, rank - 1);
        Value bit = arith::MulIOp::create(
            nested, linalg::IndexOp::create(nested, rank - 1),
            index(format.getStorageWidth()));
        Value column = arith::DivUIOp::create(nested, bit, index(8));
        Value next = arith::AddIOp::create(nested, column, index(1));
        auto load = [&](Value at) -> Value {
          Value byte = extractOrZero(nested, bytes, rows, at);
          return arith::ExtUIOp::create(nested, i16, byte);
        };
        Value high = arith::ShLIOp::create(nested, load(next),
                                           getConstant(nested, i16, 8));
        Value both = arith::OrIOp::create(nested, load(column), high);
        Value shift = arith::IndexCastOp::create(
            nested, i16, arith::RemUIOp::create(nested, bit, index(8)));
        Value bits = arith::ShRUIOp::create(nested, both, shift);
        return extractCode(nested, bits, format);
      });
}

Value ptq::unpackCodes(OpBuilder &opBuilder, Location loc, Value bytes,
                       RankedTensorType type) {
  ImplicitLocOpBuilder builder(loc, opBuilder);
  auto format = cast<QuantType>(type.getElementType());
  if (8 % format.getStorageWidth() == 0)
    return unpackWithinBytes(builder, bytes, type);
  return unpackAcrossBytes(builder, bytes, type);
}

/// The bits of one code that fall in one byte. `begin` is the code's first bit
/// minus the byte's, from -7 to 8 and above.
static Value placeCode(ImplicitLocOpBuilder &builder, Value code, Value begin,
                       QuantType format) {
  IntegerType i32 = builder.getI32Type();
  auto constant = [&](int64_t value) {
    return getConstant(builder, i32, value);
  };
  Value bits = arith::AndIOp::create(
      builder, arith::ExtUIOp::create(builder, i32, code),
      constant((int64_t(1) << format.getStorageWidth()) - 1));
  // Eight bits up, so that a shift by `begin + 8` is never negative.
  Value shift = arith::AddIOp::create(builder, begin, constant(8));
  Value placed = arith::ShRUIOp::create(
      builder, arith::ShLIOp::create(builder, bits, shift), constant(8));
  return arith::TruncIOp::create(builder, builder.getI8Type(), placed);
}

Value ptq::packCodes(OpBuilder &opBuilder, Location loc, Value codes,
                     QuantType format) {
  ImplicitLocOpBuilder builder(loc, opBuilder);
  auto type = cast<RankedTensorType>(codes.getType());
  IntegerType i8 = builder.getI8Type(), i32 = builder.getI32Type();
  int64_t width = format.getStorageWidth();
  unsigned rank = type.getRank();
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, builder.getLoc(), codes);
  sizes.back() =
      builder.getIndexAttr(llvm::divideCeil(type.getShape().back() * width, 8));
  Value zeros = createFilled(builder, sizes, builder.getI8IntegerAttr(0));

  // Every byte is the or of the codes that touch it: the one that holds its
  // first bit and at most `ceildiv(7, width)` more.
  int64_t numTouching = 1 + llvm::divideCeil(7, width);
  Value touching =
      tensor::EmptyOp::create(builder, ArrayRef<int64_t>{numTouching}, i8);
  AffineMap identity = builder.getMultiDimIdentityMap(rank + 1);
  SmallVector<IteratorType> iterators(rank, IteratorType::parallel);
  iterators.push_back(IteratorType::reduction);
  return createGeneric(
      builder, touching, zeros,
      {AffineMap::get(rank + 1, 0, builder.getAffineDimExpr(rank)),
       identity.dropResult(rank)},
      iterators,
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) -> Value {
        auto index = [&](int64_t value) -> Value {
          return arith::ConstantIndexOp::create(nested, value);
        };
        SmallVector<Value> indices = getIndices(nested, rank + 1);
        Value nth = indices.pop_back_val();
        Value firstBit =
            arith::MulIOp::create(nested, indices.pop_back_val(), index(8));
        Value column = arith::AddIOp::create(
            nested, arith::DivUIOp::create(nested, firstBit, index(width)),
            nth);
        Value begin = arith::SubIOp::create(
            nested, arith::MulIOp::create(nested, column, index(width)),
            firstBit);
        Value placed =
            placeCode(nested, extractOrZero(nested, codes, indices, column),
                      arith::IndexCastOp::create(nested, i32, begin), format);
        return arith::OrIOp::create(nested, arguments[1], placed);
      });
}
