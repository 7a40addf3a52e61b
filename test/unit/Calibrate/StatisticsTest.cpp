//===- StatisticsTest.cpp - Merging, saving and loading of statistics -----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Calibrate/Statistics.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace mlir;
using namespace mlir::ptq;

static ObservedTensor getTensor() {
  ObservedTensor tensor;
  tensor.name = "fc.in";
  tensor.linears = {"fc", "gate"};
  tensor.observers = llvm::cantFail(ObserverSet::parse("all"));
  tensor.numChannels = 3;
  return tensor;
}

/// Adds a token to what was seen in one sample.
static void addToken(TensorStatistics &sample, ArrayRef<float> x) {
  float largest = 0;
  for (auto [i, value] : llvm::enumerate(x)) {
    largest = std::max(largest, std::abs(value));
    for (Extremes *extremes :
         {&sample.extremes, &sample.sampleExtremes.front()}) {
      extremes->min = std::min(extremes->min, value);
      extremes->max = std::max(extremes->max, value);
    }
    sample.channelAbsMax[i] =
        std::max(sample.channelAbsMax[i], std::abs(value));
    EXPECT_TRUE(sample.sums[i].add(value));
    EXPECT_TRUE(sample.absSums[i].add(std::abs(value)));
    EXPECT_TRUE(sample.squareSums[i].add(double(value) * value));
    sample.histogram.add(value);
  }
  sample.absMax = std::max(sample.absMax, largest);
  ++sample.tokenOctaves[getTokenOctave(largest)];
  for (size_t i = 0, next = 0; i < x.size(); ++i)
    for (size_t j = i; j < x.size(); ++j)
      EXPECT_TRUE(sample.gram[next++].add(double(x[i]) * x[j]));
}

/// Statistics of one sample with two tokens of random values.
static TensorStatistics getSample(unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, std::ldexp(1.0f, seed % 7));
  TensorStatistics sample(getTensor());
  sample.counts = {1, 2, 6, 0, 0, 0};
  sample.sampleKeys = {seed * 0x9e3779b97f4a7c15u};
  sample.sampleExtremes.resize(1);
  for (int row = 0; row < 2; ++row)
    addToken(sample, {normal(random), normal(random), normal(random)});
  return sample;
}

static Statistics getShard(ArrayRef<unsigned> samples) {
  Statistics statistics("0123");
  TensorStatistics tensor(getTensor());
  for (unsigned sample : samples)
    llvm::cantFail(tensor.merge(getSample(sample)));
  llvm::cantFail(statistics.add(std::move(tensor)));
  return statistics;
}

TEST(ExactSumTest, DoesNotDependOnTheOrder) {
  double values[] = {1e18, 1e-19, -3.5, 0x1p-65, -1e18, 7e-5};
  ExactSum forward, backward;
  for (double value : values)
    EXPECT_TRUE(forward.add(value));
  for (double value : llvm::reverse(values))
    EXPECT_TRUE(backward.add(value));
  EXPECT_TRUE(forward == backward);
  EXPECT_NEAR(forward.get(), 7e-5 - 3.5, 1e-15);
}

TEST(ExactSumTest, RoundsTiesToEvenUnits) {
  ExactSum sum;
  EXPECT_TRUE(sum.add(0x1p-65)); // half a unit
  EXPECT_EQ(sum.get(), 0);
  EXPECT_TRUE(sum.add(0x3p-65)); // one and a half
  EXPECT_EQ(sum.get(), 0x1p-63);
}

TEST(ExactSumTest, RefusesWhatDoesNotFit) {
  ExactSum sum;
  EXPECT_FALSE(sum.add(std::nan("")));
  EXPECT_FALSE(sum.add(0x1p62));
  EXPECT_TRUE(sum.add(0x1p61));
  ExactSum half = sum;
  EXPECT_FALSE(sum.add(half));
  EXPECT_FALSE(sum.add(-INFINITY));
  EXPECT_EQ(sum.get(), 0x1p61);
}

TEST(HistogramTest, MergesNeighboursAsTheRangeDoubles) {
  Histogram histogram;
  for (float value : {-0.25f, 0.0f, 0.125f, 0.1249f})
    histogram.add(value);
  EXPECT_EQ(histogram.exponent, -1); // 0.25 is not below 2^-2
  histogram.add(3.0f);
  EXPECT_EQ(histogram.exponent, 2);
  EXPECT_EQ(histogram.getWidth(), 0x1p-8);
  EXPECT_EQ(histogram.counts[1024 - 64], 1u);
  EXPECT_EQ(histogram.counts[1024], 1u);
  EXPECT_EQ(histogram.counts[1024 + 31], 1u);
  EXPECT_EQ(histogram.counts[1024 + 32], 1u);
  EXPECT_EQ(histogram.counts[1024 + 768], 1u);
  EXPECT_EQ(histogram.getTotal(), 5u);
}

TEST(HistogramTest, CountsDoNotDependOnTheOrder) {
  std::mt19937 random(1);
  std::vector<float> values;
  for (int i = 0; i < 1000; ++i)
    values.push_back(std::ldexp(static_cast<int>(random() % 2001) - 1000.0f,
                                static_cast<int>(random() % 40) - 30));
  Histogram sorted, whole, parts[3];
  for (auto [index, value] : llvm::enumerate(values)) {
    whole.add(value);
    parts[index % 3].add(value);
  }
  llvm::sort(values);
  for (float value : values)
    sorted.add(value);
  parts[2].merge(parts[0]);
  parts[2].merge(parts[1]);
  EXPECT_TRUE(whole == sorted);
  EXPECT_TRUE(whole == parts[2]);
}

TEST(TokenOctaveTest, HasLimits) {
  EXPECT_EQ(getTokenOctave(0), 0);
  EXPECT_EQ(getTokenOctave(1e-30f), 0);
  EXPECT_EQ(getTokenOctave(1.0f), 33);
  EXPECT_EQ(getTokenOctave(1.99f), 33);
  EXPECT_EQ(getTokenOctave(2.0f), 34);
  EXPECT_EQ(getTokenOctave(3e38f), 63);
}

TEST(StatisticsTest, MergedShardsAreOneRunInAnyOrder) {
  std::vector<unsigned> samples(12);
  for (unsigned i = 0; i < 12; ++i)
    samples[i] = i + 1;
  Statistics whole = getShard(samples);
  std::vector<unsigned> order = {0, 1, 2, 3};
  do {
    Statistics merged = getShard(ArrayRef(samples).slice(order[0] * 3, 3));
    for (unsigned shard : ArrayRef(order).drop_front())
      llvm::cantFail(
          merged.merge(getShard(ArrayRef(samples).slice(shard * 3, 3))));
    EXPECT_TRUE(*merged.begin() == *whole.begin());
    Extremes average = llvm::cantFail(merged.begin()->getMovingAverage());
    EXPECT_TRUE(average == llvm::cantFail(whole.begin()->getMovingAverage()));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(StatisticsTest, GramIsSymmetricAndItsDiagonalTheSquares) {
  Statistics statistics = getShard({1, 2, 3});
  const TensorStatistics &tensor = *statistics.begin();
  std::vector<double> gram = llvm::cantFail(tensor.getGram());
  std::vector<double> squares = llvm::cantFail(tensor.getMeanSquare());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(gram[i * 3 + i], squares[i]);
    for (int j = 0; j < 3; ++j)
      EXPECT_EQ(gram[i * 3 + j], gram[j * 3 + i]);
  }
}

TEST(StatisticsTest, SaysWhatWasNotObserved) {
  ObservedTensor tensor = getTensor();
  tensor.observers = {ObserverKind::MinMax};
  TensorStatistics statistics(tensor);
  EXPECT_EQ(llvm::toString(statistics.getGram().takeError()),
            "'fc.in': expects the observer gram, but got minmax");
  EXPECT_EQ(llvm::toString(statistics.getExtremes().takeError()),
            "'fc.in': expects tokens, but none was seen");
  Statistics all("0123");
  llvm::cantFail(all.add(statistics));
  EXPECT_EQ(llvm::toString(all.getInput("up").takeError()),
            "expects statistics of the input of 'up', but there are none");
  EXPECT_TRUE(llvm::cantFail(all.getInput("gate")) == all.find("fc.in"));
  EXPECT_EQ(llvm::toString(all.merge(Statistics("4567"))),
            "expects statistics of the model 0123, but they are of 4567");
  EXPECT_EQ(llvm::toString(all.merge(getShard({1}))),
            "'fc.in': expects observers minmax, but got "
            "minmax,moving_average,absmax,channel_absmax,token_absmax,mean,"
            "mean_abs,mean_square,histogram,gram");
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

namespace {

class StatisticsFileTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("statistics", folder));
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string getPath(StringRef name) {
    SmallString<128> path(folder);
    llvm::sys::path::append(path, name);
    return path.str().str();
  }
  std::string read(StringRef path) {
    return llvm::cantFail(
               llvm::errorOrToExpected(llvm::MemoryBuffer::getFile(path)))
        ->getBuffer()
        .str();
  }
  /// Saves the statistics, replaces `from` by `to`, of equal length, and loads
  /// that.
  std::string loadEdited(StringRef from, StringRef to) {
    std::string path = getPath("edited");
    llvm::cantFail(getShard({1, 2}).save(path));
    std::string bytes = read(path);
    size_t position = bytes.find(from.str());
    EXPECT_NE(position, std::string::npos) << from.str();
    EXPECT_EQ(from.size(), to.size());
    if (position != std::string::npos)
      bytes.replace(position, from.size(), to.str());
    return load(path, bytes);
  }
  std::string load(StringRef path, StringRef bytes) {
    std::error_code code;
    llvm::raw_fd_ostream(path, code) << bytes;
    auto loaded = Statistics::load(path);
    if (loaded)
      return "loaded";
    std::string message = llvm::toString(loaded.takeError());
    EXPECT_EQ(message.find((path + ": ").str()), 0u) << message;
    return message.substr(path.size() + 2);
  }

  SmallString<128> folder;
};

} // namespace

TEST_F(StatisticsFileTest, RoundTripsInOneSpelling) {
  Statistics statistics = getShard({3, 1, 2});
  llvm::cantFail(statistics.save(getPath("a")));
  llvm::cantFail(getShard({2, 3, 1}).save(getPath("b")));
  EXPECT_EQ(read(getPath("a")), read(getPath("b")));
  Statistics loaded = llvm::cantFail(Statistics::load(getPath("a")));
  EXPECT_EQ(loaded.getModel(), "0123");
  ASSERT_EQ(loaded.size(), 1u);
  EXPECT_TRUE(*loaded.begin() == *statistics.begin());
  EXPECT_EQ(llvm::toString(loaded.checkModel("4567", "a")),
            "a: expects statistics of this model, 4567, but they are of 0123");
}

TEST_F(StatisticsFileTest, RefusesBrokenFiles) {
  struct Edit {
    StringRef from, to, error;
  };
  for (Edit edit : {
           Edit{R"(version\":1)", R"(version\":2)",
                "expects statistics of version 1, but got 2"},
           Edit{R"(\"model\")", R"(\"mode_\")", "expects a model and tensors"},
           Edit{"ptq.statistics", "ptq.statistica",
                "expects a file of statistics, but it has no metadata "
                "'ptq.statistics'"},
           Edit{R"("fc.in/gram")", R"("fc.in/grem")",
                "expects a tensor 'fc.in/gram' of the upper triangle"},
           Edit{R"("fc.in/sum")", R"("fc.in/som")",
                "expects a tensor 'fc.in/sum', but there is none"},
           Edit{R"(\"absmax\")", R"(\"absmix\")",
                "'fc.in': unknown observer 'absmix'"},
           Edit{R"(\"tokens\":4)", R"(\"tokens\":5)",
                "'fc.in': expects as many tokens in the histogram of tokens "
                "as tokens"},
           Edit{R"(\"values\":12)", R"(\"values\":13)",
                "'fc.in': expects as many values in the histogram as values"},
           Edit{R"(\"samples\":2)", R"(\"samples\":3)",
                "'fc.in': expects as many averaged samples as samples"},
       })
    EXPECT_EQ(loadEdited(edit.from, edit.to), edit.error);
}

TEST_F(StatisticsFileTest, RefusesNaN) {
  Statistics statistics = getShard({1});
  statistics.find("fc.in")->extremes.max = std::nanf("");
  llvm::cantFail(statistics.save(getPath("nan")));
  EXPECT_EQ(load(getPath("nan"), read(getPath("nan"))),
            "'fc.in': expects finite extremes, but got NaN or infinity, or a "
            "minimum above the maximum");
  statistics = getShard({1});
  statistics.find("fc.in")->channelAbsMax[1] = std::nanf("");
  llvm::cantFail(statistics.save(getPath("nan")));
  EXPECT_EQ(load(getPath("nan"), read(getPath("nan"))),
            "'fc.in': expects finite magnitudes, but got NaN, infinity or "
            "less than 0");
}

TEST_F(StatisticsFileTest, RefusesEveryTruncation) {
  std::string path = getPath("whole");
  llvm::cantFail(getShard({1}).save(path));
  std::string bytes = read(path);
  for (size_t size :
       {size_t(0), size_t(7), size_t(100), bytes.size() / 2, bytes.size() - 1})
    EXPECT_NE(load(getPath("part"), StringRef(bytes).take_front(size)),
              "loaded");
}
