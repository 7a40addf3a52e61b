//===- Reference.h - The exact arithmetic, slowly and obviously -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What every op of the dialect computes, on dense row-major tensors in host
// memory. docs/spec.md says the same in formulas. Compiled code gives the same
// bits, so this file is the oracle of every numerical test. It is written to be
// read, not to be fast.
//
// Floats of every type are held as f32, which represents them all exactly; a
// function that produces values of a narrower type takes that type and rounds.
// Codes, zero points, multipliers and sums are held as i32; a stored zero point
// is extended as a code is, by the signedness of the storage.
//
// The functions expect what the verifiers of the ops establish: shapes that
// fit, spans that fit i32.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IR_REFERENCE_H
#define PTQ_IR_REFERENCE_H

#include "ptq/IR/PTQ.h"

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace mlir::ptq::reference {

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

/// A dense row-major tensor of any rank.
template <typename T>
struct Tensor {
  SmallVector<int64_t> shape;
  std::vector<T> values;

  Tensor() = default;
  explicit Tensor(ArrayRef<int64_t> shape)
      : shape(shape), values(ShapedType::getNumElements(shape)) {}
  Tensor(ArrayRef<int64_t> shape, std::vector<T> values)
      : shape(shape), values(std::move(values)) {}

  int64_t getNumElements() const { return values.size(); }
  /// Length of the innermost dimension.
  int64_t getNumColumns() const { return shape.back(); }
  /// Product of the other dimensions.
  int64_t getNumRows() const {
    return ShapedType::getNumElements(ArrayRef(shape).drop_back());
  }
};

using FloatTensor = Tensor<float>;
using IntegerTensor = Tensor<int32_t>;

/// The numbers that, with a format, give codes a meaning: one per block, in
/// shapes given by the format. `multipliers` and `zeroPoints` are empty unless
/// the format has such operands.
struct QuantParameters {
  FloatTensor scales;
  IntegerTensor multipliers;
  IntegerTensor zeroPoints;
};

struct QuantizedTensor {
  QuantType format;
  IntegerTensor codes;
  QuantParameters parameters;
};

/// Flat index of the block that holds element `index` of a tensor of `shape`,
/// in a tensor of `QuantType::getBlockedShape(shape, block)`.
int64_t getBlockIndex(int64_t index, ArrayRef<int64_t> shape,
                      ArrayRef<int64_t> block);

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

/// A value of f8E8M0FNU: the nearest power of two of 2^-127 to 2^127, of two
/// the larger. Zero becomes the smallest one, negative and too large values
/// NaN.
float roundToPowerOfTwo(float value);

/// Round to `type`, to nearest with ties to even; roundToPowerOfTwo for
/// f8E8M0FNU. Values beyond the largest become infinite.
float roundTo(float value, FloatType type);

/// The scale rule: `scale` rounded to its storage type; 1 if the result, as
/// f32, is zero or subnormal. Not finite if it overflows `type`.
float roundScale(float scale, FloatType type);

/// The scale of a block by the three closed rules. NaN is ignored.
///   absmax      max |x| / max(code - zp)
///   signed max  m / min(code - zp), m the first element of largest magnitude
///   asymmetric  (hi - lo) / (max - min), lo = min(0, x..), hi = max(0, x..)
float getAbsMaxScale(ArrayRef<float> values, QuantType format);
float getSignedMaxScale(ArrayRef<float> values, QuantType format);
float getAsymmetricScale(ArrayRef<float> values, QuantType format);

/// `clamp(rne(min - lo / scale))`, the zero point that goes with the
/// asymmetric scale.
int32_t getAsymmetricZeroPoint(ArrayRef<float> values, float scale,
                               QuantType format);

/// `int(clamp(rne(value * inverseScale) + zeroPoint, min, max))`, with the
/// range of `format`. NaN gives min.
int32_t quantizeValue(float value, float inverseScale, int32_t zeroPoint,
                      QuantType format);

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

IntegerTensor quantize(const FloatTensor &input,
                       const QuantParameters &parameters, QuantType format);

/// `multiplier * (code - zp)`: what the integers of a contraction are.
IntegerTensor centerCodes(const QuantizedTensor &input);

FloatTensor dequantize(const QuantizedTensor &input, FloatType resultType);

struct DynamicQuantizeResult {
  QuantizedTensor result;
  /// Empty unless a block for sums was given.
  IntegerTensor sums;
};

DynamicQuantizeResult
dynamicQuantize(const FloatTensor &input, QuantType format,
                std::optional<ArrayRef<int64_t>> sumsBlock);

/// Sums of codes over blocks.
IntegerTensor sumCodes(const IntegerTensor &codes, ArrayRef<int64_t> block);

FloatTensor fakeQuantize(const FloatTensor &input,
                         const QuantParameters &parameters, QuantType format,
                         FloatType resultType);

/// `values + bias` in i32, modulo 2^32, with one bias per block.
IntegerTensor addBias(const IntegerTensor &values, const IntegerTensor &bias,
                      ArrayRef<int64_t> block);

/// `zeroPoints` is empty unless the format has a zero point operand.
/// Multipliers and shifts are per block of `per`, by default those of the
/// format.
IntegerTensor
requantizeFloat(const IntegerTensor &input, const FloatTensor &multipliers,
                const IntegerTensor &zeroPoints, QuantType format,
                std::optional<ArrayRef<int64_t>> per = std::nullopt);

/// Expects multipliers in [2^30, 2^31) and shifts in [1, 62].
IntegerTensor
requantizeFixed(const IntegerTensor &input, const IntegerTensor &multipliers,
                const IntegerTensor &shifts, const IntegerTensor &zeroPoints,
                QuantType format,
                std::optional<ArrayRef<int64_t>> per = std::nullopt);

/// Sums of centred codes, scaled by multipliers per block of `format`, which
/// has no zero point operand.
IntegerTensor addFloat(const IntegerTensor &lhs, const IntegerTensor &rhs,
                       const FloatTensor &lhsMultipliers,
                       const FloatTensor &rhsMultipliers, QuantType format);

/// Expects shifts in [1, 62].
IntegerTensor addFixed(const IntegerTensor &lhs, const IntegerTensor &rhs,
                       const IntegerTensor &lhsMultipliers,
                       const IntegerTensor &rhsMultipliers,
                       const IntegerTensor &shifts, QuantType format);

//===----------------------------------------------------------------------===//
// Storage
//===----------------------------------------------------------------------===//

/// Bytes of a row of `numColumns` packed codes.
int64_t getPackedRowBytes(int64_t numColumns, unsigned width);

/// Codes of a tensor of `shape` from rows of packed bits; the inverse pads with
/// zero bits.
IntegerTensor unpackCodes(const Tensor<uint8_t> &bytes, ArrayRef<int64_t> shape,
                          QuantType format);
Tensor<uint8_t> packCodes(const IntegerTensor &codes, QuantType format);

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

/// A side of a contraction.
using Operand = std::variant<FloatTensor, QuantizedTensor>;

/// lhs[.., K] * rhs[N, K]^T
FloatTensor matmul(const Operand &lhs, const Operand &rhs,
                   FloatType resultType);

/// The same before any scale: both sides quantized, without groups. Their
/// parameters have no scales.
IntegerTensor matmulIntegers(const QuantizedTensor &lhs,
                             const QuantizedTensor &rhs);

/// lhs[B, M, K] * rhs[B, N, K]^T
FloatTensor batchMatmul(const Operand &lhs, const Operand &rhs,
                        FloatType resultType);

IntegerTensor batchMatmulIntegers(const QuantizedTensor &lhs,
                                  const QuantizedTensor &rhs);

/// The shape of windows of a convolution.
struct Window {
  SmallVector<int64_t> kernel, strides, dilations;
  bool channelsFirst, isDepthwise;
};

/// Accumulators of lhs[N, H, W, C], or [N, C, H, W], by rhs[F, K] or [C, K].
IntegerTensor convolve(const QuantizedTensor &lhs, const QuantizedTensor &rhs,
                       const Window &window);

/// `(f32(acc) * sw) * sa`, one `sw` for each index of `channelDim`, or one.
FloatTensor scaleAccumulators(const IntegerTensor &accumulators,
                              const FloatTensor &rhsScales, float lhsScale,
                              int64_t channelDim, FloatType resultType);

/// Rows of table[V, K]; expects indices in [0, V).
FloatTensor embedding(const Tensor<int64_t> &indices, const Operand &table,
                      FloatType resultType);

} // namespace mlir::ptq::reference

#endif // PTQ_IR_REFERENCE_H
