//===- ScalableGroup.h - Sums of a group, vectors of any length -*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_SCALABLEGROUP_H
#define PTQ_LIB_CODEGEN_SCALABLEGROUP_H

#include "PreparedCodes.h"

namespace mlir::ptq {

/// The dot products of a tile and a group on registers of any multiple of 128
/// bits. A register holds as many columns of the panel as it has lanes, and a
/// loop visits the columns; lanes beyond the panel are masked. Sums go to
/// memory, i32 [rows * columns], from where code for 128 bits takes them.
class ScalableGroup {
public:
  ScalableGroup(KernelBuilder &b, const PackedKernelShape &shape,
                const PreparedCodes &prepared, Value weights, Value memory)
      : b(b), kernel(shape.getKernel()), formats(shape.getFormats()),
        packed(shape.packed), prepared(prepared), weights(weights),
        memory(memory) {}

  /// `activations` and `weightOffset` are where the group starts.
  void emit(Value activations, int64_t numRows, Value weightOffset,
            int64_t numSteps);

private:
  VectorType getType(int64_t lanes, Type element) const {
    return VectorType::get(lanes, element, /*scalableDims=*/true);
  }
  SmallVector<Value> emitSteps(Value activations, int64_t numRows,
                               Value weightOffset, int64_t numSteps, Value mask,
                               ValueRange inits);

  KernelBuilder &b;
  const Microkernel &kernel;
  ProductFormats formats;
  PackedAttr packed;
  const PreparedCodes &prepared;
  Value weights, memory;
};

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_SCALABLEGROUP_H
