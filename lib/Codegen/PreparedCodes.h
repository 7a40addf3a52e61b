//===- PreparedCodes.h - Activations as kernels read them -------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rows of codes are copied once per call, each group padded with zeros to whole
// steps, so that a tile reads them at constant distances. Where sums of two
// rows share a register, the rows of a pair are interleaved by dot products.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_PREPAREDCODES_H
#define PTQ_LIB_CODEGEN_PREPAREDCODES_H

#include "PackedKernel.h"

namespace mlir::ptq {

class PreparedCodes {
public:
  /// `formats` are those that dot() gets.
  PreparedCodes(KernelBuilder &b, const PackedKernelShape &shape,
                ProductFormats formats);

  /// Allocates the memory and copies `codes` [M, K]; `sums` [M, G] are null if
  /// the zero point is 0.
  void prepare(Value codes, Value sums, Value numRows);
  void release();

  /// Where a group of the tile starts whose first row is `row`.
  Value getPosition(Value row, Value group) const;
  /// The place `numDots` dot products further.
  Value advance(Value position, Value numDots) const;
  /// What dot() gets for row `rowGroup * getRowsOfSums()` of the tile and those
  /// it shares sums with: dot product `dot` from `position` on. `loaded` keeps
  /// what was read for several of them; it has an entry per row group.
  Value load(Value position, int64_t rowGroup, int64_t dot,
             MutableArrayRef<std::pair<int64_t, Value>> loaded) const;

  /// `count` codes of row `row` of the tile.
  Value loadCodes(Value position, int64_t row, int64_t count) const;

  /// What the sums of a group start from, for `numRows` rows from `row` on: one
  /// register for each row group.
  SmallVector<Value> getInitialSums(Value row, int64_t numRows,
                                    Value group) const;
  /// What sums start from where nothing has to be compensated.
  int32_t getBias() const { return bias; }
  /// Sums of a group of `size`, as floats.
  Value toF32(Value sums) const;

private:
  void prepareRow(Value codes, Value row);
  void prepareSums(Value sums, Value row);
  int64_t getPaddedGroup(int64_t size) const {
    return packed.getNumSteps(size) * packed.getLayout().getStepSize();
  }

  KernelBuilder &b;
  PackedAttr packed;
  int64_t lanes;
  int64_t rowsOfSums;  // rows whose codes are interleaved
  int64_t depth;       // codes of a row in a dot product
  int64_t dotsPerLoad; // dot products whose codes are loaded at once
  int64_t rowSize;     // elements of a prepared row
  int32_t bias;        // what sums start from beside the compensation
  Type codeType;       // of a prepared code
  Value prepared;
  /// -zp * sum + bias: [M, G], or [pairs, G, lanes] as registers of sums.
  Value initialSums;
};

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_PREPAREDCODES_H
