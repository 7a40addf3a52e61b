//===- LinalgBuilder.h - Short spelling of linalg on tensors ----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_LINALGBUILDER_H
#define PTQ_LIB_IMPORT_LINALGBUILDER_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::ptq {

/// Sizes of a tensor; an attribute makes the dimension static.
using Sizes = ArrayRef<OpFoldResult>;

/// For each operand, inputs first, then the output, the loop that each of its
/// dimensions is indexed by.
using LoopIndices = ArrayRef<SmallVector<unsigned>>;

/// Builds `linalg` on f32 tensors. Inputs may have other float types: they are
/// extended.
class LinalgBuilder : public ImplicitLocOpBuilder {
public:
  /// `location` is that of constants, destinations and scalar code.
  LinalgBuilder(Location location)
      : ImplicitLocOpBuilder(location, location.getContext()),
        unnamed(location) {}

  /// The name that tensors built from now on have in the printed module.
  void setName(StringRef name);

  Value createIndex(int64_t value);
  Value createFloat(double value);

  Value createEmpty(Sizes sizes);
  Value createFilled(Sizes sizes, double value);

  /// `init[output loops] = body(inputs[their loops]..., init[..])`, over loops
  /// that are parallel if they index the output and reductions if not. `body`
  /// gets f32 values.
  using Body = llvm::function_ref<Value(ImplicitLocOpBuilder &, ValueRange)>;
  Value createGeneric(LoopIndices loops, ValueRange inputs, Value init,
                      Body body);

  /// Sum over the loops that do not index the output of the product of `lhs`
  /// and `rhs`.
  Value createContraction(LoopIndices loops, Value lhs, Value rhs, Sizes sizes,
                          StringRef linearName);

  /// `tensor[offsets.., + sizes..]` with unit strides, and without the
  /// dimensions of `tensor` that `type` does not have.
  Value createSlice(RankedTensorType type, Value tensor, Sizes offsets,
                    Sizes sizes);

  /// f32 tensor type of `sizes`.
  RankedTensorType getTensorType(Sizes sizes);

  /// The size of dimension 0 of `tensor`.
  OpFoldResult getNumRows(Value tensor);

private:
  ArrayAttr getMaps(LoopIndices loops);

  Location unnamed;
};

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_LINALGBUILDER_H
