//===- BytePairMerger.h - Merges pairs of tokens ----------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_BYTEPAIRMERGER_H
#define PTQ_LIB_IMPORT_BYTEPAIRMERGER_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/DenseMap.h"

namespace mlir::ptq {

/// The merges of a byte pair encoding.
class BytePairMerger {
public:
  /// Adds the next merge in order of rank. A later one of the same pair
  /// replaces the earlier.
  void add(int64_t left, int64_t right, int64_t merged);

  /// Merges pairs of neighbours, the lowest rank first and of equal ranks the
  /// leftmost first, until none is left. O(n log n).
  void merge(SmallVectorImpl<int64_t> &tokens) const;

private:
  struct Merge {
    int64_t rank;
    int64_t merged;
  };
  llvm::DenseMap<std::pair<int64_t, int64_t>, Merge> merges;
  int64_t nextRank = 0;
};

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_BYTEPAIRMERGER_H
