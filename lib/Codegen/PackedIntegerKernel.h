//===- PackedIntegerKernel.h - Codes times packed codes ---------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The zero point of the weights costs nothing: sums start from
// -zp * sum(activations), or panels are expanded to codes less their zero
// point.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_PACKEDINTEGERKERNEL_H
#define PTQ_LIB_CODEGEN_PACKEDINTEGERKERNEL_H

#include "ExpandedPanel.h"
#include "PreparedCodes.h"

namespace mlir::ptq {

class PackedIntegerKernel : PackedKernelBuilder {
public:
  PackedIntegerKernel(func::FuncOp function, const PackedKernelShape &shape);
  void emit();

private:
  //===--- Groups: PackedIntegerGroup.cpp ---------------------------------===//

  /// The products of `numSteps` steps of a group, exact in i32, of each row
  /// group and register. `offset` is that of the first step.
  SmallVector<Value> emitGroup(const PanelView &view, Value row,
                               int64_t numRows, Value group, int64_t numSteps,
                               Value offset);
  /// Dot products of steps that lie one behind the other.
  SmallVector<Value> emitSteps(const PanelView &view, Value activations,
                               int64_t numRows, Value weightOffset,
                               int64_t numSteps, ValueRange inits);
  void emitStep(const PanelView &view, Value activations, Value weightOffset,
                int64_t step, MutableArrayRef<std::pair<int64_t, Value>> loaded,
                MutableArrayRef<Value> sums);
  /// Codes for the dot products of a step, of each register.
  SmallVector<SmallVector<Value>> loadStep(const PanelView &view, Value offset,
                                           int64_t step);
  /// What the sums of a group start from.
  SmallVector<Value> getInitialSums(const PanelView &view, Value row,
                                    int64_t numRows, Value group);
  /// `inits` and the dot products of a group by vectors of any length.
  SmallVector<Value> addScalableSums(ArrayRef<Value> inits, Value activations,
                                     int64_t numRows, Value weightOffset,
                                     int64_t numSteps);

  //===--- Tiles: PackedIntegerKernel.cpp ---------------------------------===//

  void emitTile(const PanelView &view, Value row, int64_t numRows);
  /// Panels are expanded where there are more rows than one tile has.
  void emitExpanded();
  /// What each thread has beside its panel.
  void allocateTile(int64_t numRows);
  /// Packed panels; `firstByte` is not used, it is that of the panel.
  PanelView getPackedView();
  /// The scales of a group, as the registers of sums of a row group have them.
  SmallVector<Value> loadScalesOfSums(const PanelView &view, Value offset);
  /// Sums of all of K, as floats and scaled by what the weights are scaled by.
  SmallVector<Value> emitSums(const PanelView &view, Value row,
                              int64_t numRows);
  /// acc = fma(f32(d), sw, acc), in registers or in memory.
  SmallVector<Value> addToTotals(ArrayRef<Value> dots, ArrayRef<Value> scales,
                                 ValueRange carried, int64_t numRows);
  /// Registers of rows from registers of sums.
  SmallVector<Value> separateRows(ArrayRef<Value> sums, int64_t numRows);

  bool areTotalsInMemory(int64_t numRows) const {
    return hasGroups && kernel.keepsTotalsInMemory(formats, numRows);
  }
  int64_t getNumRowGroups(int64_t numRows) const {
    return llvm::divideCeil(numRows, rowsOfSums);
  }
  /// Of an expanded panel, a step is a dot product.
  int64_t getDotsPerStep(const PanelView &view) const {
    return view.isExpanded ? 1 : dotsPerStep;
  }
  int64_t getStepBytes(const PanelView &view) const {
    return view.dotBytes * getDotsPerStep(view);
  }
  int64_t getNumSteps(const PanelView &view, int64_t groupSize) const {
    return packed.getNumSteps(groupSize) * dotsPerStep / getDotsPerStep(view);
  }

  PanelExpansion expansion;
  PreparedCodes prepared;
  ExpandedPanel expanded;
  Value codes, scale, sums;
  Value biases; // registers of what sums of expanded panels start from
  bool hasGroups;
  int64_t depth, dotsPerStep; // codes in a dot product, dot products in a step
  int64_t rowsOfSums, registersOfSums; // rows and registers of a row group
};

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_PACKEDINTEGERKERNEL_H
