//===- BlockNumbers.h - Scales and zero points of an idiom ------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_DIALECTS_BLOCKNUMBERS_H
#define PTQ_LIB_IMPORT_DIALECTS_BLOCKNUMBERS_H

#include "Element.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace mlir::ptq {

/// The tensor whose elements an idiom quantizes or dequantizes, in the loops of
/// the root: each of its dimensions is one loop.
struct BlockedTensor {
  Value tensor;
  AffineMap map;

  RankedTensorType getType() const {
    return cast<RankedTensorType>(tensor.getType());
  }
};

/// `element` as such a tensor; fails if it is none.
FailureOr<BlockedTensor> getBlockedTensor(Element element);

/// Numbers, each for a block of elements: one for all, or a tensor of them.
struct BlockNumbers {
  /// What they become where they are used: wider floats are rounded to it,
  /// narrower integers extended.
  Type type;
  bool isSigned = true;
  /// One for all, the constant of `type` already. Null otherwise.
  TypedAttr constant;
  Value scalar;
  /// A tensor of them; null if there is one for all. `elements`, unless null,
  /// is a constant that takes its place.
  Value tensor;
  TypedAttr elements;
  /// One entry per dimension of the blocked tensor, as a format has them.
  SmallVector<int64_t> block;
  /// Dimension of the blocked tensor that each dimension of `tensor` is; -1 for
  /// a dimension of one index.
  SmallVector<int64_t> dims;
};

/// Finds the blocks of `blocked` that share an element of `element`. Fails with
/// a reason if the numbers are not one per block.
FailureOr<BlockNumbers>
findBlocks(Element element, const BlockedTensor &blocked, std::string &reason);

/// The block that both refine: `1` where one of them has it. Fails if there are
/// groups of different length.
FailureOr<SmallVector<int64_t>> joinBlocks(ArrayRef<int64_t> a,
                                           ArrayRef<int64_t> b);

/// The numbers as a tensor of the rank of `blocked` with one element per block
/// of `block`, which refines theirs.
Value arrangeNumbers(OpBuilder &builder, Location loc,
                     const BlockNumbers &numbers, const BlockedTensor &blocked,
                     ArrayRef<int64_t> block);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_DIALECTS_BLOCKNUMBERS_H
