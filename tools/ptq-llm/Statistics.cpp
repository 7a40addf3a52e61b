//===- Statistics.cpp - ptq-llm statistics --------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"

#include "ptq/Calibrate/Statistics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;
namespace cl = llvm::cl;

static cl::SubCommand command("statistics", "Show statistics, or merge them");
static cl::opt<std::string> action(cl::Positional, cl::Required,
                                   cl::desc("show|merge"), cl::sub(command));
static cl::list<std::string> files(cl::Positional, cl::OneOrMore,
                                   cl::desc("<files of statistics>"),
                                   cl::sub(command));
static cl::opt<std::string> output("o", cl::desc("Statistics to write"),
                                   cl::value_desc("file"), cl::sub(command));
static cl::opt<bool> printsJSON("json", cl::desc("Print one JSON object"),
                                cl::sub(command));

static StringRef check() {
  if (action != "show" && action != "merge")
    return "expects statistics show or statistics merge";
  if (action == "merge" && output.empty())
    return "expects -o for statistics merge";
  if (action == "show" && (files.size() != 1 || !output.empty()))
    return "expects one file and no -o for statistics show";
  return "";
}

static llvm::Error mergeFiles() {
  llvm::Expected<Statistics> merged = Statistics::load(files.front());
  if (!merged)
    return merged.takeError();
  for (StringRef file : ArrayRef<std::string>(files).drop_front()) {
    llvm::Expected<Statistics> other = Statistics::load(file);
    if (!other)
      return other.takeError();
    if (llvm::Error error = merged->merge(*other))
      return llvm::createStringError(file + ": " +
                                     llvm::toString(std::move(error)));
  }
  return merged->save(output);
}

//===----------------------------------------------------------------------===//
// Show
//===----------------------------------------------------------------------===//

/// What is worth knowing of a tensor at a glance; nothing where its observer
/// did not watch.
struct TensorRow {
  std::optional<Extremes> extremes;
  std::optional<size_t> numDead;
  /// How much the largest channel exceeds the median one.
  std::optional<double> outlier;
  bool isConstant = false;
};

template <typename T>
static std::optional<T> getIfKnown(llvm::Expected<T> value) {
  if (value)
    return std::move(*value);
  llvm::consumeError(value.takeError());
  return std::nullopt;
}

static TensorRow summarize(const TensorStatistics &tensor) {
  TensorRow row;
  row.extremes = getIfKnown(tensor.getExtremes());
  if (row.extremes)
    row.isConstant = row.extremes->min == row.extremes->max;
  if (auto dead = getIfKnown(tensor.getDeadChannels()))
    row.numDead = dead->size();
  if (auto maxima = getIfKnown(tensor.getChannelAbsMax())) {
    llvm::sort(*maxima);
    float median = (*maxima)[maxima->size() / 2];
    if (median > 0)
      row.outlier = maxima->back() / median;
  }
  return row;
}

template <typename T>
static std::string format(const std::optional<T> &value, StringRef style) {
  if (!value)
    return "-";
  return llvm::formatv(false, ("{0:" + style + "}").str().c_str(), *value)
      .str();
}

static void printTable(const Statistics &statistics) {
  size_t width = 6;
  for (const TensorStatistics &tensor : statistics)
    width = std::max(width, tensor.tensor.name.size());
  auto printLine = [&](ArrayRef<std::string> cells) {
    llvm::outs() << llvm::left_justify(cells.front(), width);
    for (const std::string &cell : cells.drop_front())
      llvm::outs() << llvm::right_justify(cell, 11);
    llvm::outs() << "\n";
  };
  llvm::outs() << "model " << statistics.getModel() << "\n";
  printLine({"tensor", "channels", "samples", "tokens", "left out", "min",
             "max", "dead", "outlier"});
  for (const TensorStatistics &tensor : statistics) {
    const ObservedCounts &counts = tensor.counts;
    TensorRow row = summarize(tensor);
    std::optional<float> min, max;
    if (row.extremes) {
      min = row.extremes->min;
      max = row.extremes->max;
    }
    printLine({tensor.tensor.name, std::to_string(tensor.tensor.numChannels),
               std::to_string(counts.samples), std::to_string(counts.tokens),
               std::to_string(counts.skippedRows + counts.nonFiniteRows +
                              counts.maskedRows),
               format(min, "f3"), format(max, "f3"), format(row.numDead, ""),
               row.isConstant ? "constant" : format(row.outlier, "f1")});
  }
}

static llvm::json::Object toJSON(const TensorStatistics &tensor) {
  const ObservedCounts &counts = tensor.counts;
  TensorRow row = summarize(tensor);
  llvm::json::Object object{
      {"name", tensor.tensor.name},
      {"linears", llvm::json::Array(tensor.tensor.linears)},
      {"observers", tensor.tensor.observers.str()},
      {"channels", tensor.tensor.numChannels},
      {"samples", counts.samples},
      {"tokens", counts.tokens},
      {"skipped_rows", counts.skippedRows},
      {"nonfinite_rows", counts.nonFiniteRows},
      {"masked_rows", counts.maskedRows},
      {"constant", row.isConstant}};
  if (row.extremes) {
    object["min"] = row.extremes->min;
    object["max"] = row.extremes->max;
  }
  if (row.numDead)
    object["dead_channels"] = int64_t(*row.numDead);
  if (row.outlier)
    object["outlier"] = *row.outlier;
  return object;
}

static llvm::Error showFile() {
  llvm::Expected<Statistics> statistics = Statistics::load(files.front());
  if (!statistics)
    return statistics.takeError();
  if (!printsJSON) {
    printTable(*statistics);
    return llvm::Error::success();
  }
  llvm::json::Array tensors;
  for (const TensorStatistics &tensor : *statistics)
    tensors.push_back(toJSON(tensor));
  print(llvm::json::Object{{"model", statistics->getModel()},
                           {"tensors", std::move(tensors)}});
  return llvm::Error::success();
}

static llvm::Error runStatistics() {
  return action == "merge" ? mergeFiles() : showFile();
}

Command ptq::getStatisticsCommand() { return {&command, check, runStatistics}; }
