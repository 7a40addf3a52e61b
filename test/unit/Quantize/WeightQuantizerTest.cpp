//===- WeightQuantizerTest.cpp --------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Quantize/WeightQuantizer.h"
#include "ptq/IR/NarrowFloats.h"
#include "ptq/IR/Reference.h"

#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace mlir;
using namespace mlir::ptq;

namespace {

std::vector<float> makeGaussian(int64_t count, uint32_t seed = 1) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float &value : values)
    value = normal(generator);
  return values;
}

/// Bytes and error of a weight.
struct Quantized {
  std::vector<char> codes, scales, multipliers;
  QuantizationError error;
};

class WeightQuantizerTest : public testing::Test {
protected:
  WeightQuantizerTest() { context.loadDialect<PTQDialect>(); }

  QuantType getFormat(unsigned width, int64_t group, Type scale = {}) {
    int64_t zeroPoint = int64_t(1) << (width - 1), max = 2 * zeroPoint - 1;
    auto scaleType =
        scale ? cast<FloatType>(scale) : Float16Type::get(&context);
    return QuantType::get(
        width, /*isSigned=*/false, width == 8 ? 1 : 0, max, f32, {1, group},
        scaleType, IntegerAttr::get(IntegerType::get(&context, 64), zeroPoint));
  }

  Quantized quantize(const WeightView &weight, QuantType format,
                     ScaleMethod method, bool packed = false) {
    WeightQuantizer quantizer =
        llvm::cantFail(WeightQuantizer::get(format, method, packed));
    Quantized result;
    result.codes.resize(weight.numRows *
                        quantizer.getCodeRowBytes(weight.numColumns));
    result.scales.resize(weight.numRows *
                         quantizer.getScaleRowBytes(weight.numColumns));
    result.multipliers.resize(
        weight.numRows * quantizer.getMultiplierRowBytes(weight.numColumns));
    result.error = llvm::cantFail(
        quantizer.quantize(&context, weight, 0, weight.numRows, result.codes,
                           result.scales, result.multipliers));
    return result;
  }

  /// Codes of 4 bits, a multiplier per group, an f32 scale per row.
  QuantType getTwoLevelFormat(int64_t group, int64_t min = -15,
                              int64_t max = 15) {
    return QuantType::get(&context, 4, /*isSigned=*/false, 0, 15, f32, {1, 0},
                          f32,
                          IntegerAttr::get(IntegerType::get(&context, 64), 8),
                          /*multiplierWidth=*/5, /*isMultiplierSigned=*/true,
                          min, max, ArrayRef<int64_t>{1, group});
  }

  WeightView view(ArrayRef<float> values, int64_t numColumns) {
    return WeightView::getDense(reinterpret_cast<const char *>(values.data()),
                                f32, values.size() / numColumns, numColumns);
  }

  std::string getFailure(ArrayRef<float> values, int64_t numColumns,
                         QuantType format, ScaleMethod method) {
    WeightQuantizer quantizer =
        llvm::cantFail(WeightQuantizer::get(format, method, false));
    WeightView weight = view(values, numColumns);
    std::vector<char> codes(values.size()), scales(4 * values.size());
    scales.resize(weight.numRows * quantizer.getScaleRowBytes(numColumns));
    return llvm::toString(
        quantizer.quantize(&context, weight, 0, weight.numRows, codes, scales)
            .takeError());
  }

  std::string getRefusal(QuantType format, ScaleMethod method,
                         bool packed = false) {
    return llvm::toString(
        WeightQuantizer::get(format, method, packed).takeError());
  }

  MLIRContext context;
  FloatType f32 = Float32Type::get(&context);
};

//===----------------------------------------------------------------------===//
// Quality
//===----------------------------------------------------------------------===//

/// Mean over 16 seeds: a single set of 32 rows of 4096 strays by 0.1 dB.
TEST_F(WeightQuantizerTest, SqnrOfGaussianWeights) {
  auto getSqnr = [&](QuantType format, ScaleMethod method) {
    double sum = 0;
    for (uint32_t seed = 0; seed < 16; ++seed)
      sum += quantize(view(makeGaussian(131072, seed), 4096), format, method)
                 .error.getSqnr();
    return sum / 16;
  };
  EXPECT_GE(getSqnr(getFormat(8, 32), ScaleMethod::AbsMax), 45.3);
  EXPECT_GE(getSqnr(getFormat(8, 0, f32), ScaleMethod::AbsMax), 41.2);
  EXPECT_GE(getSqnr(getFormat(4, 32), ScaleMethod::SignedMax), 21.3);
  EXPECT_GE(getSqnr(getFormat(4, 32), ScaleMethod::Search), 21.8);
}

/// One float per row and 8 bits per group: 4.5, 4.25 and 4.125 bits.
TEST_F(WeightQuantizerTest, SqnrOfTwoLevels) {
  auto getSqnr = [&](int64_t group, ScaleMethod method) {
    double sum = 0;
    for (uint32_t seed = 0; seed < 4; ++seed)
      sum += quantize(view(makeGaussian(131072, seed), 4096),
                      getTwoLevelFormat(group), method)
                 .error.getSqnr();
    return sum / 4;
  };
  EXPECT_GE(getSqnr(16, ScaleMethod::Search), 22.5);
  EXPECT_GE(getSqnr(32, ScaleMethod::Search), 21.45);
  EXPECT_GE(getSqnr(64, ScaleMethod::Search), 20.7);
  EXPECT_GE(getSqnr(32, ScaleMethod::SignedMax), 21.1);
  EXPECT_GE(getSqnr(32, ScaleMethod::AbsMax), 20.1);
}

TEST_F(WeightQuantizerTest, SearchIsNeverWorse) {
  std::vector<float> values = makeGaussian(4096, 2);
  for (unsigned width : {2, 3, 4, 5, 6, 7, 8})
    for (int64_t begin = 0; begin < 4096; begin += 32) {
      WeightView block = view(ArrayRef(values).slice(begin, 32), 32);
      QuantType format = getFormat(width, 32);
      EXPECT_LE(quantize(block, format, ScaleMethod::Search).error.noise,
                quantize(block, format, ScaleMethod::SignedMax).error.noise *
                    1.000001);
    }
}

//===----------------------------------------------------------------------===//
// Bits: what the reference computes
//===----------------------------------------------------------------------===//

TEST_F(WeightQuantizerTest, CodesAndScalesAreThoseOfTheReference) {
  int64_t numColumns = 172; // ragged: the last group of 32 has 12
  std::vector<float> values = makeGaussian(5 * numColumns, 3);
  std::fill_n(values.begin(), 64, 0.0f);         // groups of zeros
  std::fill_n(values.begin() + 172, 32, 1e-40f); // scale rounds to zero
  std::fill_n(values.begin() + 204, 32, 2e-5f);  // an f16 scale is subnormal
  Type scaleTypes[] = {f32, Float16Type::get(&context),
                       BFloat16Type::get(&context)};
  for (Type scaleType : scaleTypes)
    for (unsigned width : {2, 3, 4, 5, 6, 7, 8})
      for (int64_t group : {0, 32, 100, 200, 1})
        for (ScaleMethod method :
             {ScaleMethod::AbsMax, ScaleMethod::SignedMax}) {
          QuantType format = getFormat(width, group, scaleType);
          Quantized bytes = quantize(view(values, numColumns), format, method);
          reference::FloatTensor input({5, numColumns}, values);
          reference::QuantParameters parameters;
          parameters.scales =
              reference::FloatTensor(format.getScaleShape(input.shape));
          std::vector<SmallVector<float>> blocks(
              parameters.scales.getNumElements());
          for (int64_t i = 0; i < input.getNumElements(); ++i)
            blocks[reference::getBlockIndex(i, input.shape, format.getBlock())]
                .push_back(values[i]);
          for (auto [scale, block] :
               llvm::zip_equal(parameters.scales.values, blocks))
            scale = method == ScaleMethod::AbsMax
                        ? reference::getAbsMaxScale(block, format)
                        : reference::getSignedMaxScale(block, format);
          reference::IntegerTensor codes =
              reference::quantize(input, parameters, format);
          for (int64_t i = 0; i < input.getNumElements(); ++i)
            ASSERT_EQ(codes.values[i], static_cast<uint8_t>(bytes.codes[i]))
                << width << ' ' << i;
        }
}

TEST_F(WeightQuantizerTest, PackedIsTheBitStreamOfTheReference) {
  int64_t numColumns = 37;
  std::vector<float> values = makeGaussian(3 * numColumns, 4);
  for (unsigned width : {2, 3, 4, 5, 6, 7}) {
    QuantType format = getFormat(width, 32);
    Quantized bytes =
        quantize(view(values, numColumns), format, ScaleMethod::SignedMax);
    Quantized packed = quantize(view(values, numColumns), format,
                                ScaleMethod::SignedMax, true);
    reference::IntegerTensor codes({3, numColumns});
    llvm::copy(bytes.codes, codes.values.begin());
    std::vector<uint8_t> expected = reference::packCodes(codes, format).values;
    EXPECT_EQ(std::vector<char>(expected.begin(), expected.end()),
              packed.codes);
    EXPECT_EQ(bytes.scales, packed.scales);
  }
}

TEST_F(WeightQuantizerTest, ScalesAreStoredInTheirType) {
  std::vector<float> values = {127, -1, 63.5, 0};
  auto getScale = [&](Type type) {
    return quantize(view(values, 4), getFormat(8, 0, type), ScaleMethod::AbsMax)
        .scales;
  };
  EXPECT_EQ(getScale(f32), (std::vector<char>{0, 0, char(0x80), 0x3f}));
  EXPECT_EQ(getScale(Float16Type::get(&context)), (std::vector<char>{0, 0x3c}));
  EXPECT_EQ(getScale(BFloat16Type::get(&context)),
            (std::vector<char>{char(0x80), 0x3f}));
  EXPECT_EQ(getScale(Float8E8M0FNUType::get(&context)),
            (std::vector<char>{127}));
}

TEST_F(WeightQuantizerTest, SignedMaxUsesTheSmallestCode) {
  // The first of two of equal magnitude decides the sign.
  std::vector<float> values = {1, 4, -4, 3.5};
  Quantized result =
      quantize(view(values, 4), getFormat(4, 0, f32), ScaleMethod::SignedMax);
  EXPECT_EQ(result.codes, (std::vector<char>{8 - 2, 8 - 8, 8 + 7, 8 - 7}));
  EXPECT_EQ(result.scales, (std::vector<char>{0, 0, 0, char(0xbf)})); // -0.5
}

TEST_F(WeightQuantizerTest, TwoLevelCodesAreThoseOfTheReference) {
  int64_t numColumns = 172;
  std::vector<float> values = makeGaussian(5 * numColumns, 8);
  std::fill_n(values.begin(), 64, 0.0f);          // groups of zeros
  std::fill_n(values.begin() + 172, 172, 0.0f);   // a row of them
  std::fill_n(values.begin() + 344, 172, 1e-42f); // no scale is as small
  std::fill_n(values.begin() + 516, 32, 1e-4f);   // far below the others
  for (int64_t group : {0, 16, 32, 64, 7})
    for (ScaleMethod method :
         {ScaleMethod::AbsMax, ScaleMethod::SignedMax, ScaleMethod::Search}) {
      QuantType format = getTwoLevelFormat(group);
      Quantized bytes = quantize(view(values, numColumns), format, method);
      reference::FloatTensor input({5, numColumns}, values);
      reference::QuantParameters parameters;
      parameters.scales =
          reference::FloatTensor(format.getScaleShape(input.shape));
      std::memcpy(parameters.scales.values.data(), bytes.scales.data(),
                  bytes.scales.size());
      parameters.multipliers =
          reference::IntegerTensor(format.getMultiplierShape(input.shape));
      llvm::copy(bytes.multipliers, parameters.multipliers.values.begin());
      for (int32_t multiplier : parameters.multipliers.values)
        EXPECT_LE(std::abs(multiplier), 15);
      reference::IntegerTensor codes =
          reference::quantize(input, parameters, format);
      for (int64_t i = 0; i < input.getNumElements(); ++i)
        ASSERT_EQ(codes.values[i], static_cast<uint8_t>(bytes.codes[i]))
            << group << ' ' << i;
    }
}

TEST_F(WeightQuantizerTest, MultipliersAreRatiosOfScales) {
  // -4 / -8 = 0.5 has the multiplier 15; 2.2 / -8 has rne(-8.25).
  std::vector<float> values = {-4, 3.5, 2.2, -1, 0, 0};
  Quantized result =
      quantize(view(values, 6), getTwoLevelFormat(2), ScaleMethod::SignedMax);
  EXPECT_EQ(result.multipliers, (std::vector<char>{15, -8, 0}));
  EXPECT_EQ(result.codes,
            (std::vector<char>{8 - 8, 8 + 7, 8 - 8, 8 + 4, 8, 8}));
}

//===----------------------------------------------------------------------===//
// Views and threads
//===----------------------------------------------------------------------===//

TEST_F(WeightQuantizerTest, TransposedAndNarrowWeights) {
  int64_t numRows = 37, numColumns = 50;
  std::vector<float> values = makeGaussian(numRows * numColumns, 5);
  std::vector<uint16_t> half(values.size()), brain(values.size());
  std::vector<float> widenedHalf(values.size()), widenedBrain(values.size());
  std::vector<float> transposed(values.size());
  for (auto [i, value] : llvm::enumerate(values)) {
    transposed[i % numColumns * numRows + i / numColumns] = value;
    widenedHalf[i] = widenHalf(half[i] = narrowToHalf(value));
    widenedBrain[i] = widenBFloat16(brain[i] = narrowToBFloat16(value));
  }
  QuantType format = getFormat(4, 32);
  auto quantizeView = [&](const WeightView &weight) {
    return quantize(weight, format, ScaleMethod::Search).codes;
  };
  auto bytes = [](auto &values) {
    return reinterpret_cast<const char *>(values.data());
  };
  EXPECT_EQ(
      quantizeView(view(values, numColumns)),
      quantizeView({bytes(transposed), f32, numRows, numColumns, 1, numRows}));
  EXPECT_EQ(quantizeView(view(widenedHalf, numColumns)),
            quantizeView(WeightView::getDense(
                bytes(half), Float16Type::get(&context), numRows, numColumns)));
  EXPECT_EQ(quantizeView(view(widenedBrain, numColumns)),
            quantizeView(WeightView::getDense(bytes(brain),
                                              BFloat16Type::get(&context),
                                              numRows, numColumns)));
}

TEST_F(WeightQuantizerTest, ThreadsDoNotChangeABit) {
  std::vector<float> values = makeGaussian(200 * 96, 6);
  QuantType format = getFormat(4, 32);
  Quantized many =
      quantize(view(values, 96), format, ScaleMethod::Search, true);
  context.disableMultithreading();
  Quantized one = quantize(view(values, 96), format, ScaleMethod::Search, true);
  EXPECT_EQ(many.codes, one.codes);
  EXPECT_EQ(many.scales, one.scales);
  EXPECT_EQ(many.error.noise, one.error.noise);
  EXPECT_EQ(many.error.signal, one.error.signal);
}

TEST_F(WeightQuantizerTest, ThreadsDoNotChangeTwoLevels) {
  std::vector<float> values = makeGaussian(200 * 96, 6);
  QuantType format = getTwoLevelFormat(16);
  Quantized many =
      quantize(view(values, 96), format, ScaleMethod::Search, true);
  context.disableMultithreading();
  Quantized one = quantize(view(values, 96), format, ScaleMethod::Search, true);
  EXPECT_EQ(many.codes, one.codes);
  EXPECT_EQ(many.scales, one.scales);
  EXPECT_EQ(many.multipliers, one.multipliers);
  EXPECT_EQ(many.error.noise, one.error.noise);
}

TEST_F(WeightQuantizerTest, RowsMayComeInParts) {
  std::vector<float> values = makeGaussian(40 * 48, 7);
  QuantType format = getFormat(4, 32);
  WeightView weight = view(values, 48);
  Quantized whole = quantize(weight, format, ScaleMethod::SignedMax, true);
  WeightQuantizer quantizer = llvm::cantFail(
      WeightQuantizer::get(format, ScaleMethod::SignedMax, true));
  int64_t codeBytes = quantizer.getCodeRowBytes(48),
          scaleBytes = quantizer.getScaleRowBytes(48);
  std::vector<char> codes(40 * codeBytes), scales(40 * scaleBytes);
  for (auto [begin, end] : {std::pair<int64_t, int64_t>(0, 19), {19, 40}})
    llvm::cantFail(
        quantizer
            .quantize(&context, weight, begin, end,
                      MutableArrayRef(codes).slice(begin * codeBytes,
                                                   (end - begin) * codeBytes),
                      MutableArrayRef(scales).slice(begin * scaleBytes,
                                                    (end - begin) * scaleBytes))
            .takeError());
  EXPECT_EQ(codes, whole.codes);
  EXPECT_EQ(scales, whole.scales);
}

//===----------------------------------------------------------------------===//
// Refusals
//===----------------------------------------------------------------------===//

TEST_F(WeightQuantizerTest, NonFiniteValuesAreNamed) {
  std::vector<float> values(3 * 40, 1.0f);
  values[2 * 40 + 7] = NAN;
  EXPECT_EQ(getFailure(values, 40, getFormat(8, 0), ScaleMethod::AbsMax),
            "expects finite values, but got nan at [2, 7]");
  values[1 * 40 + 39] = -INFINITY;
  EXPECT_EQ(getFailure(values, 40, getFormat(8, 0), ScaleMethod::AbsMax),
            "expects finite values, but got -inf at [1, 39]");
}

TEST_F(WeightQuantizerTest, OverflowingScalesAreNamed) {
  std::vector<float> values(2 * 40, 1.0f);
  values[40 + 35] = 1e8f; // 1e8 / 127 > 65504
  for (ScaleMethod method :
       {ScaleMethod::AbsMax, ScaleMethod::SignedMax, ScaleMethod::Search})
    EXPECT_EQ(getFailure(values, 40, getFormat(8, 32), method),
              "expects scales that fit their type, but the one of [1, 32:40] "
              "overflows");
}

TEST_F(WeightQuantizerTest, FormatsItCannotFill) {
  QuantType wide = QuantType::get(16, true, -32767, 32767, f32, {1, 0}, f32);
  EXPECT_EQ(getRefusal(wide, ScaleMethod::AbsMax),
            "expects codes of at most 8 bits, but got 16");
  QuantType perTensor = QuantType::get(8, true, -127, 127, f32, {0, 0}, f32);
  EXPECT_EQ(getRefusal(perTensor, ScaleMethod::AbsMax),
            "expects a block [1, 0] or [1, G]");
  QuantType positive = QuantType::get(4, false, 0, 15, f32, {1, 0}, f32);
  EXPECT_EQ(getRefusal(positive, ScaleMethod::AbsMax),
            "expects codes of both signs, but got [0, 15]");
  EXPECT_EQ(getRefusal(getTwoLevelFormat(16, -8, 15), ScaleMethod::Search),
            "expects multipliers of [-max, max], but got [-8, 15]");
  EXPECT_EQ(getRefusal(getFormat(8, 0), ScaleMethod::AbsMax, /*packed=*/true),
            "expects codes of fewer than 8 bits to pack");
  EXPECT_EQ(
      getRefusal(getFormat(4, 32, Float8E8M0FNUType::get(&context)),
                 ScaleMethod::SignedMax),
      "expects a scale type with a sign for signed_max, but got f8E8M0FNU");
}

TEST_F(WeightQuantizerTest, MethodsHaveNames) {
  for (ScaleMethod method :
       {ScaleMethod::AbsMax, ScaleMethod::SignedMax, ScaleMethod::Search})
    EXPECT_EQ(symbolizeScaleMethod(stringifyScaleMethod(method)), method);
  EXPECT_EQ(symbolizeScaleMethod("minmax"), std::nullopt);
}

} // namespace
