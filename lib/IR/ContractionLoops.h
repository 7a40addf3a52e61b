//===- ContractionLoops.h - Indexing maps of contractions -------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IR_CONTRACTIONLOOPS_H
#define PTQ_LIB_IR_CONTRACTIONLOOPS_H

#include "mlir/IR/AffineMap.h"

namespace mlir::ptq {

/// The loops of a matmul or batch_matmul as linalg: the leading dimensions of
/// lhs (batch and M), N, the group if there are groups along K, and the index
/// in the group. What scales the partial sums has all but the last.
struct ContractionLoops {
  MLIRContext *context;
  /// Dimensions of lhs before K, and of the result before N.
  unsigned numLeading;
  /// Whether the first dimension of rhs is that of lhs.
  bool hasBatch;
  bool hasGroups;

  unsigned getNumScaling() const { return numLeading + 1 + hasGroups; }

  AffineMap getLhsMap() const;
  AffineMap getRhsMap() const;
  AffineMap getPartialMap() const;
  /// The result, in the first `numLoops` loops.
  AffineMap getResultMap(unsigned numLoops) const;
  /// Numbers of blocks of a side, in the first `numLoops` loops.
  AffineMap getLhsNumbersMap(ArrayRef<int64_t> block, unsigned numLoops) const;
  AffineMap getRhsNumbersMap(ArrayRef<int64_t> block, unsigned numLoops) const;

private:
  using Dims = SmallVector<AffineExpr>;
  Dims getLeadingDims() const;
  Dims getRhsRowDims() const;
  AffineMap getSideMap(Dims rowDims) const;
  AffineMap getNumbersMap(Dims rowDims, ArrayRef<int64_t> block,
                          unsigned numLoops) const;
};

} // namespace mlir::ptq

#endif // PTQ_LIB_IR_CONTRACTIONLOOPS_H
