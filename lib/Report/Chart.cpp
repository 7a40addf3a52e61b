//===- Chart.cpp - Pictures as SVG ----------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Report/Chart.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

std::string ptq::escapeHTML(StringRef text) {
  std::string escaped;
  llvm::raw_string_ostream os(escaped);
  llvm::printHTMLEscaped(text, os);
  return escaped;
}

//===----------------------------------------------------------------------===//
// Axes
//===----------------------------------------------------------------------===//

Axis Axis::fit(ArrayRef<double> values, bool isLogarithmic) {
  Axis axis;
  axis.isLogarithmic = isLogarithmic;
  bool isFirst = true;
  for (double value : values) {
    if (!std::isfinite(value) || (isLogarithmic && value <= 0))
      continue;
    axis.low = isFirst ? value : std::min(axis.low, value);
    axis.high = isFirst ? value : std::max(axis.high, value);
    isFirst = false;
  }
  if (isLogarithmic) {
    axis.low = isFirst ? 1e-6 : axis.low / 1.6;
    axis.high = isFirst ? 1 : axis.high * 1.6;
    return axis;
  }
  double room = (axis.high - axis.low) * 0.06;
  if (room == 0)
    room = std::max(std::abs(axis.high) * 0.1, 1e-9);
  axis.low -= room;
  axis.high += room;
  return axis;
}

double Axis::place(double value) const {
  double part = isLogarithmic ? std::log(std::max(value, low) / low) /
                                    std::log(high / low)
                              : (value - low) / (high - low);
  return from + part * (to - from);
}

std::vector<double> Axis::getTicks() const {
  std::vector<double> ticks;
  if (isLogarithmic) {
    double decades = std::log10(high / low);
    for (double power = std::floor(std::log10(low)); power <= std::log10(high);
         ++power)
      for (double digit : {1.0, 2.0, 5.0}) {
        double tick = digit * std::pow(10, power);
        if (tick >= low && tick <= high && (digit == 1 || decades < 2.5))
          ticks.push_back(tick);
      }
    return ticks;
  }
  double step = std::pow(10, std::floor(std::log10((high - low) / 4)));
  for (double factor : {5.0, 2.0})
    if ((high - low) / (step * factor) >= 4) {
      step *= factor;
      break;
    }
  for (double tick = std::ceil(low / step); tick <= high / step; ++tick)
    ticks.push_back(tick * step);
  return ticks;
}

//===----------------------------------------------------------------------===//
// Charts
//===----------------------------------------------------------------------===//

static std::string formatTick(double value) {
  double magnitude = std::abs(value);
  if (magnitude != 0 && (magnitude < 0.01 || magnitude >= 1e5))
    return llvm::formatv("{0:e0}", value).str();
  std::string text = llvm::formatv("{0:f3}", value).str();
  while (StringRef(text).ends_with("0"))
    text.pop_back();
  if (StringRef(text).ends_with("."))
    text.pop_back();
  return text == "-0" ? "0" : text;
}

/// What a page says of its charts, for one that is a file.
static constexpr StringLiteral style = R"(
svg { font: 11px system-ui, sans-serif; background: #fff; }
text { fill: #5c6675; } .grid { stroke: #dfe3e8; } .axis { stroke: #5c6675; }
.weight { fill: #2f6db5; } .input { fill: #d9822b; }
.range { stroke: #1d2430; stroke-width: 1.5; }
)";

void Chart::open(StringRef label, StringRef titleX, StringRef titleY,
                 bool hasTicksX) {
  x.from = left;
  x.to = width - right;
  y.from = height - bottom;
  y.to = top;
  os << llvm::formatv("<svg{3} viewBox=\"0 0 {0:f0} {1:f0}\" role=\"img\" "
                      "aria-label=\"{2}\">\n",
                      width, height, escapeHTML(label),
                      isFile ? " xmlns=\"http://www.w3.org/2000/svg\"" : "");
  if (isFile)
    os << "<style>" << style << "</style>\n";
  for (double tick : y.getTicks()) {
    double py = y.place(tick);
    os << llvm::formatv("<line class=\"grid\" x1=\"{0:f1}\" y1=\"{1:f1}\" "
                        "x2=\"{2:f1}\" y2=\"{1:f1}\"/>",
                        x.from, py, x.to);
    addText(x.from - 6, py + 4, "end", formatTick(tick));
  }
  if (hasTicksX)
    for (double tick : x.getTicks()) {
      double px = x.place(tick);
      os << llvm::formatv("<line class=\"grid\" x1=\"{0:f1}\" y1=\"{1:f1}\" "
                          "x2=\"{0:f1}\" y2=\"{2:f1}\"/>",
                          px, y.from, y.to);
      addText(px, y.from + 16, "middle", formatTick(tick));
    }
  os << llvm::formatv("<line class=\"axis\" x1=\"{0:f1}\" y1=\"{1:f1}\" "
                      "x2=\"{2:f1}\" y2=\"{1:f1}\"/>\n",
                      x.from, y.from, x.to);
  addText((x.from + x.to) / 2, height - 6, "middle", titleX);
  addText(14, (y.from + y.to) / 2, "middle", titleY, -90);
}

void Chart::close() { os << "</svg>\n"; }

void Chart::addDot(double px, double py, StringRef style, StringRef title) {
  os << llvm::formatv("<circle class=\"{0}\" cx=\"{1:f1}\" cy=\"{2:f1}\" "
                      "r=\"4\"><title>{3}</title></circle>\n",
                      style, px, py, escapeHTML(title));
}

void Chart::addBar(double px, double barWidth, double py, StringRef style,
                   StringRef title) {
  os << llvm::formatv("<rect class=\"{0}\" x=\"{1:f1}\" y=\"{2:f1}\" "
                      "width=\"{3:f1}\" height=\"{4:f1}\"><title>{5}</title>"
                      "</rect>\n",
                      style, px, py, barWidth, std::max(y.from - py, 0.0),
                      escapeHTML(title));
}

void Chart::addRange(double px, double from, double to) {
  os << llvm::formatv("<line class=\"range\" x1=\"{0:f1}\" y1=\"{1:f1}\" "
                      "x2=\"{0:f1}\" y2=\"{2:f1}\"/>\n",
                      px, from, to);
}

void Chart::addText(double px, double py, StringRef anchor, StringRef text,
                    double degrees) {
  os << llvm::formatv("<text x=\"{0:f1}\" y=\"{1:f1}\" text-anchor=\"{2}\"", px,
                      py, anchor);
  if (degrees != 0)
    os << llvm::formatv(" transform=\"rotate({0} {1:f1} {2:f1})\"", degrees, px,
                        py);
  os << ">" << escapeHTML(text) << "</text>";
}
