//===- TwoLevelQuantizer.h - Scale and multipliers of one row ---*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_TWOLEVELQUANTIZER_H
#define PTQ_LIB_QUANTIZE_TWOLEVELQUANTIZER_H

#include "BlockQuantizer.h"

namespace mlir::ptq {

/// Quantizes rows in two levels: one float scale, and for each group an integer
/// in [-max, max] that multiplies it.
class TwoLevelQuantizer {
public:
  TwoLevelQuantizer(QuantType format, ScaleMethod method, int64_t numColumns);

  /// Finds the scale, rounded to its type, the multipliers, and the codes by
  /// the exact arithmetic of `ptq.quantize`. Null if the scale overflows.
  std::optional<QuantizationError> quantize(ArrayRef<float> values,
                                            MutableArrayRef<uint8_t> codes);

  /// Of the last row.
  float getScale() const { return best.scale; }
  ArrayRef<int8_t> getMultipliers() const { return best.multipliers; }

private:
  /// A scale with the multipliers that are best beside it.
  struct Choice {
    float scale = 1;
    SmallVector<int8_t, 0> multipliers;
    double error = std::numeric_limits<double>::infinity();
  };
  /// A group of the row, padded with zeros.
  ArrayRef<float> getGroup(size_t group) const {
    return ArrayRef(padded).slice(group * paddedSize, paddedSize);
  }
  void load(ArrayRef<float> values);
  /// Rounds the ratio of each group's own scale to the largest one.
  void applyRule(bool usesSign);
  void search();
  void tryScale(float scale);
  int8_t findMultiplier(size_t group, float scale, double &error) const;
  float refitScale() const;

  BlockQuantizer quantizer;
  ScaleMethod method;
  int64_t groupSize, paddedSize;
  int32_t maxMultiplier;
  std::vector<float> padded, largest; // of each group, with its sign
  Choice best;
};

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_TWOLEVELQUANTIZER_H
