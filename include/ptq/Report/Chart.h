//===- Chart.h - Pictures as SVG --------------------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_REPORT_CHART_H
#define PTQ_REPORT_CHART_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/raw_ostream.h"

#include <string>
#include <vector>

namespace mlir::ptq {

/// `text` as HTML shows it.
std::string escapeHTML(StringRef text);

/// One axis: from numbers to pixels, linear or logarithmic.
struct Axis {
  double low = 0, high = 1;
  bool isLogarithmic = false;
  /// Pixels of `low` and `high`.
  double from = 0, to = 1;

  /// An axis that shows all of `values`, with some room; logarithmic ones leave
  /// out what is not positive.
  static Axis fit(ArrayRef<double> values, bool isLogarithmic);

  double place(double value) const;
  /// Round numbers on the axis, four to eight of them where possible.
  std::vector<double> getTicks() const;
};

/// A frame with two axes. The caller draws between `open` and `close`, in
/// pixels.
class Chart {
public:
  Chart(raw_ostream &os, double width, double height)
      : os(os), width(width), height(height) {}

  Axis x, y;
  /// Stands alone in a file, rather than in a page that has the style.
  bool isFile = false;

  /// Draws axes, grid and titles. Without ticks in x if `namesX` is false: the
  /// caller names what stands there.
  void open(StringRef label, StringRef titleX, StringRef titleY,
            bool hasTicksX = true);
  void close();

  void addDot(double px, double py, StringRef style, StringRef title);
  void addBar(double px, double barWidth, double py, StringRef style,
              StringRef title);
  /// A line up from `from` to `to`.
  void addRange(double px, double from, double to);
  void addText(double px, double py, StringRef anchor, StringRef text,
               double degrees = 0);

  double getBottom() const { return height - bottom; }

  static constexpr double left = 70, right = 16, top = 14;
  double bottom = 44;

private:
  raw_ostream &os;
  double width, height;
};

} // namespace mlir::ptq

#endif // PTQ_REPORT_CHART_H
