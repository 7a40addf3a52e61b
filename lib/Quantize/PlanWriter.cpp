//===- PlanWriter.cpp - A plan as text or JSON ----------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanWriter.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// What all linears of a plan come to. A weight that several use counts once.
struct PlanTotals {
  int64_t numLinears[4] = {};
  int64_t sourceBytes = 0, quantizedBytes = 0;

  explicit PlanTotals(const LinearPlan &plan);
  int64_t get(LinearOutcome outcome) const {
    return numLinears[static_cast<int>(outcome)];
  }
};

} // namespace

static int64_t getSourceBytes(RankedTensorType source) {
  return source.getNumElements() * source.getElementTypeBitWidth() / 8;
}

PlanTotals::PlanTotals(const LinearPlan &plan) {
  SmallVector<bool> isCounted(plan.weights.size());
  for (const Linear &linear : plan.linears) {
    ++numLinears[static_cast<int>(linear.outcome)];
    if (linear.outcome != LinearOutcome::Quantized || isCounted[linear.weight])
      continue;
    isCounted[linear.weight] = true;
    sourceBytes += getSourceBytes(linear.source);
    quantizedBytes += plan.weights[linear.weight].getQuantizedBytes();
  }
}

StringRef ptq::stringifyOutcome(LinearOutcome outcome) {
  switch (outcome) {
  case LinearOutcome::Quantized:
    return "quantized";
  case LinearOutcome::Skipped:
    return "skipped";
  case LinearOutcome::Refused:
    return "refused";
  case LinearOutcome::Activations:
    return "activations";
  }
  llvm_unreachable("unknown outcome");
}

static std::string getFormatName(const Linear &linear) {
  return linear.outcome == LinearOutcome::Quantized ? linear.format.str()
                                                    : "float";
}

/// The function around `op`, or empty.
static StringRef getFunctionName(Operation *op) {
  auto function = op->getParentOfType<SymbolOpInterface>();
  return function && function.getNameAttr() ? function.getName() : "";
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static constexpr unsigned numColumns = 7;
using Row = std::array<std::string, numColumns>;

static std::string getShapeText(RankedTensorType source) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (int64_t size : source.getShape())
    os << size << 'x';
  os << source.getElementType();
  return text;
}

static Row describe(const Linear &linear, const LinearPlan &plan) {
  Row row = {linear.name, getFormatName(linear), "-", "-", "-",
             "-",         linear.reason};
  if (linear.source)
    row[3] = getShapeText(linear.source);
  if (linear.outcome == LinearOutcome::Quantized) {
    const WeightJob &job = plan.weights[linear.weight];
    row[2] = stringifyScaleMethod(job.scale).str();
    row[4] = llvm::formatv("{0:f3}", job.getBitsPerWeight()).str();
  }
  llvm::SetVector<StringRef> functions;
  for (const LinearUse &use : linear.uses)
    functions.insert(getFunctionName(use.op));
  row[5] = llvm::join(functions, ",");
  return row;
}

void ptq::writePlanText(const LinearPlan &plan, raw_ostream &os) {
  std::vector<Row> rows = {
      {"linear", "format", "scale", "weight", "bits", "in", "why"}};
  for (const Linear &linear : plan.linears)
    rows.push_back(describe(linear, plan));
  std::array<size_t, numColumns> widths = {};
  for (const Row &row : rows)
    for (auto [width, cell] : llvm::zip_equal(widths, row))
      width = std::max(width, cell.size());
  for (const Row &row : rows) {
    for (auto [width, cell] : llvm::drop_end(llvm::zip_equal(widths, row)))
      os << llvm::left_justify(cell, width + 2);
    os << row.back() << '\n';
  }
  PlanTotals totals(plan);
  os << plan.linears.size()
     << " linears: " << totals.get(LinearOutcome::Quantized) << " quantized, "
     << totals.get(LinearOutcome::Skipped) << " skipped, "
     << totals.get(LinearOutcome::Refused) << " refused, "
     << totals.get(LinearOutcome::Activations)
     << " of two activations; weights to quantize: " << totals.sourceBytes
     << " -> " << totals.quantizedBytes << " bytes\n";
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static std::string getText(Location loc) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (auto file = loc->findInstanceOf<FileLineColLoc>())
    os << file.getFilename().getValue() << ':' << file.getLine() << ':'
       << file.getColumn();
  return text;
}

static void writeWeight(const Linear &linear, const LinearPlan &plan,
                        llvm::json::OStream &json) {
  std::string type;
  llvm::raw_string_ostream(type) << linear.source.getElementType();
  json.attribute("shape", llvm::json::Array(linear.source.getShape()));
  json.attribute("type", type);
  json.attribute("bytes", getSourceBytes(linear.source));
  if (linear.outcome != LinearOutcome::Quantized)
    return;
  const WeightJob &job = plan.weights[linear.weight];
  json.attribute("index", static_cast<int64_t>(linear.weight));
  json.attribute("quantized_bytes", job.getQuantizedBytes());
  json.attribute("bits_per_weight", job.getBitsPerWeight());
}

static void writeLinear(const Linear &linear, const LinearPlan &plan,
                        llvm::json::OStream &json) {
  json.attribute("name", linear.name);
  json.attribute("outcome", stringifyOutcome(linear.outcome));
  json.attribute("format", getFormatName(linear));
  if (linear.outcome == LinearOutcome::Quantized)
    json.attribute("scale",
                   stringifyScaleMethod(plan.weights[linear.weight].scale));
  json.attribute("reason", linear.reason);
  if (linear.source)
    json.attributeObject("weight", [&] { writeWeight(linear, plan, json); });
  json.attributeArray("ops", [&] {
    for (const LinearUse &use : linear.uses)
      json.object([&] {
        json.attribute("op", use.op->getName().getStringRef());
        json.attribute("function", getFunctionName(use.op));
        json.attribute("location", getText(use.op->getLoc()));
      });
  });
}

void ptq::writePlanJSON(const LinearPlan &plan, raw_ostream &os) {
  PlanTotals totals(plan);
  llvm::json::OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attributeArray("linears", [&] {
      for (const Linear &linear : plan.linears)
        json.object([&] { writeLinear(linear, plan, json); });
    });
    json.attributeObject("totals", [&] {
      for (LinearOutcome outcome :
           {LinearOutcome::Quantized, LinearOutcome::Skipped,
            LinearOutcome::Refused, LinearOutcome::Activations})
        json.attribute(stringifyOutcome(outcome), totals.get(outcome));
      json.attribute("bytes", totals.sourceBytes);
      json.attribute("quantized_bytes", totals.quantizedBytes);
    });
  });
  os << '\n';
}
