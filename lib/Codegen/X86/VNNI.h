//===- VNNI.h - Dot products of four bytes ----------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_X86_VNNI_H
#define PTQ_LIB_CODEGEN_X86_VNNI_H

#include "X86Microkernel.h"

namespace mlir::ptq {

/// vpdpbusd: four products of unsigned and signed bytes, added in i32 without
/// saturation.
class VNNI : public X86Microkernel {
public:
  explicit VNNI(StringRef intrinsic) : intrinsic(intrinsic) {}

  /// Times multipliers, panels are as those of 8-bit weights. That takes sums
  /// of activations, which are there if the zero point is not 0.
  PanelExpansion getExpansion(ProductFormats formats) const override {
    QuantType weights = formats.getRhsFormat();
    return formats.isInteger() && weights.hasMultiplier() &&
                   !weights.isSymmetric()
               ? PanelExpansion::Products
               : PanelExpansion::None;
  }

  /// Exact in i32 for K <= 66311 (255 * 127 * K < 2^31), which the verifier of
  /// the product sees to. The broadcast is the signed operand: only there may
  /// it be a memory operand.
  Value dot(ImplicitLocOpBuilder &b, ProductFormats, Value accumulator,
            Value weights, Value activations) const override {
    return callIntrinsic(
        b, intrinsic, accumulator.getType(),
        {accumulator, weights, bitcastTo(b, activations, b.getI8Type())});
  }

private:
  StringRef intrinsic;
};

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_X86_VNNI_H
