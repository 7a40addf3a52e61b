//===- ExpandedRows.h - Rows of codes beside expanded panels ----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rows are copied once per call, each group padded with zeros to whole steps,
// and beside them goes what sums start from, so that the zero point of the
// weights costs nothing.
//
// Sums of i16 are pairs. Of a span of 32 codes a, with weights w of zero point
// z, the two halves of a lane are
//
//   sum over 16 of a * w - (z / 2) * sum over 32 of a
//   sum over the other 16 of a * w - (z - z / 2) * sum over 32 of a
//
// which together are sum a * (w - z). Each fits i16 for codes w of 4 bits and z
// up to 14: 16 * 128 * max(z / 2, 15 - z / 2) + z / 2 * 16 * 128 <= 30720.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_EXPANDEDROWS_H
#define PTQ_LIB_CODEGEN_EXPANDEDROWS_H

#include "PackedKernel.h"

namespace mlir::ptq {

class ExpandedRows {
public:
  static constexpr int64_t spanSize = 32; // codes
  static constexpr int64_t dotsOfSpan = 8;

  ExpandedRows(KernelBuilder &b, const PackedKernelShape &shape);

  /// Copies `codes` [M, K]; `sums` [M, G] are null if the zero point is 0.
  void prepare(Value codes, Value sums, Value numRows);
  void release();

  /// Whether dot products are added in spans of i16.
  bool areSpans() const { return usesSpans; }
  /// Dot products along a group, padded to whole steps, and along all of them.
  int64_t getNumDots(int64_t groupSize) const {
    return 2 * packed.getNumSteps(groupSize);
  }
  int64_t getNumDotsOfRow() const;

  /// Where a group of `row` starts.
  Value getPosition(Value row, Value group);
  Value advance(Value position, Value numDots);
  /// The codes of dot product `dot` from `position` on, of the row that is
  /// `row` further down, in every lane.
  Value load(Value position, int64_t row, int64_t dot);

  /// Number of span `index` of a group.
  Value getSpan(Value group, Value index);
  /// What the sums start from, one register for each of `numRows` rows: of a
  /// span, of a group, and of all of K with weights of zero point 128.
  SmallVector<Value> getSpanInits(Value row, int64_t numRows, Value span);
  SmallVector<Value> getGroupInits(Value row, int64_t numRows, Value group);
  SmallVector<Value> getProductInits(Value row, int64_t numRows);

private:
  void prepareRow(Value codes, Value sums, Value row);
  void prepareSums(Value sums, Value row);
  /// Both halves of what a span of these codes starts from.
  Value compensate(Value codes);
  SmallVector<Value> loadInits(Value row, int64_t numRows, Value index);
  int64_t getSpansPerGroup() const {
    return llvm::divideCeil(packed.getGroupSize(), spanSize);
  }

  KernelBuilder &b;
  PackedAttr packed;
  bool usesSpans, hasZeroPoint;
  int64_t lanes, depth;
  int64_t rowSize; // bytes of a prepared row
  Value prepared;
  Value inits; // [M, spans], or [M, groups and one of all of K], of i32
};

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_EXPANDEDROWS_H
