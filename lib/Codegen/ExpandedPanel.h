//===- ExpandedPanel.h - Panels of 4-bit codes, as they are or expanded ---===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An expanded panel is what a kernel reads instead of a packed one:
//
//   panel ::= group*
//   group ::= number[columns] dot*    32 bits each; none of products
//   dot   ::= byte[columns][depth]
//
// Numbers are scales as f32, or multipliers, twice, in i16. Scales are there
// once for each row of those whose sums share a register. Bytes are unsigned,
// or signed where the instruction set says so.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_EXPANDEDPANEL_H
#define PTQ_LIB_CODEGEN_EXPANDEDPANEL_H

#include "PackedKernel.h"

namespace mlir::ptq {

/// How a tile reads a panel.
struct PanelView {
  bool isExpanded;
  bool hasGroups;         // or one sum over all of K
  ProductFormats formats; // for dot()
  Value memory;           // bytes
  Value firstByte;        // of the first group
  int64_t groupBytes;
  int64_t numberBytes; // in front of a group
  int64_t dotBytes;    // of all registers; half of a step that is not expanded

  Value getGroupOffset(KernelBuilder &b, Value group) const {
    return b.add(firstByte, b.mul(group, groupBytes));
  }
};

class ExpandedPanel {
public:
  /// Zero point of `PanelExpansion::Products`.
  static constexpr int64_t zeroPoint = 128;

  ExpandedPanel(KernelBuilder &b, const PackedKernelShape &shape,
                bool usesSpans);

  /// Memory of a thread, if `isNeeded`; null is always.
  void allocate(Value isNeeded);
  void release();

  PanelView getPackedView(Value weights, Value firstByte) const;
  PanelView getExpandedView() const;
  /// Most rows of a tile that reads an expanded panel.
  int64_t getNumRows() const {
    return areProducts ? kernel.getNumRows(getProductFormats(formats))
                       : kernel.getNumExpandedRows(formats);
  }
  /// Fills the memory.
  void expand(const PanelView &packedView);

  /// Dot products whose codes are read together: 1, or 2 of a step.
  static int64_t getDotsPerLoad(const PanelView &view) {
    return view.isExpanded ? 1 : 2;
  }
  /// Registers of codes for getDotsPerLoad() dot products from `offset` on.
  SmallVector<SmallVector<Value>> loadCodes(const PanelView &view,
                                            Value offset);
  /// Scales as f32; or multipliers as i32, or for spans as pairs of i16.
  SmallVector<Value> loadNumbers(const PanelView &view, Value groupOffset);
  /// The scales of columns that have multipliers, in front of a packed panel.
  SmallVector<Value> loadColumnScales(Value weights, Value offset);

private:
  Value load(Value memory, Value offset, int64_t index, VectorType type);
  void store(Value value, Value offset, int64_t index);
  Value pairMultipliers(Value words, int64_t count);
  void expandGroup(const PanelView &from, Value group, int64_t size);
  int64_t getDots(int64_t size) const { return 2 * packed.getNumSteps(size); }
  int64_t getNumBytes() const;

  KernelBuilder &b;
  const Microkernel &kernel;
  ProductFormats formats;
  PackedAttr packed;
  bool areProducts, areSigned, usesSpans;
  int64_t lanes, numRegisters;
  int64_t rowsOfSums;    // for which scales are there
  int64_t registerBytes; // of codes for one dot product
  Value memory;
};

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_EXPANDEDPANEL_H
