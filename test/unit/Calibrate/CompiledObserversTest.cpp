//===- CompiledObserversTest.cpp - Compiled observers against the reference ===/
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Calibrate/ObserveReference.h"
#include "ptq/InitAll.h"
#include "ptq/Run/Calibrator.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace mlir;
using namespace mlir::ptq;

namespace {

class CompiledObserversTest : public testing::Test {
protected:
  static void SetUpTestSuite() {
    DialectRegistry registry;
    mlir::registerAllDialects(registry);
    mlir::registerAllExtensions(registry);
    ptq::registerAllDialects(registry);
    context = new MLIRContext(registry);
  }
  static void TearDownTestSuite() {
    delete context;
    context = nullptr;
  }

  std::unique_ptr<Calibrator> compile(StringRef text) {
    module = parseSourceString<ModuleOp>(text, context);
    EXPECT_TRUE(module);
    CompileOptions options;
    options.threads = 1;
    return llvm::cantFail(Calibrator::create(*module, "f", "model", options));
  }

  static MLIRContext *context;
  OwningOpRef<ModuleOp> module;
};

MLIRContext *CompiledObserversTest::context = nullptr;

/// Random rows of which some have to be left out: magnitudes of 60 octaves, a
/// dead channel, zeros of both signs, subnormals, NaN, infinity, masked rows.
std::vector<float> makeRows(int64_t numRows, int64_t numChannels,
                            unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values;
  for (int64_t row = 0; row < numRows; ++row)
    for (int64_t channel = 0; channel < numChannels; ++channel) {
      float x = std::ldexp(normal(random), int(random() % 60) - 40);
      if (channel == 1)
        x = 0;
      if (random() % 50 == 0)
        x = random() % 2 ? -0.0f : 0x1p-149f;
      if (row % 11 == 7)
        x = -10000.0f;
      values.push_back(x);
    }
  if (numRows > 3) {
    values[2 * numChannels] = std::nanf("");
    values[3 * numChannels] = -INFINITY;
  }
  return values;
}

void expectEqual(const TensorStatistics &compiled,
                 const TensorStatistics &reference) {
  EXPECT_TRUE(compiled.counts == reference.counts);
  EXPECT_TRUE(compiled.extremes == reference.extremes);
  EXPECT_EQ(compiled.absMax, reference.absMax);
  EXPECT_EQ(compiled.channelAbsMax, reference.channelAbsMax);
  EXPECT_EQ(compiled.tokenOctaves, reference.tokenOctaves);
  EXPECT_TRUE(compiled.sums == reference.sums);
  EXPECT_TRUE(compiled.absSums == reference.absSums);
  EXPECT_TRUE(compiled.squareSums == reference.squareSums);
  EXPECT_EQ(compiled.histogram.exponent, reference.histogram.exponent);
  EXPECT_TRUE(compiled.histogram == reference.histogram);
  EXPECT_TRUE(compiled.gram == reference.gram);
  EXPECT_TRUE(compiled.errors == reference.errors);
  EXPECT_TRUE(compiled == reference);
}

constexpr const char *allObservers =
    "#ptq.minmax, #ptq.moving_average<momentum = 0.01>, #ptq.absmax, "
    "#ptq.channel_absmax, #ptq.token_absmax, #ptq.mean, #ptq.mean_abs, "
    "#ptq.mean_square, #ptq.histogram, #ptq.gram";

} // namespace

TEST_F(CompiledObserversTest, GiveTheBitsOfTheReference) {
  for (int64_t numChannels : {3, 16, 37}) {
    std::string type = "tensor<?x" + std::to_string(numChannels) + "xf32>";
    auto calibrator =
        compile("ptq.statistics @x : " + type + " skip(1) observers [" +
                allObservers + "]\nfunc.func @f(%x: " + type +
                ") {\n  ptq.observe %x, @x : " + type + "\n  return\n}");
    const TensorStatistics &seen = *calibrator->getStatistics().begin();
    TensorStatistics expected(seen.tensor);
    for (unsigned sample = 0; sample < 4; ++sample) {
      int64_t numRows = sample == 3 ? 1 : 5 + 20 * sample;
      std::vector<float> rows = makeRows(numRows, numChannels, sample);
      llvm::cantFail(calibrator->run(
          {Buffer::copyOf<float>(rows, {numRows, numChannels})}, sample));
      ReferenceObserver reference(seen.tensor);
      reference.update(rows, numRows);
      llvm::cantFail(expected.merge(llvm::cantFail(reference.finish(sample))));
    }
    EXPECT_GT(seen.counts.nonFiniteRows, 0u);
    EXPECT_GT(seen.counts.maskedRows, 0u);
    EXPECT_EQ(seen.counts.skippedRows, 4u);
    expectEqual(seen, expected);
  }
}

/// One symbol observed twice in a call, in a function called from `f`, with
/// channels that are not innermost, and two tensors to compare.
TEST_F(CompiledObserversTest, SeeEveryShapeAndPlace) {
  auto calibrator = compile(std::string(R"(
    ptq.statistics @x : tensor<2x5x?xf32> axis(1) skip(1) observers [)") +
                            allObservers + R"(]
    ptq.statistics @y : tensor<19xf16> observers [#ptq.minmax, #ptq.output_error]
    func.func private @g(%x: tensor<2x5x?xf32>) {
      ptq.observe %x, @x : tensor<2x5x?xf32>
      return
    }
    func.func @f(%x: tensor<2x5x?xf32>, %y: tensor<19xf16>, %z: tensor<19xf16>) {
      ptq.observe %x, @x : tensor<2x5x?xf32>
      call @g(%x) : (tensor<2x5x?xf32>) -> ()
      ptq.observe %y against %z, @y : tensor<19xf16>
      return
    })");
  std::vector<float> values = makeRows(2 * 7, 5, 9), rows;
  for (int64_t i = 0; i < 2; ++i) // [2, 5, 7] to [2, 7, 5]
    for (int64_t j = 0; j < 7; ++j)
      for (int64_t channel = 0; channel < 5; ++channel)
        rows.push_back(values[(i * 5 + channel) * 7 + j]);
  Buffer y = Buffer::allocate(ElementKind::Float16, {19});
  Buffer z = Buffer::allocate(ElementKind::Float16, {19});
  auto *yBits = static_cast<uint16_t *>(y.getData());
  auto *zBits = static_cast<uint16_t *>(z.getData());
  std::vector<float> yValues, zValues;
  for (int i = 0; i < 19; ++i) { // f16 of [1, 2) has bits 0x3c00 and up
    yBits[i] = 0x3c00 + i * 37;
    zBits[i] = 0x3c00 + i * 41;
    yValues.push_back(1 + i * 37 * 0x1p-10f);
    zValues.push_back(1 + i * 41 * 0x1p-10f);
  }
  llvm::cantFail(
      calibrator->run({Buffer::copyOf<float>(values, {2, 5, 7}), y, z}, 0));

  const TensorStatistics &x = *calibrator->getStatistics().find("x");
  ReferenceObserver reference(x.tensor);
  reference.update(rows, 7);
  reference.update(rows, 7);
  expectEqual(x, llvm::cantFail(reference.finish(0)));
  const TensorStatistics &error = *calibrator->getStatistics().find("y");
  ReferenceObserver errorReference(error.tensor);
  errorReference.update(yValues, 1, zValues);
  expectEqual(error, llvm::cantFail(errorReference.finish(0)));
  double signal = 0, noise = 0;
  for (auto [a, b] : llvm::zip(yValues, zValues)) {
    signal += a * a;
    noise += (a - b) * (a - b);
  }
  EXPECT_NEAR(llvm::cantFail(error.getOutputSqnr()),
              10 * std::log10(signal / noise), 1e-4);
}
