//===- DequantizedOperand.h - A dequantized tensor seen by views -*- C++ -*-==//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_DIALECTS_DEQUANTIZEDOPERAND_H
#define PTQ_LIB_IMPORT_DIALECTS_DEQUANTIZEDOPERAND_H

#include "ptq/IR/PTQ.h"

#include "mlir/IR/Builders.h"

namespace mlir::ptq {

/// The result of `ptq.dequantize` behind transposes and reshapes. Dimension `i`
/// of the operand is dimensions `dims[i]` of the result, the outermost first.
struct DequantizedOperand {
  DequantizeOp op;
  SmallVector<SmallVector<int64_t>> dims;
};

/// Fails if `value` is nothing of the kind.
FailureOr<DequantizedOperand> traceDequantized(Value value);

/// Codes in an order and shape in which a contraction takes them.
struct ArrangedCodes {
  QuantType format;
  /// Of each dimension of the result: dimensions of the source, in an order
  /// that makes `permutation`.
  SmallVector<ReassociationIndices> groups;
  SmallVector<int64_t> permutation;
};

/// Finds the format of the codes whose dimension `i` is made of dimensions
/// `dims[i]` of the source. Fails with a reason if their blocks are none of a
/// format, or if packed codes would have to move.
FailureOr<ArrangedCodes> planArrangement(DequantizeOp op,
                                         ArrayRef<SmallVector<int64_t>> dims,
                                         std::string &reason);

/// Codes, scales and zero points (null without any) as planned.
struct LoadedCodes {
  Value codes, scale, zeroPoint;
};
LoadedCodes arrangeCodes(OpBuilder &builder, DequantizeOp op,
                         const ArrangedCodes &arranged);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_DIALECTS_DEQUANTIZEDOPERAND_H
