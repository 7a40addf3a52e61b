//===- ReferenceTest.cpp --------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/Reference.h"

#include "gtest/gtest.h"

#include <cfloat>
#include <cmath>

using namespace mlir;
using namespace mlir::ptq;
using namespace mlir::ptq::reference;

namespace {

class ReferenceTest : public testing::Test {
protected:
  ReferenceTest() { context.loadDialect<PTQDialect>(); }

  QuantType getSigned(int64_t max, ArrayRef<int64_t> block,
                      FloatType scale = {}) {
    return QuantType::get(8, true, -max, max, f32, block, scale ? scale : f32);
  }
  QuantType getUnsigned(unsigned width, ArrayRef<int64_t> block,
                        Attribute zeroPoint) {
    return QuantType::get(width, false, 0, (1 << width) - 1, f32, block, f32,
                          zeroPoint);
  }
  Attribute getConstant(int64_t value) {
    return IntegerAttr::get(IntegerType::get(&context, 64), value);
  }
  std::vector<int32_t> quantizeWith(std::vector<float> values, float scale) {
    FloatTensor input({int64_t(values.size())}, values);
    QuantParameters parameters{FloatTensor({1}, {scale}), {}, {}};
    return quantize(input, parameters, getSigned(127, {0})).values;
  }

  MLIRContext context;
  FloatType f32 = Float32Type::get(&context);
  FloatType f16 = Float16Type::get(&context);
  FloatType bf16 = BFloat16Type::get(&context);
  FloatType f8 = Float8E8M0FNUType::get(&context);
};

//===----------------------------------------------------------------------===//
// Scales
//===----------------------------------------------------------------------===//

TEST_F(ReferenceTest, ScalesAreRoundedToTheirType) {
  EXPECT_EQ(roundScale(0.1f, f32), 0.1f);
  EXPECT_EQ(roundScale(0.1f, f16), 0x1.998p-4f);
  EXPECT_EQ(roundScale(0.1f, bf16), 0x1.9ap-4f);
  EXPECT_EQ(roundScale(-0.1f, f16), -0x1.998p-4f);
  EXPECT_EQ(roundScale(0.1f, f8), 0.125f);
  EXPECT_EQ(roundScale(1.5f, f8), 2.0f); // a tie
  EXPECT_EQ(roundScale(1.4999999f, f8), 1.0f);
}

TEST_F(ReferenceTest, ScalesThatAreTooSmallAreOne) {
  EXPECT_EQ(roundScale(0.0f, f32), 1.0f);
  EXPECT_EQ(roundScale(FLT_MIN / 2, f32), 1.0f);
  EXPECT_EQ(roundScale(-FLT_MIN / 2, f32), 1.0f);
  EXPECT_EQ(roundScale(FLT_MIN, f32), FLT_MIN);
  EXPECT_EQ(roundScale(0x1p-26f, f16), 1.0f);
  EXPECT_EQ(roundScale(0x1p-24f, f16), 0x1p-24f); // an f16 subnormal is kept
  EXPECT_EQ(roundScale(0x1p-130f, bf16), 1.0f);
  EXPECT_EQ(roundScale(0.0f, f8), 1.0f);
  EXPECT_EQ(roundScale(0x1p-127f, f8), 1.0f);
  EXPECT_EQ(roundScale(0x1p-126f, f8), 0x1p-126f);
}

TEST_F(ReferenceTest, ScalesThatOverflowAreNotFinite) {
  EXPECT_EQ(roundScale(65504.0f, f16), 65504.0f);
  EXPECT_FALSE(std::isfinite(roundScale(65520.0f, f16)));
  EXPECT_FALSE(std::isfinite(roundScale(-65520.0f, f16)));
  EXPECT_FALSE(std::isfinite(roundScale(FLT_MAX, bf16)));
  EXPECT_EQ(roundScale(0x1p127f, f8), 0x1p127f);
  EXPECT_FALSE(std::isfinite(roundScale(FLT_MAX, f8)));
  EXPECT_FALSE(std::isfinite(roundScale(-1.0f, f8)));
}

TEST_F(ReferenceTest, ScaleRules) {
  QuantType s8 = getSigned(127, {0});
  EXPECT_EQ(getAbsMaxScale({1.0f, -254.0f, NAN}, s8), 2.0f);
  QuantType u4 = getUnsigned(4, {0}, getConstant(8));
  EXPECT_EQ(getAbsMaxScale({7.0f, -14.0f}, u4), 2.0f);
  EXPECT_EQ(getSignedMaxScale({7.0f, -16.0f, 16.0f}, u4), 2.0f);
  EXPECT_EQ(getSignedMaxScale({7.0f, 16.0f, -16.0f}, u4), -2.0f);
  QuantType u8 =
      getUnsigned(8, {0}, TypeAttr::get(IntegerType::get(&context, 32)));
  EXPECT_EQ(getAsymmetricScale({-1.0f, 1.55f}, u8), 2.55f / 255);
  EXPECT_EQ(getAsymmetricZeroPoint({-1.0f, 1.55f}, 0.01f, u8), 100);
  EXPECT_EQ(getAsymmetricScale({5.0f, 2.55f}, u8), 5.0f / 255); // lo is 0
  EXPECT_EQ(getAsymmetricZeroPoint({5.0f, 2.55f}, 0.01f, u8), 0);
  EXPECT_EQ(getAsymmetricZeroPoint({-2.55f}, 0.005f, u8), 255); // clamped
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

TEST_F(ReferenceTest, QuantizeRoundsTiesToEvenAndSaturates) {
  EXPECT_EQ(quantizeWith({0.5f, 1.5f, -0.5f, -1.5f, 126.5f, 127.5f}, 1.0f),
            (std::vector<int32_t>{0, 2, 0, -2, 126, 127}));
  EXPECT_EQ(quantizeWith({INFINITY, -INFINITY, NAN, FLT_MAX, 1e-45f}, 0.25f),
            (std::vector<int32_t>{127, -127, -127, 127, 0}));
}

TEST_F(ReferenceTest, QuantizeMultipliesByTheInverse) {
  // 2.5 * 0.3 / 0.3 is 2.5, a tie that goes to 2, but with the rounded inverse
  // it may lie beside the tie.
  int numDifferent = 0;
  for (int i = 0; i < 100; ++i) {
    float scale = 0.1f + 0.01f * i, value = 2.5f * scale;
    float product = value * (1.0f / scale);
    EXPECT_EQ(quantizeWith({value}, scale)[0], int(std::nearbyint(product)));
    numDifferent += std::nearbyint(product) != std::nearbyint(value / scale);
  }
  EXPECT_GT(numDifferent, 0);
}

TEST_F(ReferenceTest, ZeroPointIsAddedBeforeTheClamp) {
  QuantType u4 = getUnsigned(4, {0}, getConstant(8));
  FloatTensor input({4}, {-100.0f, -8.0f, 0.0f, 7.5f});
  QuantParameters parameters{FloatTensor({1}, {1.0f}), {}, {}};
  EXPECT_EQ(quantize(input, parameters, u4).values,
            (std::vector<int32_t>{0, 0, 8, 15}));
}

TEST_F(ReferenceTest, BlocksMayBeRaggedInEveryDimension) {
  QuantType format = getSigned(127, {2, 3});
  QuantizedTensor tensor{format, IntegerTensor({3, 4}), {}};
  std::fill_n(tensor.codes.values.begin(), 12, 1);
  tensor.parameters.scales = FloatTensor({2, 2}, {1, 2, 3, 4});
  EXPECT_EQ(dequantize(tensor, f32).values,
            (std::vector<float>{1, 1, 1, 2, 1, 1, 1, 2, 3, 3, 3, 4}));
}

TEST_F(ReferenceTest, MultipliersScaleTheCodes) {
  QuantType format = QuantType::get(
      &context, 4, false, 0, 15, f32, ArrayRef<int64_t>{1, 0}, f32,
      getConstant(8), 8, true, -8, 8, ArrayRef<int64_t>{1, 2});
  QuantizedTensor tensor{format, IntegerTensor({1, 3}, {0, 15, 9}), {}};
  tensor.parameters.scales = FloatTensor({1, 1}, {0.5f});
  tensor.parameters.multipliers = IntegerTensor({1, 2}, {-3, 0});
  EXPECT_EQ(dequantize(tensor, f32).values, (std::vector<float>{12, -10.5, 0}));
  FloatTensor input({1, 3}, {12, -10.5, 99});
  EXPECT_EQ(quantize(input, tensor.parameters, format).values,
            (std::vector<int32_t>{0, 15, 8}));
}

TEST_F(ReferenceTest, DequantizeRoundsToTheResultType) {
  QuantizedTensor tensor{getSigned(127, {0}), IntegerTensor({1}, {3}), {}};
  tensor.parameters.scales = FloatTensor({1}, {0.1f});
  EXPECT_EQ(dequantize(tensor, f32).values[0], 3 * 0.1f);
  EXPECT_EQ(dequantize(tensor, bf16).values[0], 0x1.34p-2f);
}

TEST_F(ReferenceTest, DynamicQuantizeOfExtremeRows) {
  FloatTensor input({4, 3}, {0, 0, -0.0f,        //
                             1e-44f, -1e-45f, 0, //
                             NAN, 254, -127,     //
                             FLT_MAX, -FLT_MAX, 1e30f});
  SmallVector<int64_t> sumsBlock = {1, 2};
  auto [result, sums] =
      dynamicQuantize(input, getSigned(127, {1, 0}), ArrayRef(sumsBlock));
  EXPECT_EQ(result.parameters.scales.values,
            (std::vector<float>{1, 1, 2, FLT_MAX / 127}));
  EXPECT_EQ(result.codes.values, (std::vector<int32_t>{0, 0, 0,        //
                                                       0, 0, 0,        //
                                                       -127, 127, -64, //
                                                       127, -127, 0}));
  EXPECT_EQ(sums.values, (std::vector<int32_t>{0, 0, 0, 0, 0, -64, 0, 0}));
}

TEST_F(ReferenceTest, DynamicQuantizeOfInfinity) {
  FloatTensor input({1, 3}, {INFINITY, 1, -INFINITY});
  auto [result, sums] =
      dynamicQuantize(input, getSigned(127, {1, 0}), std::nullopt);
  // The inverse is 0, and 0 * inf is NaN.
  EXPECT_EQ(result.parameters.scales.values[0], INFINITY);
  EXPECT_EQ(result.codes.values, (std::vector<int32_t>{-127, 0, -127}));
  EXPECT_TRUE(sums.values.empty());
}

TEST_F(ReferenceTest, RequantizeFloat) {
  IntegerTensor input({4}, {7, 9, -9, INT32_MAX});
  EXPECT_EQ(
      requantizeFloat(input, FloatTensor({1}, {0.5f}), {}, getSigned(127, {0}))
          .values,
      (std::vector<int32_t>{4, 4, -4, 127}));
}

TEST_F(ReferenceTest, RequantizeFixedShiftsArithmetically) {
  IntegerTensor input({5}, {7, 9, -7, INT32_MIN, INT32_MAX});
  auto requantize = [&](int32_t multiplier, int32_t shift) {
    return requantizeFixed(input, IntegerTensor({1}, {multiplier}),
                           IntegerTensor({1}, {shift}), {}, getSigned(127, {0}))
        .values;
  };
  EXPECT_EQ(requantize(1 << 30, 31),
            (std::vector<int32_t>{4, 5, -3, -127, 127}));
  EXPECT_EQ(requantize(INT32_MAX, 62), (std::vector<int32_t>{0, 0, 0, -1, 1}));
  EXPECT_EQ(requantize(INT32_MAX, 1),
            (std::vector<int32_t>{127, 127, -127, -127, 127}));
}

//===----------------------------------------------------------------------===//
// Storage
//===----------------------------------------------------------------------===//

TEST_F(ReferenceTest, PackedRowsStartAtAByte) {
  QuantType u3 = getUnsigned(3, {1, 0}, getConstant(4));
  IntegerTensor codes({2, 3}, {1, 2, 7, 4, 5, 6});
  Tensor<uint8_t> bytes = packCodes(codes, u3);
  // 111 010 001 -> 0xd1 0x01; 110 101 100 -> 0xac 0x01
  EXPECT_EQ(bytes.values, (std::vector<uint8_t>{0xd1, 0x01, 0xac, 0x01}));
  EXPECT_EQ(unpackCodes(bytes, codes.shape, u3).values, codes.values);
}

TEST_F(ReferenceTest, PackedSignedCodesComeBack) {
  for (unsigned width = 2; width < 8; ++width) {
    int64_t min = QuantType::getMinOf(width, true);
    QuantType format =
        QuantType::get(width, true, min, -min - 1, f32, {1, 0}, f32);
    IntegerTensor codes({1, -2 * min});
    for (auto [index, code] : llvm::enumerate(codes.values))
      code = min + int64_t(index);
    EXPECT_EQ(unpackCodes(packCodes(codes, format), codes.shape, format).values,
              codes.values);
  }
}

} // namespace
