//===- WriteHTML.cpp - A report for people --------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Report/Chart.h"
#include "ptq/Report/Report.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::ptq;

static std::string format(std::optional<double> value, StringRef style,
                          StringRef otherwise = "–") {
  if (!value)
    return otherwise.str();
  return llvm::formatv(false, ("{0:" + style + "}").str().c_str(), *value)
      .str();
}

static std::string formatBytes(double bytes) {
  for (auto [unit, size] :
       {std::make_pair("GB", 1e9), std::make_pair("MB", 1e6),
        std::make_pair("kB", 1e3)})
    if (bytes >= size)
      return llvm::formatv("{0:f2} {1}", bytes / size, unit).str();
  return llvm::formatv("{0:f0} B", bytes).str();
}

//===----------------------------------------------------------------------===//
// The frame
//===----------------------------------------------------------------------===//

static constexpr StringLiteral style = R"(
:root { --ink: #1d2430; --soft: #5c6675; --line: #dfe3e8; --paper: #fff;
        --a: #2f6db5; --b: #d9822b; --c: #3a9b6f; --d: #b0413e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ee; --soft: #a1abba; --line: #38404d; --paper: #161a20;
          --a: #6ea8e8; --b: #f0a860; --c: #6cc79c; --d: #e8817e; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink);
       background: var(--paper); max-width: 1180px; margin: 2em auto;
       padding: 0 1.5em; }
h1 { font-size: 1.7em; margin-bottom: .2em; }
h2 { font-size: 1.2em; margin: 2em 0 .4em; }
p, figcaption { color: var(--soft); max-width: 75ch; }
.tiles { display: flex; flex-wrap: wrap; gap: .8em; margin: 1.2em 0; }
.tile { border: 1px solid var(--line); border-radius: 8px; padding: .6em 1em; }
.tile b { display: block; font-size: 1.35em; }
.tile span { color: var(--soft); font-size: .85em; }
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; }
svg text { fill: var(--soft); }
.grid { stroke: var(--line); } .axis { stroke: var(--soft); }
.weight { fill: var(--a); } .input { fill: var(--b); } .output { fill: var(--c); }
.front { fill: none; stroke: var(--a); stroke-width: 2; }
.mixture { fill: var(--b); } .chosen { fill: var(--d); }
.range { stroke: var(--d); stroke-width: 1.5; }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 50%;
       margin: 0 .3em 0 1em; }
.small { display: grid; gap: .6em 1.2em;
         grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); }
.small figure { margin: 0; } figcaption { font-size: .85em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .87em; width: 100%; }
.narrow { width: auto; }
th, td { padding: .3em .6em; text-align: right; white-space: nowrap;
         border-bottom: 1px solid var(--line); }
th:first-child, td:first-child, .text { text-align: left; }
th { cursor: pointer; user-select: none; }
th[aria-sort]::after { content: " ▲"; font-size: .7em; }
th[aria-sort=descending]::after { content: " ▼"; }
)";

/// Sorts by the column that is clicked; a second click turns it around.
static constexpr StringLiteral script = R"(
for (const head of document.querySelectorAll('#linears th'))
  head.onclick = () => {
    const body = document.querySelector('#linears tbody');
    const column = head.cellIndex;
    const down = head.getAttribute('aria-sort') === 'ascending';
    for (const other of head.parentNode.cells) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const value = row => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const compare = (a, b) => {
      const x = value(a), y = value(b), nx = parseFloat(x), ny = parseFloat(y);
      if (isNaN(nx) || isNaN(ny)) return isNaN(nx) - isNaN(ny) || x.localeCompare(y, 'en', {numeric: true});
      return nx - ny;
    };
    const rows = [...body.rows].sort(compare);
    if (down) rows.reverse();
    body.append(...rows);
  };
)";

static void writeTile(raw_ostream &os, const Twine &value, StringRef label) {
  os << "<div class=\"tile\"><b>" << value << "</b><span>" << label
     << "</span></div>\n";
}

static void writeHead(const Report &report, raw_ostream &os) {
  os << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
        "charset=\"utf-8\">\n"
     << "<meta name=\"viewport\" content=\"width=device-width\">\n<title>"
     << escapeHTML(report.model) << " in " << escapeHTML(report.recipe)
     << "</title>\n<style>" << style << "</style>\n</head>\n<body>\n<h1>"
     << escapeHTML(report.model) << " in " << escapeHTML(report.recipe)
     << "</h1>\n";
  if (report.numTokens)
    os << "<p>Measured on " << report.numTokens << " tokens of "
       << report.numSamples << " sequences.</p>\n";
  os << "<div class=\"tiles\">\n";
  writeTile(os, formatBytes(report.getBytes()),
            "codes and scales of the linears");
  if (int64_t numWeights = report.getNumWeights())
    writeTile(os, format(8.0 * report.getBytes() / numWeights, "f3"),
              "bits per weight");
  if (!report.mixtures.empty())
    if (const auto &perplexity = report.mixtures.front().perplexity) {
      writeTile(os, format(perplexity->reference->meanDivergence, "e2"),
                "KL divergence from float, mean");
      writeTile(
          os,
          format(perplexity->perplexity / perplexity->reference->perplexity,
                 "f4"),
          "perplexity, times that of float");
      writeTile(os, format(100 * perplexity->reference->sameTop1, "f1") + " %",
                "same most likely token");
    }
  writeTile(os, format(report.energy.getMicrojoules(), "f2") + " µJ",
            "energy of a token, estimated");
  os << "</div>\n";
}

//===----------------------------------------------------------------------===//
// Linears
//===----------------------------------------------------------------------===//

/// Names below an axis that has room for them, standing or slanted.
static void nameColumns(Chart &chart, ArrayRef<LinearRow> rows, double step) {
  size_t every = std::max<size_t>(1, 11 / step + 0.99);
  for (size_t i = 0; i < rows.size(); i += every)
    chart.addText(chart.x.from + (i + 0.5) * step + 3, chart.getBottom() + 10,
                  "end", rows[i].name, -55);
}

static void writeRatios(const Report &report, raw_ostream &os) {
  ArrayRef<LinearRow> rows = report.linears;
  std::vector<double> values;
  using Member = std::optional<double> LinearRow::*;
  const std::pair<StringRef, Member> series[] = {
      {"weight", &LinearRow::weightSqnr},
      {"input", &LinearRow::inputSqnr},
      {"output", &LinearRow::outputSqnr}};
  for (const LinearRow &row : rows)
    for (auto [name, member] : series)
      if (row.*member)
        values.push_back(*(row.*member));
  if (values.empty())
    return;
  os << "<h2>Signal to noise</h2>\n<p>What each linear keeps of its weight, of "
        "its input and, next to a float product of the same input, of its "
        "output, in dB: more is better."
        "<br>";
  for (auto [name, member] : series)
    os << "<span class=\"key\" style=\"background: var(--"
       << (name == "weight"  ? 'a'
           : name == "input" ? 'b'
                             : 'c')
       << ")\"></span>" << name;
  os << "</p>\n";
  Chart chart(os, 1150, 380);
  chart.bottom = 130;
  chart.y = Axis::fit(values, false);
  chart.open("signal to noise ratio of each linear", "", "dB", false);
  double step = (chart.x.to - chart.x.from) / rows.size();
  for (auto [index, row] : llvm::enumerate(rows))
    for (auto [name, member] : series)
      if (row.*member)
        chart.addDot(
            chart.x.from + (index + 0.5) * step, chart.y.place(*(row.*member)),
            name,
            llvm::formatv("{0}, {1}: {2:f1} dB", row.name, name, *(row.*member))
                .str());
  nameColumns(chart, rows, step);
  chart.close();
}

static void writeDivergences(const Report &report, raw_ostream &os) {
  ArrayRef<LinearRow> rows = report.linears;
  std::vector<double> values;
  for (const LinearRow &row : rows)
    if (row.divergence && !row.sharesWeight)
      values.push_back(*row.divergence);
  if (values.empty())
    return;
  os << "<h2>Sensitivity</h2>\n<p>Divergence of the predictions (nats, mean of "
        "tokens, logarithmic) with one linear quantized and the others in "
        "float, predicted from its output error and one probe.";
  if (report.rankCorrelation)
    os << " Dots are measured; rank correlation "
       << format(report.rankCorrelation, "f3") << ".";
  os << "</p>\n";
  Chart chart(os, 1150, 380);
  chart.bottom = 130;
  chart.y = Axis::fit(values, true);
  chart.open("divergence of each linear", "", "KL", false);
  double step = (chart.x.to - chart.x.from) / rows.size();
  for (auto [index, row] : llvm::enumerate(rows)) {
    if (!row.divergence || row.sharesWeight)
      continue;
    double px = chart.x.from + index * step;
    chart.addBar(px + step * 0.15, step * 0.7, chart.y.place(*row.divergence),
                 "weight",
                 llvm::formatv("{0}: {1:e2}", row.name, *row.divergence).str());
    if (row.measured)
      chart.addDot(
          px + step / 2, chart.y.place(*row.measured), "input",
          llvm::formatv("{0}, measured: {1:e2}", row.name, *row.measured)
              .str());
  }
  nameColumns(chart, rows, step);
  chart.close();
}

//===----------------------------------------------------------------------===//
// Mixtures
//===----------------------------------------------------------------------===//

static void writeFront(const Report &report, raw_ostream &os) {
  if (report.front.size() < 2)
    return;
  double bits = 8.0 / report.getNumWeights();
  std::vector<double> xs, ys;
  for (const MixtureFront::Point &point : report.front) {
    xs.push_back(point.cost * bits);
    ys.push_back(point.loss);
  }
  for (const MixtureEffect &mixture : report.mixtures) {
    xs.push_back(mixture.bytes * bits);
    ys.push_back(mixture.getMeasured().value_or(mixture.predicted));
  }
  os << "<h2>Size against divergence</h2>\n<p>The line is the predicted "
        "divergence of the best mixture of formats for each size; dots are "
        "measured.</p>\n";
  Chart chart(os, 1150, 420);
  chart.x = Axis::fit(xs, false);
  chart.y = Axis::fit(ys, true);
  chart.open("size against divergence", "bits per weight", "KL");
  os << "<polyline class=\"front\" points=\"";
  size_t every = std::max<size_t>(1, report.front.size() / 400);
  for (size_t i = 0; i < report.front.size(); ++i)
    if (i % every == 0 || i + 1 == report.front.size())
      os << llvm::formatv("{0:f1},{1:f1} ",
                          chart.x.place(report.front[i].cost * bits),
                          chart.y.place(report.front[i].loss));
  os << "\"/>\n";
  for (const MixtureEffect &mixture : report.mixtures) {
    double px = chart.x.place(mixture.bytes * bits),
           py =
               chart.y.place(mixture.getMeasured().value_or(mixture.predicted));
    bool isChosen = mixture.name == "chosen";
    chart.addDot(px, py, isChosen ? "chosen" : "mixture",
                 llvm::formatv("{0}: {1}, KL {2}", mixture.name,
                               formatBytes(mixture.bytes),
                               format(mixture.getMeasured(), "e2"))
                     .str());
    bool isAtEnd = px > 1000;
    bool isBelow = isChosen || mixture.name == "recipe";
    chart.addText(px + (isAtEnd ? -8 : 8), py + (isBelow ? 14 : -6),
                  isAtEnd ? "end" : "start", mixture.name);
  }
  chart.close();
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

static void writeInputs(const Report &report, raw_ostream &os) {
  if (report.inputs.empty())
    return;
  os << "<h2>Inputs</h2>\n<p>What the calibration saw, on a logarithmic scale "
        "of counts; between the lines is the range of the codes, where it is "
        "static.</p>\n<div class=\"small\">\n";
  for (const InputHistogram &input : report.inputs) {
    double most = 1;
    for (double count : input.counts)
      most = std::max(most, count);
    os << "<figure><svg viewBox=\"0 0 260 90\" role=\"img\" aria-label=\""
       << escapeHTML(input.name) << "\">\n<path class=\"weight\" d=\"M0 80";
    double step = 260.0 / std::max<size_t>(input.counts.size(), 1);
    for (auto [index, count] : llvm::enumerate(input.counts)) {
      double height = 76 * std::log1p(count) / std::log1p(most);
      os << llvm::formatv(" L{0:f1} {1:f1} L{2:f1} {1:f1}", index * step,
                          80 - height, (index + 1) * step);
    }
    os << " L260 80 Z\"/>\n";
    if (input.chosen)
      for (double edge : {-*input.chosen, *input.chosen}) {
        double px = 260 * (edge - input.low) / (input.high - input.low);
        if (px >= 0 && px <= 260)
          os << llvm::formatv("<line class=\"range\" x1=\"{0:f1}\" y1=\"0\" "
                              "x2=\"{0:f1}\" y2=\"80\"/>\n",
                              px);
      }
    os << llvm::formatv("</svg><figcaption>{0}<br>{1:f2} to {2:f2}",
                        escapeHTML(input.name), input.low, input.high);
    if (input.chosen)
      os << llvm::formatv(", codes to ±{0:f2}, {1:f3} % clipped", *input.chosen,
                          100 * input.clipped);
    os << "</figcaption></figure>\n";
  }
  os << "</div>\n";
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

static void writeCell(raw_ostream &os, std::optional<double> value,
                      const std::string &text) {
  os << "<td";
  if (value)
    os << llvm::formatv(" data-value=\"{0:e6}\"", *value);
  os << ">" << text << "</td>";
}

static void writeRow(const LinearRow &row, raw_ostream &os) {
  bool isQuantized = row.bitsPerWeight.has_value();
  auto number = [&](std::optional<double> value, StringRef style,
                    StringRef otherwise = "–") {
    writeCell(os, value, format(value, style, otherwise));
  };
  auto ifQuantized = [&](double value) {
    return isQuantized ? std::optional(value) : std::nullopt;
  };
  os << "<tr><td>" << escapeHTML(row.name) << "</td><td class=\"text\">"
     << escapeHTML(row.format) << "</td>";
  number(row.bitsPerWeight, "f3");
  number(static_cast<double>(row.bytes), "f0");
  number(row.weightSqnr, "f1", isQuantized ? "exact" : "–");
  number(row.inputSqnr, "f1");
  number(row.outputSqnr, "f1");
  number(ifQuantized(100 * row.clipped), "f2");
  number(ifQuantized(100 * row.saturated), "f2");
  number(ifQuantized(row.numUnusedCodes), "f0");
  std::optional<double> microseconds;
  if (row.nanoseconds)
    microseconds = *row.nanoseconds / 1000;
  number(microseconds, "f2");
  number(row.divergence, "e2");
  number(row.measured, "e2");
  os << "<td class=\"text\">" << escapeHTML(row.reason) << "</td></tr>\n";
}

static void writeLinears(const Report &report, raw_ostream &os) {
  os << "<h2>Linears</h2>\n<p>A click on a heading sorts. Clipped: weights "
        "beyond the range of the codes; saturated: weights at its ends; "
        "unused: codes that no weight has. µs: one token in the kernel, its "
        "quantization included.</p>\n<div class=\"scroll\"><table "
        "id=\"linears\"><thead><tr>";
  for (StringRef title : {"linear", "format", "bits", "bytes", "weight dB",
                          "input dB", "output dB", "clipped %", "saturated %",
                          "unused", "µs", "KL", "KL alone", "why"})
    os << "<th"
       << (title == "format" || title == "why" ? " class=\"text\"" : "") << ">"
       << title << "</th>";
  os << "</tr></thead><tbody>\n";
  for (const LinearRow &row : report.linears)
    writeRow(row, os);
  os << "</tbody></table></div>\n";
}

static void writeEnergy(const Report &report, raw_ostream &os) {
  os << "<h2>Energy of a token, estimated</h2>\n<p>Operations and bytes of the "
        "linears, counted, times what they cost at 45 nm and 0.9 V in M. "
        "Horowitz, “Computing’s energy problem”, ISSCC 2014: "
     << format(integerProductEnergy, "f1")
     << " pJ for a product of 8-bit integers, "
     << format(floatProductEnergy, "f1") << " pJ of floats, "
     << format(memoryByteEnergy, "f0")
     << " pJ for a byte from DRAM. Nothing here was measured; caches, "
        "attention and instructions are left out.</p>\n"
        "<table class=\"narrow\"><thead><tr><th></th><th>compute "
        "µJ</th><th>memory "
        "µJ</th><th>sum µJ</th></tr></thead><tbody>\n";
  for (auto [name, energy] : {std::make_pair("quantized", report.energy),
                              std::make_pair("float", report.floatEnergy)})
    os << llvm::formatv("<tr><td>{0}</td><td>{1:f3}</td><td>{2:f3}</td><td>"
                        "{3:f3}</td></tr>\n",
                        name, energy.getComputeMicrojoules(),
                        energy.getMemoryMicrojoules(), energy.getMicrojoules());
  os << "</tbody></table>\n";
}

void ptq::writeHTML(const Report &report, raw_ostream &os) {
  writeHead(report, os);
  writeRatios(report, os);
  writeDivergences(report, os);
  writeFront(report, os);
  writeInputs(report, os);
  writeLinears(report, os);
  writeEnergy(report, os);
  os << "<script>" << script << "</script>\n</body>\n</html>\n";
}
