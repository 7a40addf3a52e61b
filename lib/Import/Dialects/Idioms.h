//===- Idioms.h - Formulas of other front ends ------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each idiom has a function that looks and one that builds. The first changes
// nothing; it fails without a reason if the op is something else, and with one
// if it is close to the idiom but means something else.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_DIALECTS_IDIOMS_H
#define PTQ_LIB_IMPORT_DIALECTS_IDIOMS_H

#include "BlockNumbers.h"
#include "CenteredCodes.h"

#include "ptq/IR/PTQ.h"

#include "mlir/IR/PatternMatch.h"

namespace mlir::ptq {

//===----------------------------------------------------------------------===//
// (code - zero point) * scale
//===----------------------------------------------------------------------===//

struct DequantizeIdiom {
  BlockedTensor codes;
  bool isSigned;
  /// Null: symmetric, or `zeroPoint`.
  std::optional<BlockNumbers> zeroPoints;
  int64_t zeroPoint;
  BlockNumbers scales;
  FloatType resultType;
};

/// Of a multiplication, or of the truncation of its result.
FailureOr<DequantizeIdiom> matchDequantize(Operation *root,
                                           std::string &reason);
Value build(OpBuilder &builder, Location loc, const DequantizeIdiom &idiom);

//===----------------------------------------------------------------------===//
// clamp(round(value / scale) + zero point)
//===----------------------------------------------------------------------===//

struct QuantizeIdiom {
  BlockedTensor values;
  BlockNumbers scales;
  std::optional<BlockNumbers> zeroPoints;
  int64_t zeroPoint;
  unsigned width;
  bool isSigned;
  int64_t min, max;
  /// How the result may differ; empty if it does not.
  std::string difference;
};

/// Of the op that makes an integer of its last value. `isRelaxed`: matches too
/// where only ties or the last bit of a quotient differ.
FailureOr<QuantizeIdiom> matchQuantize(Operation *root, bool isRelaxed,
                                       std::string &reason);
Value build(OpBuilder &builder, Location loc, const QuantizeIdiom &idiom);

//===----------------------------------------------------------------------===//
// clamp((accumulator * multiplier >> shift) + zero point)
//===----------------------------------------------------------------------===//

struct RequantizeIdiom {
  BlockedTensor input;
  /// `input` is extended to i32 by this sign, and this is subtracted from it.
  bool isInputSigned = true;
  int64_t inputZeroPoint = 0;
  /// Per block of `block`, in the order of the flattened blocks.
  SmallVector<int64_t> block;
  SmallVector<int32_t> multipliers, shifts;
  int64_t zeroPoint = 0;
  unsigned width;
  bool isSigned;
  int64_t min, max;
};

/// Of `tosa.rescale`, or the last op of a body around `tosa.apply_scale`.
FailureOr<RequantizeIdiom> matchRequantize(Operation *root,
                                           std::string &reason);
Value build(OpBuilder &builder, Location loc, const RequantizeIdiom &idiom);

//===----------------------------------------------------------------------===//
// scale * sum over k of (a - za) * (w - zw)
//===----------------------------------------------------------------------===//

struct ProductIdiom {
  Operation *product;
  /// What it makes.
  BlockedTensor sums;
  Value lhs, rhs;
  int64_t lhsZeroPoint, rhsZeroPoint;
  /// Whether `rhs` is `[.., K, N]` and not `[.., N, K]`.
  bool isRhsTransposed;
  /// Per index of N, or one for all.
  BlockNumbers scales;
  FloatType resultType;
};

/// Of a multiplication of integer sums that an op of `linalg` computes.
FailureOr<ProductIdiom> matchProduct(Operation *root, std::string &reason);
Value build(OpBuilder &builder, Location loc, const ProductIdiom &idiom);

//===----------------------------------------------------------------------===//
// Codes of 4 bits out of bytes
//===----------------------------------------------------------------------===//

struct UnpackIdiom {
  /// `[.., K / 2]`, the code of lower index in the low half.
  Value bytes;
  /// `[.., K]`, one code per i8.
  RankedTensorType type;
  bool isSigned;
};

/// Of a `tensor.collapse_shape` that joins the two halves.
FailureOr<UnpackIdiom> matchUnpack(Operation *root, std::string &reason);
Value build(OpBuilder &builder, Location loc, const UnpackIdiom &idiom);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_DIALECTS_IDIOMS_H
