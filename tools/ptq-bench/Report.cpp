//===- Report.cpp - Measurements as JSON and as a table -------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace mlir::ptq;

static std::string getName(const Measurement &measured) {
  ProductShape shape = measured.shape;
  return llvm::formatv("matmul-{0}-{1}x{2}x{3}-t{4}-{5}", measured.format,
                       shape.m, shape.n, shape.k, measured.threads,
                       measured.isCold ? "cold" : "hot")
      .str();
}

void ptq::printJSON(llvm::raw_ostream &os, ArrayRef<Measurement> cases) {
  llvm::json::OStream json(os, /*IndentSize=*/1);
  json.arrayBegin();
  for (const Measurement &measured : cases)
    json.object([&] {
      json.attribute("case", getName(measured));
      json.attribute("formats", measured.format);
      json.attribute("isa", measured.isa);
      json.attribute("m", measured.shape.m);
      json.attribute("n", measured.shape.n);
      json.attribute("k", measured.shape.k);
      json.attribute("threads", measured.threads);
      json.attribute("cold", measured.isCold);
      json.attribute("unit", measured.unit);
      json.attribute("median", measured.median);
      json.attribute("min", measured.min);
      json.attribute("max", measured.max);
      json.attribute("limit", measured.limit);
      json.attribute("share", measured.getShare());
      json.attribute("verified", true);
      if (measured.peer != Peer::None) {
        json.attribute("peer", stringifyPeer(measured.peer));
        json.attribute("peer_median", measured.peerMedian);
        json.attribute("ratio_to_peer", measured.getRatio());
      }
      json.attribute("other_use", measured.otherUse);
    });
  json.arrayEnd();
  os << "\n";
}

void ptq::printMarkdown(llvm::raw_ostream &os, ArrayRef<Measurement> cases) {
  os << "| format | isa | M x N x K | threads | weights | median (min to max) "
        "| limit | share | peer | its median | ratio | others |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (const Measurement &measured : cases) {
    ProductShape shape = measured.shape;
    os << llvm::formatv(
        "| {0} | {1} | {2} x {3} x {4} | {5} | {6} | {7:f1} ({8:f1} to {9:f1}) "
        "{10} | {11:f1} | {12:f0} % |",
        measured.format, measured.isa, shape.m, shape.n, shape.k,
        measured.threads, measured.isCold ? "cold" : "hot", measured.median,
        measured.min, measured.max, measured.unit, measured.limit,
        100 * measured.getShare());
    if (measured.peer != Peer::None)
      os << llvm::formatv(" {0} | {1:f1} | {2:f2} |",
                          stringifyPeer(measured.peer), measured.peerMedian,
                          measured.getRatio());
    else
      os << " | | |";
    os << llvm::formatv(" {0:f0} % |\n", 100 * measured.otherUse);
  }
}

void ptq::printStaticJSON(llvm::raw_ostream &os,
                          ArrayRef<StaticMeasurement> cases) {
  llvm::json::OStream json(os, /*IndentSize=*/1);
  json.arrayBegin();
  for (const StaticMeasurement &measured : cases)
    json.object([&] {
      json.attribute("case", "static-" + measured.format + "-" + measured.cpu +
                                 "-" + measured.isa);
      json.attribute("formats", measured.format);
      json.attribute("isa", measured.isa);
      json.attribute("cpu", measured.cpu);
      json.attribute("dot_products", measured.numDots);
      json.attribute("instructions_per_mac", measured.instructions);
      json.attribute("bytes_per_mac", measured.bytes);
      json.attribute("stack_accesses", measured.numStack);
      json.attribute("unit", "cycles");
      json.attribute("median", measured.cycles);
      json.attribute("limit", measured.limit);
      json.attribute("share", measured.getShare());
      json.attribute("busy", measured.busy);
    });
  json.arrayEnd();
  os << "\n";
}

void ptq::printStaticMarkdown(llvm::raw_ostream &os,
                              ArrayRef<StaticMeasurement> cases) {
  os << "| CPU | format | isa | dot products | instructions | bytes | stack | "
        "cycles | limit | share | busy |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (const StaticMeasurement &measured : cases)
    os << llvm::formatv("| {0} | {1} | `{2}` | {3} | {4:f3} | {5:f3} | {6} | "
                        "{7:f1} | {8:f1} | {9:f0} % | {10:f0} % |\n",
                        measured.cpu, measured.format, measured.isa,
                        measured.numDots, measured.instructions, measured.bytes,
                        measured.numStack, measured.cycles, measured.limit,
                        100 * measured.getShare(), 100 * measured.busy);
}
