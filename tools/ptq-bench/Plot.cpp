//===- Plot.cpp - A picture of measurements -------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"

#include "ptq/Report/Chart.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::ptq;

static std::string describe(const Measurement &measured) {
  ProductShape shape = measured.shape;
  return llvm::formatv("{0} {1}, {2}x{3}x{4}", measured.format, measured.isa,
                       shape.m, shape.n, shape.k)
      .str();
}

/// The title of the y axis names the peer of the cases.
static std::string getTitle(ArrayRef<Measurement> cases) {
  std::string title = "% of the limit";
  if (!cases.empty() && cases.front().peer != Peer::None)
    title += llvm::formatv(" (dots: {0})", stringifyPeer(cases.front().peer));
  return title;
}

void ptq::printPlot(llvm::raw_ostream &os, ArrayRef<Measurement> cases) {
  auto toShare = [](const Measurement &measured, double value) {
    return measured.limit > 0 ? 100 * value / measured.limit : 0;
  };
  double highest = 100;
  for (const Measurement &measured : cases)
    highest = std::max({highest, toShare(measured, measured.max),
                        toShare(measured, measured.peerMedian)});

  Chart chart(os, std::max<double>(480, 120 + 44 * cases.size()), 440);
  chart.isFile = true;
  chart.bottom = 190;
  chart.y.high = 1.04 * highest;
  chart.open("share of the limit of each product", "", getTitle(cases),
             /*hasTicksX=*/false);
  double step = (chart.x.to - chart.x.from) / std::max<size_t>(cases.size(), 1);
  for (auto [index, measured] : llvm::enumerate(cases)) {
    double px = chart.x.from + index * step, middle = px + step / 2;
    auto place = [&, &measured = measured](double value) {
      return chart.y.place(toShare(measured, value));
    };
    chart.addBar(px + step * 0.2, step * 0.6, place(measured.median), "weight",
                 llvm::formatv("{0}: {1:f1} {2}, {3:f0} %", describe(measured),
                               measured.median, measured.unit,
                               100 * measured.getShare())
                     .str());
    chart.addRange(middle, place(measured.min), place(measured.max));
    if (measured.peer != Peer::None)
      chart.addDot(middle, place(measured.peerMedian), "input",
                   llvm::formatv("{0}: {1:f1} {2}",
                                 stringifyPeer(measured.peer),
                                 measured.peerMedian, measured.unit)
                       .str());
    chart.addText(middle + 3, chart.getBottom() + 10, "end", describe(measured),
                  -55);
  }
  chart.close();
}
