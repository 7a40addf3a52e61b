//===- ReportTest.cpp - What quantization did to a model ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Report/LanguageModelReport.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::ptq;

TEST(RankCorrelation, SharesRanksOfTies) {
  EXPECT_DOUBLE_EQ(getRankCorrelation({1, 2, 3}, {10, 200, 3000}), 1);
  EXPECT_DOUBLE_EQ(getRankCorrelation({1, 2, 3}, {3, 2, 1}), -1);
  // Ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3: scipy.stats.spearmanr agrees.
  EXPECT_NEAR(getRankCorrelation({1, 2, 2, 3}, {1, 2, 3, 4}), 0.9486832981,
              1e-9);
  EXPECT_EQ(getRankCorrelation({1, 1}, {1, 2}), 0);
}

TEST(Budget, HasUnits) {
  auto parse = [](StringRef text) {
    return llvm::cantFail(Budget::parse(text));
  };
  EXPECT_EQ(parse("4.5bpw").value, 4.5);
  EXPECT_EQ(parse("4.5bpw").unit, Budget::Unit::BitsPerWeight);
  EXPECT_EQ(parse("200kB").value, 200000);
  EXPECT_EQ(parse("12B").unit, Budget::Unit::Bytes);
  EXPECT_EQ(parse("0.35ms").value, 350000);
  EXPECT_EQ(parse("350us").unit, Budget::Unit::Nanoseconds);
  for (StringRef text : {"", "4.5", "bpw", "-1bpw", "nanbpw", "4.5 bpws"})
    EXPECT_EQ(
        llvm::toString(Budget::parse(text).takeError()),
        ("expects a budget such as '4.5bpw', '200kB' or '350us', but got '" +
         text + "'")
            .str());
}

TEST(Energy, CountsOperationsAndBytes) {
  EnergyEstimate energy;
  energy.add("w8a8", 1000, 1004);
  EXPECT_DOUBLE_EQ(energy.getComputeMicrojoules(), 1000 * 0.3 / 1e6);
  EXPECT_DOUBLE_EQ(energy.getMemoryMicrojoules(), 1004 * 243.75 / 1e6);
  energy.add("w4a16-g32", 1000, 563);
  EXPECT_DOUBLE_EQ(energy.getComputeMicrojoules(), 1000 * (0.3 + 4.6) / 1e6);
  energy.addRow(6400, 64); // one row of an embedding, and no product
  EXPECT_DOUBLE_EQ(energy.bytes, 1004 + 563 + 100);
}

static Sensitivities makeSensitivities() {
  Sensitivities result;
  for (StringRef name : {"a.b", "it's"}) {
    WeightSensitivity &weight = result.weights.emplace_back();
    weight.group.linears = {name.str()};
    weight.group.shape = {4, 8};
    weight.group.floatBytes = 128;
    weight.effects = {{"w8a8", 48, 1e-4, 1e-5, std::nullopt, std::nullopt},
                      {"w4a8-g32", 24, 1e-2, 1e-3, 2e-3, 500.0}};
    weight.outputErrors = {1e-4};
    weight.inputErrors = {std::nullopt};
  }
  return result;
}

TEST(Mixtures, AddUpBytesAndDivergences) {
  MixtureEffect mixture = makeSensitivities().describe("some", {2, 0});
  EXPECT_EQ(mixture.bytes, 24 + 128);
  EXPECT_DOUBLE_EQ(mixture.predicted, 2e-3); // measured, where it is known
  EXPECT_FALSE(mixture.getMeasured());
}

TEST(Recipes, NameLinearsExactly) {
  Sensitivities sensitivities = makeSensitivities();
  std::string recipe =
      writeRecipe(sensitivities, sensitivities.describe("some", {2, 0}));
  EXPECT_EQ(recipe, "# 152 bytes, 19.000 bits per weight; divergence 2.000e-03 "
                    "predicted\n"
                    "rules:\n"
                    "  - name: '^a\\.b$'\n    format: w4a8-g32\n"
                    "  - name: '^it''s$'\n    format: float\n");
}

static Report makeReport() {
  Report report;
  report.model = "<model> & co";
  report.recipe = "w8a8";
  LinearSummary zero{"a.b", "w8a8", "", 12.0, std::nullopt, 32, 0, 0.5, 200};
  report.linears = makeRows(makeSensitivities(), {zero});
  report.front = {{48, 1e-2}, {96, 1e-4}};
  report.inputs.push_back({"a.b.in", -1, 1, {1, 100, 3}, 0.5, 0.01});
  return report;
}

TEST(Report, HasNoNumberWhereThereIsNoError) {
  Report report = makeReport();
  EXPECT_FALSE(report.linears[0].weightSqnr);
  EXPECT_NEAR(*report.linears[0].outputSqnr, 40, 1e-9);
  llvm::json::Object json = toJSON(report);
  const llvm::json::Object &row = *(*json.getArray("linears"))[0].getAsObject();
  EXPECT_EQ(row.get("weight_sqnr_db")->kind(), llvm::json::Value::Null);
  std::string text;
  llvm::raw_string_ostream os(text);
  writeText(report, os);
  EXPECT_NE(text.find("exact"), std::string::npos);
  EXPECT_EQ(StringRef(text).contains_insensitive("nan"), false);
}

TEST(Report, IsOnePageThatNeedsNothing) {
  std::string page;
  llvm::raw_string_ostream os(page);
  writeHTML(makeReport(), os);
  EXPECT_TRUE(StringRef(page).starts_with("<!DOCTYPE html>"));
  EXPECT_NE(page.find("&lt;model&gt; &amp; co"), std::string::npos);
  EXPECT_EQ(page.find("<model>"), std::string::npos);
  for (StringRef outside :
       {"http:", "https:", "src=", "href=", "@import", "url("})
    EXPECT_EQ(page.find(outside), std::string::npos) << outside.str();
  EXPECT_NE(page.find("class=\"range\""), std::string::npos);
  EXPECT_NE(page.find("class=\"front\""), std::string::npos);
}
