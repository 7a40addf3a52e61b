//===- WriteText.cpp - A report for terminals -----------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Report/Report.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::ptq;

static std::string format(std::optional<double> value, StringRef style,
                          StringRef otherwise = "-") {
  if (!value)
    return otherwise.str();
  return llvm::formatv(false, ("{0:" + style + "}").str().c_str(), *value)
      .str();
}

static std::vector<std::string> describe(const LinearRow &row) {
  bool isQuantized = row.bitsPerWeight.has_value();
  auto ratio = [&](std::optional<double> value) {
    return format(value, "f1", isQuantized ? "exact" : "-");
  };
  std::vector<std::string> cells = {row.name, row.format};
  cells.push_back(format(row.bitsPerWeight, "f3"));
  cells.push_back(std::to_string(row.bytes));
  cells.push_back(ratio(row.weightSqnr));
  cells.push_back(format(row.inputSqnr, "f1"));
  cells.push_back(format(row.outputSqnr, "f1"));
  cells.push_back(isQuantized ? format(100 * row.clipped, "f2") : "-");
  cells.push_back(isQuantized ? format(100 * row.saturated, "f2") : "-");
  cells.push_back(isQuantized ? std::to_string(row.numUnusedCodes) : "-");
  std::optional<double> microseconds;
  if (row.nanoseconds)
    microseconds = *row.nanoseconds / 1000;
  cells.push_back(format(microseconds, "f2"));
  cells.push_back(format(row.divergence, "e2"));
  cells.push_back(format(row.measured, "e2"));
  cells.push_back(row.reason);
  return cells;
}

static void writeLinears(const Report &report, raw_ostream &os) {
  std::vector<std::vector<std::string>> rows = {
      {"linear", "format", "bits", "bytes", "weight dB", "input dB",
       "output dB", "clipped %", "saturated %", "unused", "us/token", "KL",
       "KL alone", "why"}};
  for (const LinearRow &row : report.linears)
    rows.push_back(describe(row));
  std::vector<size_t> widths(rows.front().size());
  for (const std::vector<std::string> &row : rows)
    for (auto [width, cell] : llvm::zip_equal(widths, row))
      width = std::max(width, cell.size());
  for (const std::vector<std::string> &row : rows) {
    for (auto [column, cell] : llvm::enumerate(row)) {
      bool isText = column < 2;
      if (column + 1 == row.size())
        os << cell << '\n';
      else if (isText)
        os << llvm::left_justify(cell, widths[column]) << "  ";
      else
        os << llvm::right_justify(cell, widths[column]) << "  ";
    }
  }
}

static void writeMixtures(const Report &report, raw_ostream &os) {
  size_t width = 7;
  for (const MixtureEffect &mixture : report.mixtures)
    width = std::max(width, mixture.name.size());
  os << '\n'
     << llvm::left_justify("formats", width)
     << "       bytes    bits  KL predicted  KL measured  perplexity  top-1\n";
  for (const MixtureEffect &mixture : report.mixtures) {
    os << llvm::left_justify(mixture.name, width)
       << llvm::formatv("{0,12}{1,8:f3}{2,14:e3}", mixture.bytes,
                        8.0 * mixture.bytes / report.getNumWeights(),
                        mixture.predicted);
    if (const auto &perplexity = mixture.perplexity)
      os << llvm::formatv(
          "{0,13:e3}{1,12:f4}{2,7:f3}", perplexity->reference->meanDivergence,
          perplexity->perplexity, perplexity->reference->sameTop1);
    os << '\n';
  }
}

void ptq::writeText(const Report &report, raw_ostream &os) {
  writeLinears(report, os);
  if (!report.mixtures.empty())
    writeMixtures(report, os);
  os << '\n'
     << report.linears.size() << " linears, " << report.getBytes() << " bytes";
  if (report.numTokens)
    os << ", " << report.numTokens << " tokens of " << report.numSamples
       << " sequences";
  if (report.rankCorrelation)
    os << llvm::formatv("; rank correlation of predicted and measured KL "
                        "{0:f3}",
                        *report.rankCorrelation);
  os << llvm::formatv("\nenergy of the linears, estimated: {0:f2} uJ a token, "
                      "{1:f2} in float (operations and bytes at 45 nm)\n",
                      report.energy.getMicrojoules(),
                      report.floatEnergy.getMicrojoules());
}
