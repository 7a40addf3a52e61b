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

  /// The same where all codes are to be that of zero.
  QuantizationError encodeZeros(ArrayRef<float> block,
                                MutableArrayRef<uint8_t> codes) const;

  /// Bytes of a stored scale, and its bits as an integer of that many bytes.
  unsigned getScaleBytes() const;
  uint32_t getScaleBits(float scale) const;

  /// The first value of largest magnitude.
  static float findLargest(ArrayRef<float> block);
  /// `scale` rounded to its type; 1 instead of zero and subnormal ones.
  float roundScale(float scale) const;
  float getSquaredError(ArrayRef<float> block, float scale) const;
  /// The sum of squares.
  float getPower(ArrayRef<float> block) const;
  /// sum(w q) and sum(q q) of the codes q that `scale` gives.
  std::pair<float, float> project(ArrayRef<float> block, float scale) const;
  /// Codes without their zero point.
  float getMinCode() const { return minCode; }
  float getMaxCode() const { return maxCode; }

private:
  enum class ScaleKind { F32, F16, BF16, F8E8M0FNU };

  float getCode(float value, float inverseScale) const;
  float refitScale(ArrayRef<float> block, float scale) const;
  float searchScale(ArrayRef<float> block, float largest, float code) const;

  ScaleMethod method;
  ScaleKind scaleKind;
  float minCode, maxCode;
  int32_t zeroPoint;
};

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_BLOCKQUANTIZER_H
