//===- Blocks.h - Blocks of a tensor as loops of linalg ---------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A dimension that is cut into blocks of several indices becomes two: which
// block, and which index in it. No indexing map then divides, which upstream
// could not vectorize. The last block of a ragged dimension is padded.
//
// A cut has one number per dimension of a tensor: above 1 the dimension is cut
// into blocks of that length, else it stays whole.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IR_BLOCKS_H
#define PTQ_LIB_IR_BLOCKS_H

#include "mlir/Dialect/Utils/StructuredOpsUtils.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::ptq {

/// Emits the result of one iteration of a `linalg.generic`.
using ScalarBody = function_ref<Value(ImplicitLocOpBuilder &, ValueRange)>;

/// One `linalg.generic` with one result. The last map is that of `init`.
Value createGeneric(ImplicitLocOpBuilder &builder, ValueRange inputs,
                    Value init, ArrayRef<AffineMap> maps,
                    ArrayRef<utils::IteratorType> iterators, ScalarBody body);

/// A tensor of `sizes` that is filled with `value`.
Value createFilled(ImplicitLocOpBuilder &builder, ArrayRef<OpFoldResult> sizes,
                   TypedAttr value);

/// `[N, K]` cut by `[0, G]` to `[N, ceildiv(K, G), G]`; a ragged last block is
/// padded with `padding`.
Value splitBlocks(ImplicitLocOpBuilder &builder, Value tensor,
                  ArrayRef<int64_t> cut, TypedAttr padding);

/// The inverse, to a tensor of `sizes`.
Value mergeBlocks(ImplicitLocOpBuilder &builder, Value split,
                  ArrayRef<int64_t> cut, ArrayRef<OpFoldResult> sizes);

/// A tensor of one number per block; `block` as in a `QuantType`.
struct BlockParameter {
  Value value;
  SmallVector<int64_t> block;
};

/// Repeats the numbers along `dim`, of `size` indices, to one for each index.
BlockParameter repeatBlocks(ImplicitLocOpBuilder &builder,
                            BlockParameter parameter, int64_t dim,
                            OpFoldResult size);

/// `result[i] = body(input[i], parameters[block of i]...)` over every element.
/// `body` also gets, last, the old content of the result, which it ignores.
Value mapBlocks(ImplicitLocOpBuilder &builder, Value input,
                ArrayRef<BlockParameter> parameters, Type resultElementType,
                ScalarBody body);

/// Reduces each block of `input` by `body(element, accumulator)` to a value of
/// `type`, starting at 0; where a ragged block ends, elements are 0 too. The
/// result lacks the dimensions whose block is 0.
Value reduceBlocks(ImplicitLocOpBuilder &builder, Value input,
                   ArrayRef<int64_t> block, Type type, ScalarBody body);

/// Adds the dimensions of size 1 that `reduceBlocks` left out.
Value restoreWholeDimensions(ImplicitLocOpBuilder &builder, Value reduced,
                             ArrayRef<int64_t> block);

} // namespace mlir::ptq

#endif // PTQ_LIB_IR_BLOCKS_H
