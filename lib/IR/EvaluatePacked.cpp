//===- EvaluatePacked.cpp - Packed weights by the reference ---------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"

#include "ptq/IR/Packed.h"

#include "mlir/IR/TypeUtilities.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;
using namespace mlir::ptq::reference;

/// The bytes of `value`, as a tensor of `type` has them in memory.
static std::vector<char> getBytes(const HostValue &value, Type elementType) {
  DenseElementsAttr constant = encodeConstant(value, elementType);
  ArrayRef<char> raw = constant.getRawData();
  if (!constant.isSplat())
    return raw;
  std::vector<char> bytes;
  for (int64_t i = 0, e = constant.getNumElements(); i < e; ++i)
    bytes.insert(bytes.end(), raw.begin(), raw.end());
  return bytes;
}

//===----------------------------------------------------------------------===//
// pack, unpack
//===----------------------------------------------------------------------===//

SmallVector<HostValue> ptq::evaluate(PackOp op, LookupFn lookup) {
  PackedAttr packed = getPackedEncoding(op.getType());
  const HostValue *weights = lookup(op.getWeights());
  const HostValue *scale = op.getScale() ? lookup(op.getScale()) : nullptr;
  const HostValue *multiplier =
      op.getMultiplier() ? lookup(op.getMultiplier()) : nullptr;
  if (!weights || (op.getScale() && !scale) ||
      (op.getMultiplier() && !multiplier))
    return {};
  QuantType format = packed.getFormat();
  std::vector<char> codes =
      getBytes(*weights, format ? Type(format.getByteStorageType())
                                : packed.getElement());
  std::vector<char> scales, multipliers;
  if (scale)
    scales = getBytes(*scale, format.getScaleType());
  if (multiplier)
    multipliers = getBytes(*multiplier, IntegerType::get(op.getContext(), 8));
  std::vector<char> bytes(packed.getNumBytes());
  packPanels(packed, {codes, /*areBitsPacked=*/false, scales, multipliers},
             bytes);
  Tensor<int64_t> result(ArrayRef<int64_t>{packed.getNumBytes()});
  llvm::copy(bytes, result.values.begin());
  return {result};
}

/// Codes and multipliers are extended as their format says.
static IntegerTensor extendMultipliers(const Tensor<int64_t> &stored,
                                       QuantType format) {
  IntegerTensor result(stored.shape);
  for (auto [to, from] : llvm::zip_equal(result.values, stored.values))
    to = format.getIsMultiplierSigned() ? from : from & 255;
  return result;
}

static HostValue makeWeights(PackedAttr packed, ArrayRef<char> bytes) {
  HostValue stored = *decodeBytes(
      bytes, packed.getFormat() ? packed.getWeightType().clone(
                                      IntegerType::get(packed.getContext(), 8))
                                : packed.getWeightType());
  QuantType format = packed.getFormat();
  if (!format)
    return stored;
  const auto &codes = std::get<Tensor<int64_t>>(stored);
  IntegerTensor result(codes.shape);
  for (auto [to, from] : llvm::zip_equal(result.values, codes.values))
    to = format.getIsSigned() ? from : from & 255;
  return result;
}

static SmallVector<HostValue> unpack(PackedAttr packed,
                                     const HostValue &input) {
  std::vector<char> bytes =
      getBytes(input, IntegerType::get(packed.getContext(), 8));
  QuantType format = packed.getFormat();
  RankedTensorType type = packed.getWeightType();
  int64_t size = format ? 1 : packed.getElement().getIntOrFloatBitWidth() / 8;
  std::vector<char> weights(type.getNumElements() * size), scales, multipliers;
  if (format)
    scales.resize(packed.getScaleType().getNumElements() *
                  format.getScaleType().getWidth() / 8);
  if (packed.hasMultipliers())
    multipliers.resize(packed.getMultiplierType().getNumElements());
  unpackPanels(packed, bytes, weights, scales, multipliers);
  SmallVector<HostValue> results{makeWeights(packed, weights)};
  if (format)
    results.push_back(*decodeBytes(scales, packed.getScaleType()));
  if (packed.hasMultipliers())
    results.push_back(*decodeBytes(multipliers, packed.getMultiplierType()));
  return results;
}

SmallVector<HostValue> ptq::evaluate(UnpackOp op, LookupFn lookup) {
  const HostValue *input = lookup(op.getInput());
  if (!input)
    return {};
  return unpack(getPackedEncoding(op.getInput().getType()), *input);
}

//===----------------------------------------------------------------------===//
// packed_matmul
//===----------------------------------------------------------------------===//

/// exp as compiled code has it, step by step (ptq-expand-math).
static float computeExp(float x) {
  x = x < -104.0f ? -104.0f : x;
  x = x > 89.0f ? 89.0f : x;
  auto bitsOf = [](float value) { return llvm::bit_cast<int32_t>(value); };
  float magic = 12582912.0f;
  float shifted = std::fma(x, 1.44269504088896341f, magic);
  float rounded = shifted - magic;
  int32_t n = static_cast<int32_t>(static_cast<uint32_t>(bitsOf(shifted)) -
                                   static_cast<uint32_t>(bitsOf(magic)));
  float r = std::fma(rounded, -0.693359375f, x);
  r = std::fma(rounded, 2.12194440e-4f, r);
  float q = 1.9875691500e-4f;
  for (float c : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
                  1.6666665459e-1f, 5.0000001201e-1f})
    q = std::fma(q, r, c);
  float y = std::fma(q, r * r, r) + 1.0f;
  auto powerOfTwo = [](int32_t exponent) {
    return llvm::bit_cast<float>(static_cast<uint32_t>(exponent + 127) << 23);
  };
  int32_t half = n >> 1;
  return y * powerOfTwo(half) * powerOfTwo(n - half);
}

static float computeStep(EpilogueStep step, float value, float operand) {
  float silu = value / (1.0f + computeExp(-value));
  switch (step) {
  case EpilogueStep::Bias:
  case EpilogueStep::Add:
    return value + operand;
  case EpilogueStep::SiLU:
    return silu;
  case EpilogueStep::SiLUTimes:
    return silu * operand;
  }
  llvm_unreachable("unknown step of an epilogue");
}

/// Applies the epilogue; false if an operand is not known.
static bool applyEpilogue(PackedMatmulOp op, LookupFn lookup,
                          FloatTensor &values) {
  auto next = op.getEpilogueOperands().begin();
  int64_t numColumns = values.getNumColumns();
  for (Attribute attribute : op.getEpilogue()) {
    EpilogueStep step = cast<EpilogueStepAttr>(attribute).getValue();
    const FloatTensor *operand = nullptr;
    if (step != EpilogueStep::SiLU) {
      const HostValue *known = lookup(*next++);
      operand = known ? std::get_if<FloatTensor>(known) : nullptr;
      if (!operand)
        return false;
    }
    bool isBias = step == EpilogueStep::Bias;
    for (auto [index, value] : llvm::enumerate(values.values))
      value = computeStep(
          step, value,
          operand ? operand->values[isBias ? index % numColumns : index] : 0);
  }
  return true;
}

static std::optional<Operand> getLhs(PackedMatmulOp op, LookupFn lookup) {
  const HostValue *lhs = lookup(op.getLhs());
  if (!lhs)
    return std::nullopt;
  QuantType format = op.getLhsFormat();
  if (!format)
    return Operand(std::get<FloatTensor>(*lhs));
  const HostValue *scale = lookup(op.getLhsScale());
  if (!scale)
    return std::nullopt;
  return Operand(QuantizedTensor{format,
                                 std::get<IntegerTensor>(*lhs),
                                 {std::get<FloatTensor>(*scale), {}, {}}});
}

SmallVector<HostValue> ptq::evaluate(PackedMatmulOp op, LookupFn lookup) {
  std::optional<Operand> lhs = getLhs(op, lookup);
  const HostValue *rhs = lookup(op.getRhs());
  if (!lhs || !rhs)
    return {};
  SmallVector<HostValue> unpacked = unpack(op.getPacked(), *rhs);
  Operand weights;
  if (QuantType format = op.getPacked().getFormat()) {
    QuantizedTensor quantized{format,
                              std::get<IntegerTensor>(unpacked[0]),
                              {std::get<FloatTensor>(unpacked[1]), {}, {}}};
    if (format.hasMultiplier())
      quantized.parameters.multipliers =
          extendMultipliers(std::get<Tensor<int64_t>>(unpacked[2]), format);
    weights = quantized;
  } else {
    weights = std::get<FloatTensor>(unpacked[0]);
  }
  auto type = cast<FloatType>(getElementTypeOrSelf(op.getResult()));
  FloatTensor values = matmul(*lhs, weights, Float32Type::get(op.getContext()));
  if (!applyEpilogue(op, lookup, values))
    return {};
  for (float &value : values.values)
    value = roundTo(value, type);
  return {values};
}
