//===- DecomposeEmbedding.cpp - Gathered rows as linalg -------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Blocks.h"
#include "Decompose.h"
#include "Scalars.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

/// `result[.., k] = table[indices[..], k]`; row 0 always if `isOneRow`.
static Value gatherRows(ImplicitLocOpBuilder &builder, Value indices,
                        Value table, bool isOneRow) {
  auto indicesType = cast<RankedTensorType>(indices.getType());
  int64_t rank = indicesType.getRank();
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, builder.getLoc(), indices);
  sizes.push_back(tensor::getMixedSize(builder, builder.getLoc(), table, 1));
  Value empty =
      tensor::EmptyOp::create(builder, sizes, getElementTypeOrSelf(table));
  AffineMap identity = builder.getMultiDimIdentityMap(rank + 1);
  SmallVector<utils::IteratorType> iterators(rank + 1,
                                             utils::IteratorType::parallel);
  return createGeneric(
      builder, indices, empty, {identity.dropResult(rank), identity}, iterators,
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) -> Value {
        Value row = arguments[0];
        if (!row.getType().isIndex())
          row = arith::IndexCastOp::create(nested, nested.getIndexType(), row);
        if (isOneRow)
          row = arith::ConstantIndexOp::create(nested, 0);
        Value column = linalg::IndexOp::create(nested, rank);
        return tensor::ExtractOp::create(nested, table,
                                         ValueRange{row, column});
      });
}

/// Rows of numbers become numbers of rows: one index in each dimension of the
/// indices.
static SmallVector<int64_t> getGatheredBlock(int64_t rank,
                                             ArrayRef<int64_t> block) {
  SmallVector<int64_t> gathered(rank, 1);
  gathered.push_back(block[1]);
  return gathered;
}

/// The format of rows that were gathered by indices of this rank.
static QuantType getGatheredFormat(int64_t rank, QuantType format) {
  SmallVector<int64_t> multiplierBlock;
  if (format.hasMultiplier())
    multiplierBlock = getGatheredBlock(rank, format.getMultiplierBlock());
  return QuantType::get(
      format.getContext(), format.getStorageWidth(), format.getIsSigned(),
      format.getStorageMin(), format.getStorageMax(), format.getExpressedType(),
      getGatheredBlock(rank, format.getBlock()), format.getScaleType(),
      format.getZeroPoint(), format.getMultiplierWidth(),
      format.getIsMultiplierSigned(), format.getMultiplierMin(),
      format.getMultiplierMax(), multiplierBlock);
}

/// Rounds each float to `type`.
static Value convertFloats(ImplicitLocOpBuilder &builder, Value input,
                           Type type) {
  if (getElementTypeOrSelf(input) == type)
    return input;
  return mapBlocks(builder, input, {}, type,
                   [&](ImplicitLocOpBuilder &nested, ValueRange arguments) {
                     Value value = extendToF32(nested, arguments[0]);
                     return roundFromF32(nested, value, type);
                   });
}

FailureOr<SmallVector<Value>>
EmbeddingOp::decomposeOperation(OpBuilder &opBuilder) {
  ImplicitLocOpBuilder builder(getLoc(), opBuilder);
  Type resultType = getElementTypeOrSelf(getResult());
  QuantType format = getTableFormat();
  if (!format) {
    Value rows =
        gatherRows(builder, getIndices(), getTable(), /*isOneRow=*/false);
    return SmallVector<Value>{convertFloats(builder, rows, resultType)};
  }
  auto gather = [&](Value numbers, ArrayRef<int64_t> block) {
    return numbers ? gatherRows(builder, getIndices(), numbers, block[0] == 0)
                   : Value();
  };
  Value codes = gatherRows(builder, getIndices(), getCodes(builder, getTable()),
                           /*isOneRow=*/false);
  QuantOperands numbers = {gather(getScale(), format.getBlock()),
                           gather(getMultiplier(), format.getMultiplierBlock()),
                           gather(getZeroPoint(), format.getBlock())};
  int64_t rank = getIndices().getType().getRank();
  return SmallVector<Value>{dequantizeCodes(
      builder, codes, numbers, getGatheredFormat(rank, format), resultType)};
}
