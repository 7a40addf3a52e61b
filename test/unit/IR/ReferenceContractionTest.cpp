//===- ReferenceContractionTest.cpp ---------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/Reference.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;
using namespace mlir::ptq::reference;

namespace {

class ReferenceContractionTest : public testing::Test {
protected:
  ReferenceContractionTest() { context.loadDialect<PTQDialect>(); }

  QuantizedTensor makeRow(int64_t group, std::vector<int32_t> codes,
                          std::vector<float> scales, int64_t zeroPoint = 0) {
    Attribute constant =
        zeroPoint ? IntegerAttr::get(IntegerType::get(&context, 64), zeroPoint)
                  : Attribute();
    bool isSigned = !zeroPoint;
    QuantType format = QuantType::get(
        8, isSigned, QuantType::getMinOf(8, isSigned),
        QuantType::getMaxOf(8, isSigned), f32, {1, group}, f32, constant);
    int64_t numColumns = codes.size(), numBlocks = scales.size();
    return {format,
            IntegerTensor({1, numColumns}, std::move(codes)),
            {FloatTensor({1, numBlocks}, std::move(scales)), {}, {}}};
  }
  float contract(const Operand &lhs, const Operand &rhs) {
    return matmul(lhs, rhs, f32).values[0];
  }

  MLIRContext context;
  FloatType f32 = Float32Type::get(&context);
};

// Each pair of scales tells one order of operations from another.

TEST_F(ReferenceContractionTest, OneGroupScalesByTheWeightFirst) {
  float sw = 0.1f, sa = 0.9f;
  EXPECT_NE((3.0f * sw) * sa, 3.0f * (sw * sa));
  EXPECT_NE((3.0f * sw) * sa, (3.0f * sa) * sw);
  EXPECT_EQ(
      contract(makeRow(0, {1, 1}, {sa}), makeRow(0, {129, 130}, {sw}, 128)),
      (3.0f * sw) * sa);
}

TEST_F(ReferenceContractionTest, GroupsAreFusedInAscendingOrder) {
  float s0 = 0.9f, s1 = -0.7f, sa = 1.3f;
  float expected = std::fma(9.0f, s1, std::fma(7.0f, s0, 0.0f)) * sa;
  EXPECT_NE(expected, (7.0f * s0 + 9.0f * s1) * sa);
  EXPECT_EQ(
      contract(makeRow(0, {3, 4, 9}, {sa}), makeRow(2, {1, 1, 1}, {s0, s1})),
      expected);
}

TEST_F(ReferenceContractionTest, ActivationGroupsMultiplyScalesFirst) {
  float s0 = 0.1f, s1 = -0.3f, a0 = 0.7f, a1 = 0.9f;
  float expected = std::fma(9.0f, s1 * a1, std::fma(7.0f, s0 * a0, 0.0f));
  EXPECT_EQ(contract(makeRow(2, {3, 4, 9}, {a0, a1}),
                     makeRow(2, {1, 1, 1}, {s0, s1})),
            expected);
  // Weights without groups repeat their scale.
  expected = std::fma(9.0f, s0 * a1, std::fma(7.0f, s0 * a0, 0.0f));
  EXPECT_EQ(
      contract(makeRow(2, {3, 4, 9}, {a0, a1}), makeRow(0, {1, 1, 1}, {s0})),
      expected);
}

TEST_F(ReferenceContractionTest, AGroupOfAllColumnsIsStillAGroup) {
  // fma(0, -s, +0) is +0, but 0 * -s is -0.
  QuantizedTensor lhs = makeRow(0, {0}, {1.0f});
  EXPECT_TRUE(std::signbit(contract(lhs, makeRow(0, {1}, {-1.0f}))));
  EXPECT_FALSE(std::signbit(contract(lhs, makeRow(4, {1}, {-1.0f}))));
}

TEST_F(ReferenceContractionTest, WeightOnlySumsBeforeItScales) {
  FloatTensor lhs({1, 3}, {0.1f, 0.2f, 0.3f});
  float s0 = 0.7f, s1 = 0.9f;
  float partial = std::fma(0.2f, 5.0f, std::fma(0.1f, 3.0f, 0.0f));
  float expected =
      std::fma(std::fma(0.3f, 7.0f, 0.0f), s1, std::fma(partial, s0, 0.0f));
  EXPECT_EQ(contract(lhs, makeRow(2, {131, 133, 135}, {s0, s1}, 128)),
            expected);
}

TEST_F(ReferenceContractionTest, ActivationOnlyDequantizesFirst) {
  FloatTensor rhs({1, 2}, {0.1f, 0.2f});
  float sa = 0.7f;
  EXPECT_EQ(contract(makeRow(0, {3, 5}, {sa}), rhs),
            std::fma(5 * sa, 0.2f, std::fma(3 * sa, 0.1f, 0.0f)));
}

TEST_F(ReferenceContractionTest, ExtremeCodesFitTheAccumulator) {
  // 128 * 254 * 65000 < 2^31
  std::vector<int32_t> lhs(65000, -128), rhs(65000, 255);
  EXPECT_EQ(contract(makeRow(0, lhs, {1.0f}), makeRow(0, rhs, {1.0f}, 1)),
            float(int64_t(65000) * -128 * 254));
}

TEST_F(ReferenceContractionTest, EmptyContractions) {
  FloatTensor lhs({2, 0}), rhs({3, 0});
  EXPECT_EQ(matmul(lhs, rhs, f32).values, std::vector<float>(6, 0.0f));
  FloatTensor noRows({0, 4}), weights({3, 4});
  EXPECT_TRUE(matmul(noRows, weights, f32).values.empty());
}

TEST_F(ReferenceContractionTest, LeadingDimensionsAreRows) {
  FloatTensor lhs({2, 1, 2}, {1, 2, 3, 4}), rhs({1, 2}, {10, 1});
  FloatTensor result = matmul(lhs, rhs, f32);
  EXPECT_EQ(result.shape, (SmallVector<int64_t>{2, 1, 1}));
  EXPECT_EQ(result.values, (std::vector<float>{12, 34}));
}

TEST_F(ReferenceContractionTest, BatchesMeetTheirOwn) {
  FloatTensor lhs({2, 1, 2}, {1, 2, 3, 4}), rhs({2, 1, 2}, {10, 1, 1, 10});
  EXPECT_EQ(batchMatmul(lhs, rhs, f32).values, (std::vector<float>{12, 43}));
}

TEST_F(ReferenceContractionTest, ResultsAreRounded) {
  FloatTensor lhs({1, 1}, {257.0f}), rhs({1, 1}, {1.0f});
  EXPECT_EQ(matmul(lhs, rhs, BFloat16Type::get(&context)).values[0], 256.0f);
}

TEST_F(ReferenceContractionTest, EmbeddingGathersRows) {
  Tensor<int64_t> indices({3}, {1, 0, 1});
  EXPECT_EQ(embedding(indices, FloatTensor({2, 2}, {1, 2, 3, 4}), f32).values,
            (std::vector<float>{3, 4, 1, 2, 3, 4}));
}

} // namespace
