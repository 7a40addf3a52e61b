//===- QuantTypeTest.cpp --------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/PTQ.h"
#include "ptq/IR/Reference.h"

#include "gtest/gtest.h"

#include <random>

using namespace mlir;
using namespace mlir::ptq;

namespace {

class QuantTypeTest : public testing::Test {
protected:
  QuantTypeTest() { context.loadDialect<PTQDialect>(); }

  QuantType get(unsigned width, bool isSigned, ArrayRef<int64_t> block,
                Attribute zeroPoint = {}) {
    return QuantType::get(width, isSigned, QuantType::getMinOf(width, isSigned),
                          QuantType::getMaxOf(width, isSigned), f32, block, f32,
                          zeroPoint);
  }
  Attribute getConstant(int64_t value) {
    return IntegerAttr::get(IntegerType::get(&context, 64), value);
  }

  /// The codes of `format` that `quantize(dequantize(code))` changes, with a
  /// value of type `between`.
  int64_t countChangedCodes(QuantType format, FloatType between, float scale);

  MLIRContext context;
  FloatType f32 = Float32Type::get(&context);
  FloatType f16 = Float16Type::get(&context);
  FloatType bf16 = BFloat16Type::get(&context);
};

TEST_F(QuantTypeTest, ScaleShapesRoundUp) {
  QuantType format = get(4, false, {1, 32});
  EXPECT_EQ(format.getScaleShape({64, 172}), (SmallVector<int64_t>{64, 6}));
  EXPECT_EQ(format.getScaleShape({ShapedType::kDynamic, 31}),
            (SmallVector<int64_t>{ShapedType::kDynamic, 1}));
  EXPECT_EQ(get(8, true, {0, 1}).getScaleShape({ShapedType::kDynamic, 3}),
            (SmallVector<int64_t>{1, 3}));
}

TEST_F(QuantTypeTest, BytesHoldCodesOf8Bits) {
  EXPECT_TRUE(get(2, true, {0}).getByteStorageType().isInteger(8));
  EXPECT_TRUE(get(8, false, {0}).getByteStorageType().isInteger(8));
  EXPECT_TRUE(get(9, true, {0}).getByteStorageType().isInteger(16));
}

TEST_F(QuantTypeTest, CenteredRangesCountEveryZeroPoint) {
  using Range = std::pair<int64_t, int64_t>;
  Attribute operand = TypeAttr::get(IntegerType::get(&context, 8));
  EXPECT_EQ(get(4, false, {0}).getCenteredRange(), Range(0, 15));
  EXPECT_EQ(get(4, false, {0}, getConstant(8)).getCenteredRange(),
            Range(-8, 7));
  EXPECT_EQ(get(4, false, {0}, operand).getCenteredRange(), Range(-15, 15));
  EXPECT_EQ(get(4, true, {0}, operand).getCenteredRange(), Range(-15, 15));
  auto multiplied = QuantType::get(&context, 4, false, 0, 15, f32,
                                   ArrayRef<int64_t>{1, 0}, f32, getConstant(8),
                                   5, true, -15, 4, ArrayRef<int64_t>{1, 16});
  EXPECT_EQ(multiplied.getCenteredRange(), Range(-105, 120));
}

TEST_F(QuantTypeTest, BlocksAreEncodedWithTiesToEven) {
  QuantType format = get(4, false, {0}, getConstant(8));
  float values[] = {0.25f, 0.75f, -0.75f, 100.0f, -100.0f, NAN};
  int32_t codes[6];
  format.encodeBlock(values, 0.5f, 8, codes);
  EXPECT_EQ(ArrayRef<int32_t>(codes), (ArrayRef<int32_t>{8, 10, 6, 15, 0, 0}));
  float decoded[6];
  format.decodeBlock(codes, 0.5f, 8, decoded);
  EXPECT_EQ(ArrayRef<float>(decoded),
            (ArrayRef<float>{0, 1, -1, 3.5f, -4, -4}));
}

int64_t QuantTypeTest::countChangedCodes(QuantType format, FloatType between,
                                         float scale) {
  int64_t changed = 0, zeroPoint = format.getConstantZeroPoint();
  for (int32_t code = format.getStorageMin(); code <= format.getStorageMax();
       ++code) {
    float value = reference::roundTo(
        static_cast<float>(code - zeroPoint) * scale, between);
    changed += reference::quantizeValue(value, 1.0f / scale, zeroPoint,
                                        format) != code;
  }
  return changed;
}

// What the folder of quantize relies on, and why it refuses the other types.
TEST_F(QuantTypeTest, RoundTripsKeepCodes) {
  std::mt19937 generator(1);
  std::uniform_real_distribution<float> exponents(-100, 100);
  for (int i = 0; i < 200; ++i) {
    float scale = std::exp2(exponents(generator));
    if (i < 10)
      EXPECT_EQ(countChangedCodes(get(16, true, {0}), f32, scale), 0) << scale;
    EXPECT_EQ(countChangedCodes(get(8, true, {0}), bf16, scale), 0) << scale;
    EXPECT_EQ(
        countChangedCodes(get(8, false, {0}, getConstant(128)), bf16, -scale),
        0)
        << scale;
  }
  EXPECT_GT(countChangedCodes(get(8, false, {0}), bf16, 0.7f), 0);
  EXPECT_GT(countChangedCodes(get(8, true, {0}), f16, 0x1p-30f), 0);
}

} // namespace
