//===- KernelBuilder.h - What the portable kernels are built of -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_KERNELBUILDER_H
#define PTQ_LIB_CODEGEN_KERNELBUILDER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::ptq {

/// How one row of weights lies in memory.
enum class WeightStorage {
  Bytes,   // one code per i8
  Nibbles, // two codes per i8, the first in the low half
  Floats,  // f32, f16 or bf16, as they are
};

/// A product of rows with transposed weights [N, K], everything about it that
/// is known when it is compiled.
struct KernelShape {
  bool areRowsCodes = false; // or f32
  int64_t numColumns;        // N
  int64_t depth;             // K
  int64_t groupSize; // K if there is one group; the last group may be shorter
  /// The format has groups, even if one is all of K: fma(d, sw, 0) is not d *
  /// sw for a zero of sw's sign.
  bool hasGroups = false;
  /// Groups have an integer that their sums are multiplied by; then all of K
  /// has one scale.
  bool hasMultipliers = false;
  bool areMultipliersSigned = true;
  WeightStorage storage;
  bool isSigned;     // codes, if weights are codes
  int64_t zeroPoint; // of the weights
  /// Add products of neighbours first: one instruction on x86 (vpmaddwd).
  bool addsPairs = false;

  /// As the attribute of a kernel that has no body yet, and back. `addsPairs`
  /// is not in it: it depends on the target, not on the product.
  DictionaryAttr getAttr(MLIRContext *context) const;
  static FailureOr<KernelShape> get(DictionaryAttr attr);

  int64_t getNumFullGroups() const { return depth / groupSize; }
  int64_t getTailSize() const { return depth % groupSize; }
  int64_t getNumGroups() const { return llvm::divideCeil(depth, groupSize); }
  /// Weights that take 16 bytes.
  int64_t getCodesPerChunk(Type element) const;
};

/// Builds loops, loads and shuffles that every kernel needs.
class KernelBuilder : public ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;
  using LoopBody = llvm::function_ref<SmallVector<Value>(Value, ValueRange)>;

  /// Whether LLVM may unroll the loops that are built.
  bool mayUnroll = true;

  Value index(int64_t value);
  Value add(Value a, Value b);
  Value mul(Value a, int64_t b);
  Value min(Value a, Value b);
  /// A vector of `width` zeros, of integers or floats.
  Value zeros(int64_t width, Type element);
  Value splat(Value scalar, int64_t width);

  /// `for (iv = begin; iv < end; iv += step)` with values carried around.
  SmallVector<Value> forLoop(Value begin, Value end, int64_t step,
                             ValueRange inits, LoopBody body);
  void forLoop(Value begin, Value end, int64_t step,
               llvm::function_ref<void(Value)> body);

  /// Visits `numWhole` pieces of `size` and one of `tail`, if it is not 0, with
  /// the number of the piece and its size: a loop if there is more than one.
  SmallVector<Value> forPieces(
      int64_t numWhole, int64_t size, int64_t tail, ValueRange inits,
      llvm::function_ref<SmallVector<Value>(Value, int64_t, ValueRange)> body);

  /// `count` elements of `memref` from `indices` on, and zeros up to `width`.
  /// Never touches memory beyond them.
  Value loadPart(Value memref, ValueRange indices, int64_t count,
                 int64_t width);
  /// Stores the first lanes of `value`, up to the end of row `row`.
  void storeUpTo(Value value, Value memref, Value row, Value column,
                 int64_t numColumns, Value isWhole);

  /// A scalar or vector as f32.
  Value toF32(Value value);
  /// An f32 scalar or vector as `element`, rounded.
  Value fromF32(Value value, Type element);

  Value shuffle(Value a, Value b, ArrayRef<int64_t> mask);
  /// Lane 2i is lane i of `a` and lane 2i+1 lane i of `b`: the low or high
  /// half.
  Value interleaveHalf(Value a, Value b, bool high);
  /// Rows of equal width, a power of two of them, as one array of columns:
  /// result i holds elements [i * width, (i + 1) * width) of it.
  SmallVector<Value> transposeRows(SmallVector<Value> rows);
  /// Lane i is the sum of the lanes of `vectors[i]`; eight of eight lanes.
  Value sumEach(SmallVector<Value> vectors);

  /// Codes of 16 bytes as vectors of 16: in order, or the even ones and the odd
  /// ones.
  SmallVector<Value> expandCodes(Value bytes, const KernelShape &shape);
};

/// Name of the attribute of a kernel that has no body yet.
constexpr StringLiteral kKernelAttrName = "ptq.kernel";

/// Bodies of kernels: `function` has its arguments and an empty entry block.

/// Arguments: codes [M, K] i8, scale [M, 1], sums [M, G] i32 unless the zero
/// point is 0, weights, weight scales [N, G], result [M, N]; or weight scales
/// [N, 1], multipliers [N, G], result [M, N].
void emitIntegerKernel(func::FuncOp function, const KernelShape &shape);

/// Arguments: rows [M, K] f32, weights, weight scales [N, G] unless the weights
/// are floats, result [M, N].
void emitFloatKernel(func::FuncOp function, const KernelShape &shape);

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_KERNELBUILDER_H
