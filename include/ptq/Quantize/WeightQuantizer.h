//===- WeightQuantizer.h - Quantize the rows of a weight --------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From the floats of an [N, K] weight to the bytes of its codes and scales,
// without IR. Rows are independent: any split over threads or over time gives
// the same bytes and, as errors are added in the order of rows, the same
// figures.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_QUANTIZE_WEIGHTQUANTIZER_H
#define PTQ_QUANTIZE_WEIGHTQUANTIZER_H

#include "ptq/IR/PTQ.h"

#include "llvm/Support/Error.h"

#include <optional>

namespace mlir::ptq {

/// How the scale of a block is found; docs/spec.md has the formulas.
enum class ScaleMethod {
  AbsMax,    ///< max |w| becomes the largest code
  SignedMax, ///< the w of largest magnitude becomes the smallest code
  Search,    ///< the least squared error among refitted candidates; default
};

StringRef stringifyScaleMethod(ScaleMethod method);
std::optional<ScaleMethod> symbolizeScaleMethod(StringRef name);

/// Floats of a weight in memory: f32, f16 or bf16, at any address. Strides are
/// in elements; a [K, N] weight is a view with `rowStride = 1`.
struct WeightView {
  const char *data;
  FloatType elementType;
  int64_t numRows;
  int64_t numColumns;
  int64_t rowStride;
  int64_t columnStride;

  /// A dense [N, K] weight.
  static WeightView getDense(const char *data, FloatType elementType,
                             int64_t numRows, int64_t numColumns) {
    return {data, elementType, numRows, numColumns, numColumns, 1};
  }
};

/// Power of a signal and of its quantization error.
struct QuantizationError {
  double signal = 0;
  double noise = 0;
  /// Values whose code would be outside the range.
  int64_t numClipped = 0;

  QuantizationError &operator+=(const QuantizationError &other) {
    signal += other.signal;
    noise += other.noise;
    numClipped += other.numClipped;
    return *this;
  }
  /// Signal to quantization noise ratio in dB; infinite without noise, be the
  /// signal zero or not.
  double getSqnr() const;
};

class WeightQuantizer {
public:
  /// Fails if `format` is not one of at most 8 bits with blocks [1, 0] or
  /// [1, G], no zero points that are operands, and codes of both signs; if it
  /// has multipliers that are not of [-max, max], or beside groups; or if
  /// `method` needs a scale type with a sign. `packed` is that of
  /// `ptq.storage_cast`; without it there is a byte for each code.
  static llvm::Expected<WeightQuantizer> get(QuantType format,
                                             ScaleMethod method, bool packed);

  QuantType getFormat() const { return format; }
  int64_t getCodeRowBytes(int64_t numColumns) const;
  int64_t getScaleRowBytes(int64_t numColumns) const;
  /// 0 if the format has no multipliers.
  int64_t getMultiplierRowBytes(int64_t numColumns) const;

  /// Quantizes rows [begin, begin + errors.size()) of `weight`. `codes`,
  /// `scales` and `multipliers` receive these rows, and nothing else, in the
  /// layout of constants of the storage and scale types. Thread-safe. Fails,
  /// naming the first index, if a value is not finite or a scale overflows its
  /// type.
  llvm::Error quantizeRows(const WeightView &weight, int64_t begin,
                           MutableArrayRef<char> codes,
                           MutableArrayRef<char> scales,
                           MutableArrayRef<char> multipliers,
                           MutableArrayRef<QuantizationError> errors) const;

  /// Quantizes rows [begin, end) on the threads of `context`.
  llvm::Expected<QuantizationError>
  quantize(MLIRContext *context, const WeightView &weight, int64_t begin,
           int64_t end, MutableArrayRef<char> codes,
           MutableArrayRef<char> scales,
           MutableArrayRef<char> multipliers = {}) const;

private:
  WeightQuantizer(QuantType format, ScaleMethod method, bool packed)
      : format(format), method(method), packed(packed) {}

  QuantType format;
  ScaleMethod method;
  bool packed;
};

} // namespace mlir::ptq

#endif // PTQ_QUANTIZE_WEIGHTQUANTIZER_H
