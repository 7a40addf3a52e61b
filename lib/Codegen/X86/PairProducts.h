//===- PairProducts.h - Dot products of pairs, before VNNI ------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// SSE4.1 and AVX2 multiply and add pairs:
//
//   pmaddubsw   i16[i] = u8[2i] * s8[2i] + u8[2i+1] * s8[2i+1], saturated
//   pmaddwd     i32[i] = i16[2i] * i16[2i] + i16[2i+1] * i16[2i+1]
//
// With codes of 4 bits the first is exact, 2 * 15 * 128 < 2^15, and eight of
// its results still fit: 8 * 2 * 15 * 128 = 30720. So a span of eight, 32
// elements along K, is added in i16, and one pmaddwd with ones widens it; one
// with multipliers also multiplies, for nothing. With
// codes of 8 bits it would saturate (2 * 255 * 127): they are widened to i16,
// two to a lane.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_X86_PAIRPRODUCTS_H
#define PTQ_LIB_CODEGEN_X86_PAIRPRODUCTS_H

#include "X86Microkernel.h"

namespace mlir::ptq {

class PairProducts : public X86Microkernel {
public:
  PairProducts(StringRef multiplyBytes, StringRef multiplyWords)
      : multiplyBytes(multiplyBytes), multiplyWords(multiplyWords) {}

  int64_t getActivationBytes(ProductFormats formats) const override {
    return formats.getWeightBits() == 4 ? 1 : 2;
  }
  /// Groups of 4-bit codes. Spans start from sums that fit i16 for zero points
  /// up to 14 (ExpandedRows.h).
  PanelExpansion getExpansion(ProductFormats formats) const override {
    QuantType weights = formats.getRhsFormat();
    bool hasGroups =
        weights && (weights.hasMultiplier() || weights.getBlock().back() != 0);
    return formats.isInteger() && formats.getWeightBits() == 4 && hasGroups &&
                   weights.getConstantZeroPoint() <= 14
               ? PanelExpansion::Codes
               : PanelExpansion::None;
  }
  int64_t getSpan(ProductFormats formats) const override {
    return formats.getWeightBits() == 4 ? 8 : 0;
  }
  SmallVector<Value> expand(ImplicitLocOpBuilder &b, ProductFormats formats,
                            Value bytes) const override;
  Value dot(ImplicitLocOpBuilder &b, ProductFormats formats, Value accumulator,
            Value weights, Value activations) const override;
  Value endSpan(ImplicitLocOpBuilder &b, ProductFormats formats,
                Value accumulator, Value span) const override;
  Value endMultipliedSpan(ImplicitLocOpBuilder &b, ProductFormats formats,
                          Value accumulator, Value span,
                          Value multipliers) const override;

protected:
  int64_t getDotDepth(ProductFormats formats) const override {
    return formats.getWeightBits() == 4 ? 4 : 2;
  }

private:
  StringRef multiplyBytes, multiplyWords; // intrinsics
};

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_X86_PAIRPRODUCTS_H
