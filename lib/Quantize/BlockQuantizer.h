//===- BlockQuantizer.h - Scale and codes of one block ----------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_BLOCKQUANTIZER_H
#define PTQ_LIB_QUANTIZE_BLOCKQUANTIZER_H

#include "ptq/Quantize/WeightQuantizer.h"

namespace mlir::ptq {

/// The inner loops over the floats of one block. Blocks come padded with zeros
/// to a multiple of `numLanes`: sums are over as many partial sums, combined by
/// halves, so that they vectorize and yet have one value on every machine.
class BlockQuantizer {
public:
  static constexpr int64_t numLanes = 16;

  BlockQuantizer(QuantType format, ScaleMethod method);

  /// The scale, rounded to its type; not finite if it overflows.
  float findScale(ArrayRef<float> block) const;

  /// Codes of the first `codes.size()` values, by the exact arithmetic of
  /// `ptq.quantize`, and what they cost.
  QuantizationError encode(ArrayRef<float> block, float scale,
                           MutableArrayRef<uint8_t> codes) const;

  /// Bytes of a stored scale, and its bits as an integer of that many bytes.
  unsigned getScaleBytes() const;
  uint32_t getScaleBits(float scale) const;

private:
  enum class ScaleKind { F32, F16, BF16, F8E8M0FNU };

  float roundScale(float scale) const;
  float getCode(float value, float inverseScale) const;
  float refitScale(ArrayRef<float> block, float scale) const;
  float getSquaredError(ArrayRef<float> block, float scale) const;
  float searchScale(ArrayRef<float> block, float largest, float code) const;

  ScaleMethod method;
  ScaleKind scaleKind;
  /// Codes without their zero point.
  float minCode, maxCode;
  int32_t zeroPoint;
};

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_BLOCKQUANTIZER_H
