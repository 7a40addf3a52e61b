//===- PackedKernel.h - Products with packed weights ------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_PACKEDKERNEL_H
#define PTQ_LIB_CODEGEN_PACKEDKERNEL_H

#include "KernelBuilder.h"
#include "ptq/IR/Microkernel.h"

namespace mlir::ptq {

/// A product with packed weights, everything about it that is known when it is
/// compiled.
struct PackedKernelShape {
  MicrokernelInterface isa;
  PackedAttr packed;
  Type rows; // element type of the activations
  ArrayAttr epilogue;

  /// As the attribute of a kernel that has no body yet, and back.
  DictionaryAttr getAttr(MLIRContext *context) const;
  static FailureOr<PackedKernelShape> get(DictionaryAttr attr);

  const Microkernel &getKernel() const { return isa.getMicrokernel(); }
  ProductFormats getFormats() const { return {rows, packed.getElement()}; }
  bool hasSums() const {
    return getFormats().isInteger() && packed.getStoredZeroPoint() != 0;
  }
};

/// Name of the attribute of a kernel with packed weights that has no body yet.
constexpr StringLiteral kPackedKernelAttrName = "ptq.packed_kernel";

/// Builds what products of codes and of floats have in common: panels, tiles of
/// rows, the epilogue.
class PackedKernelBuilder {
public:
  PackedKernelBuilder(func::FuncOp function, const PackedKernelShape &shape);

protected:
  using EmitTile = llvm::function_ref<void(Value row, int64_t numRows)>;

  /// Visits panels, shared by threads, and in each the rows, in tiles of at
  /// most `getNumRows()`.
  void forTiles(EmitTile emitTile);
  /// Visits panels, shared by threads. `prologue` and `epilogue` are emitted
  /// once per thread.
  void forPanels(llvm::function_ref<void()> emitPanel,
                 llvm::function_ref<void()> prologue,
                 llvm::function_ref<void()> epilogue = nullptr);
  /// Visits the rows in tiles of `tileRows`, and what is left in a smaller one.
  void forRows(int64_t tileRows, EmitTile emitTile);
  /// Visits `numRows` rows from `first` on, at most `maxRows`, as one tile.
  void forFewRows(Value first, Value numRows, int64_t maxRows,
                  EmitTile emitTile);
  /// Visits the groups along K, with their number and size.
  SmallVector<Value> forGroups(
      ValueRange inits,
      llvm::function_ref<SmallVector<Value>(Value, int64_t, ValueRange)> body);

  /// First byte of a group of the panel.
  Value getGroupOffset(Value group);
  /// Register `index` of what starts at `offset`: bytes.
  Value loadBytes(Value offset, int64_t index, int64_t numBytes);
  /// The scales of a group, as f32 registers.
  SmallVector<Value> loadScales(Value groupOffset);
  /// Asks for the memory a page ahead of `numBytes` at `offset`.
  void prefetch(Value offset, int64_t numBytes);
  /// Applies the epilogue to a tile, of which row r has registers
  /// [r * numRegisters, (r + 1) * numRegisters), and stores it.
  void storeTile(Value row, int64_t numRows, ValueRange tile);

  KernelBuilder b;
  const PackedKernelShape &shape;
  const Microkernel &kernel;
  ProductFormats formats;
  PackedAttr packed;
  int64_t lanes, numRegisters; // of a panel
  Value weights, result;
  SmallVector<Value> epilogueOperands;
  Value numRows;   // M
  Value totals;    // memory of a thread, for a tile in f32
  Value groupSums; // the same for the sums of a group, of scalable kernels
  Value panel;     // number of the panel
  Value firstByte; // of the panel
  Value isWhole;   // whether all columns of the panel are there

private:
  void storeRow(Value row, ValueRange values, bool isMasked);
  Value applyEpilogue(Value value, Value row, Value column, Value mask);
};

/// Registers of columns as the registers of sums of a row group have them:
/// those of `rowsOfSums` rows share one.
SmallVector<Value> spreadOverRows(KernelBuilder &b, ArrayRef<Value> columns,
                                  int64_t rowsOfSums);

/// Bodies of kernels: `function` has its arguments and an empty entry block.

/// Arguments: codes [M, K] i8, scale [M, 1], sums [M, G] i32 unless the zero
/// point is 0, packed bytes, operands of the epilogue, result [M, N].
/// Panels may be expanded to signed bytes, once, where there are many rows.
void emitPackedIntegerKernel(func::FuncOp function,
                             const PackedKernelShape &shape);

/// The same arguments; panels are expanded to unsigned bytes, once, where there
/// are many rows.
void emitPackedExpandedKernel(func::FuncOp function,
                              const PackedKernelShape &shape);

/// Arguments: rows [M, K] f32, packed bytes, operands of the epilogue, result
/// [M, N].
void emitPackedFloatKernel(func::FuncOp function,
                           const PackedKernelShape &shape);

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_PACKEDKERNEL_H
