//===- ReferenceContraction.cpp - The exact arithmetic of contractions ----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/Reference.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;
using namespace mlir::ptq::reference;

namespace {

/// A side of a contraction as rows along K: floats, or centred codes with a
/// scale for each.
class Side {
public:
  explicit Side(const Operand &operand)
      : floats(std::get_if<FloatTensor>(&operand)),
        quantized(std::get_if<QuantizedTensor>(&operand)) {
    if (quantized)
      centered = centerCodes(*quantized);
  }

  bool isQuantized() const { return quantized; }
  ArrayRef<int64_t> getShape() const {
    return quantized ? quantized->codes.shape : floats->shape;
  }
  int64_t getNumColumns() const { return getShape().back(); }

  /// Length of the groups along K; 0 if there are none.
  int64_t getGroupSize() const {
    return quantized ? quantized->format.getBlock().back() : 0;
  }
  float getFloat(int64_t row, int64_t k) const {
    return floats->values[row * getNumColumns() + k];
  }
  int32_t getCode(int64_t row, int64_t k) const {
    return centered.values[row * getNumColumns() + k];
  }
  float getScale(int64_t row, int64_t k) const {
    int64_t block = getBlockIndex(row * getNumColumns() + k, getShape(),
                                  quantized->format.getBlock());
    return quantized->parameters.scales.values[block];
  }

private:
  const FloatTensor *floats;
  const QuantizedTensor *quantized;
  IntegerTensor centered;
};

/// A row of each side.
struct RowPair {
  const Side &lhs;
  int64_t lhsRow;
  const Side &rhs;
  int64_t rhsRow;

  int64_t getNumColumns() const { return rhs.getNumColumns(); }

  /// Exact in i32, which the verifier proves; else it wraps.
  int32_t dot(int64_t begin, int64_t end) const {
    uint32_t sum = 0;
    for (int64_t k = begin; k < end; ++k)
      sum +=
          uint32_t(lhs.getCode(lhsRow, k)) * uint32_t(rhs.getCode(rhsRow, k));
    return sum;
  }

  float contractQuantized() const;
  float contractWeightOnly() const;
  float contractActivationOnly() const;
  float contractFloat() const;
  float contract() const {
    if (rhs.isQuantized())
      return lhs.isQuantized() ? contractQuantized() : contractWeightOnly();
    return lhs.isQuantized() ? contractActivationOnly() : contractFloat();
  }
};

} // namespace

float RowPair::contractQuantized() const {
  int64_t numColumns = getNumColumns();
  if (lhs.getGroupSize() == 0 && rhs.getGroupSize() == 0) {
    float scaled =
        static_cast<float>(dot(0, numColumns)) * rhs.getScale(rhsRow, 0);
    return scaled * lhs.getScale(lhsRow, 0);
  }
  bool lhsHasGroups = lhs.getGroupSize() != 0;
  int64_t groupSize = lhsHasGroups ? lhs.getGroupSize() : rhs.getGroupSize();
  float acc = 0;
  for (int64_t begin = 0; begin < numColumns; begin += groupSize) {
    float scale = rhs.getScale(rhsRow, begin);
    if (lhsHasGroups)
      scale = scale * lhs.getScale(lhsRow, begin);
    int32_t sum = dot(begin, std::min(begin + groupSize, numColumns));
    acc = std::fma(static_cast<float>(sum), scale, acc);
  }
  return lhsHasGroups ? acc : acc * lhs.getScale(lhsRow, 0);
}

float RowPair::contractWeightOnly() const {
  int64_t numColumns = getNumColumns();
  int64_t groupSize = rhs.getGroupSize() ? rhs.getGroupSize() : numColumns;
  float acc = 0;
  for (int64_t begin = 0; begin < numColumns; begin += groupSize) {
    float partial = 0;
    for (int64_t k = begin, end = std::min(begin + groupSize, numColumns);
         k < end; ++k)
      partial = std::fma(lhs.getFloat(lhsRow, k),
                         static_cast<float>(rhs.getCode(rhsRow, k)), partial);
    acc = std::fma(partial, rhs.getScale(rhsRow, begin), acc);
  }
  return acc;
}

float RowPair::contractActivationOnly() const {
  float acc = 0;
  for (int64_t k = 0, e = getNumColumns(); k < e; ++k) {
    float value =
        static_cast<float>(lhs.getCode(lhsRow, k)) * lhs.getScale(lhsRow, k);
    acc = std::fma(value, rhs.getFloat(rhsRow, k), acc);
  }
  return acc;
}

float RowPair::contractFloat() const {
  float acc = 0;
  for (int64_t k = 0, e = getNumColumns(); k < e; ++k)
    acc = std::fma(lhs.getFloat(lhsRow, k), rhs.getFloat(rhsRow, k), acc);
  return acc;
}

/// `numBatches` times `numRows` rows of lhs by `numColumns` rows of rhs.
static void contractBatches(const Side &lhs, const Side &rhs,
                            int64_t numBatches, int64_t numRows,
                            int64_t numColumns, FloatType resultType,
                            FloatTensor &result) {
  float *next = result.values.data();
  for (int64_t b = 0; b < numBatches; ++b)
    for (int64_t m = 0; m < numRows; ++m)
      for (int64_t n = 0; n < numColumns; ++n) {
        RowPair rows{lhs, b * numRows + m, rhs, b * numColumns + n};
        *next++ = roundTo(rows.contract(), resultType);
      }
}

FloatTensor reference::matmul(const Operand &lhs, const Operand &rhs,
                              FloatType resultType) {
  Side lhsSide(lhs), rhsSide(rhs);
  SmallVector<int64_t> shape(lhsSide.getShape());
  int64_t numRows = ShapedType::getNumElements(ArrayRef(shape).drop_back());
  shape.back() = rhsSide.getShape().front();
  FloatTensor result(shape);
  contractBatches(lhsSide, rhsSide, 1, numRows, shape.back(), resultType,
                  result);
  return result;
}

FloatTensor reference::batchMatmul(const Operand &lhs, const Operand &rhs,
                                   FloatType resultType) {
  Side lhsSide(lhs), rhsSide(rhs);
  ArrayRef<int64_t> lhsShape = lhsSide.getShape();
  int64_t numColumns = rhsSide.getShape()[1];
  FloatTensor result(
      SmallVector<int64_t>{lhsShape[0], lhsShape[1], numColumns});
  contractBatches(lhsSide, rhsSide, lhsShape[0], lhsShape[1], numColumns,
                  resultType, result);
  return result;
}

/// The accumulators of `numBatches` times `numRows` rows by `numColumns`.
static IntegerTensor contractIntegers(const QuantizedTensor &lhs,
                                      const QuantizedTensor &rhs,
                                      int64_t numBatches, int64_t numColumns) {
  Operand lhsOperand = lhs, rhsOperand = rhs;
  Side lhsSide(lhsOperand), rhsSide(rhsOperand);
  SmallVector<int64_t> shape(lhs.codes.shape);
  int64_t numRows =
      ShapedType::getNumElements(ArrayRef(shape).drop_back()) / numBatches;
  shape.back() = numColumns;
  IntegerTensor result(shape);
  int32_t *next = result.values.data();
  for (int64_t b = 0; b < numBatches; ++b)
    for (int64_t m = 0; m < numRows; ++m)
      for (int64_t n = 0; n < numColumns; ++n) {
        RowPair rows{lhsSide, b * numRows + m, rhsSide, b * numColumns + n};
        *next++ = rows.dot(0, rows.getNumColumns());
      }
  return result;
}

IntegerTensor reference::matmulIntegers(const QuantizedTensor &lhs,
                                        const QuantizedTensor &rhs) {
  return contractIntegers(lhs, rhs, 1, rhs.codes.shape[0]);
}

IntegerTensor reference::batchMatmulIntegers(const QuantizedTensor &lhs,
                                             const QuantizedTensor &rhs) {
  return contractIntegers(lhs, rhs, lhs.codes.shape[0], rhs.codes.shape[1]);
}

FloatTensor reference::embedding(const Tensor<int64_t> &indices,
                                 const Operand &table, FloatType resultType) {
  const auto *quantized = std::get_if<QuantizedTensor>(&table);
  FloatTensor rows =
      quantized
          ? dequantize(*quantized, Float32Type::get(resultType.getContext()))
          : std::get<FloatTensor>(table);
  SmallVector<int64_t> shape(indices.shape);
  shape.push_back(rows.getNumColumns());
  FloatTensor result(shape);
  float *next = result.values.data();
  for (int64_t index : indices.values)
    for (int64_t k = 0, e = rows.getNumColumns(); k < e; ++k)
      *next++ = roundTo(rows.values[index * e + k], resultType);
  return result;
}
