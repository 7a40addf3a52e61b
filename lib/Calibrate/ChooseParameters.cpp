//===- ChooseParameters.cpp - From statistics to a scale ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Calibrate/ChooseParameters.h"

#include "ChooseRange.h"

#include "ptq/IR/Reference.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Methods
//===----------------------------------------------------------------------===//

llvm::Expected<RangeChoice> RangeChoice::parse(StringRef text) {
  auto [name, number] = text.split(':');
  RangeChoice choice;
  std::optional<RangeMethod> method = symbolizeRangeMethod(name);
  if (!method)
    return llvm::createStringError(
        "expects a range to be minmax, moving_average, percentile[:P], entropy "
        "or mse, but got '" +
        text + "'");
  choice.method = *method;
  if (text.contains(':') &&
      (*method != RangeMethod::Percentile ||
       number.getAsDouble(choice.percentile) ||
       !(choice.percentile > 0 && choice.percentile <= 100)))
    return llvm::createStringError(
        "expects percentile:P with P in (0, 100], but got '" + text + "'");
  return choice;
}

std::string RangeChoice::str() const {
  std::string text = stringifyRangeMethod(method).str();
  if (method == RangeMethod::Percentile)
    text += llvm::formatv(":{0}", percentile).str();
  return text;
}

ObserverSet ptq::getObservers(RangeMethod method) {
  switch (method) {
  case RangeMethod::MinMax:
    return {ObserverKind::MinMax};
  case RangeMethod::MovingAverage:
    return {ObserverKind::MovingAverage};
  case RangeMethod::Percentile:
  case RangeMethod::Entropy:
  case RangeMethod::SquaredError:
    return {ObserverKind::MinMax, ObserverKind::Histogram};
  }
  llvm_unreachable("all methods are handled");
}

//===----------------------------------------------------------------------===//
// Scales
//===----------------------------------------------------------------------===//

std::string ptq::refuseStaticFormat(QuantType format) {
  if (llvm::any_of(format.getBlock(), [](int64_t block) { return block != 0; }))
    return "expects a format with one block, the whole tensor";
  if (format.hasMultiplier())
    return "expects a format without multipliers";
  if (!format.hasZeroPointOperand() &&
      format.getStorageMax() <= format.getConstantZeroPoint())
    return "expects a format with codes above its zero point";
  return "";
}

/// Of a range; not finite if it overflows.
static ChosenParameters getParameters(RealRange range, QuantType format) {
  ChosenParameters chosen;
  chosen.low = static_cast<float>(range.low);
  chosen.high = static_cast<float>(range.high);
  if (!format.hasZeroPointOperand()) {
    chosen.zeroPoint = format.getConstantZeroPoint();
    float largest = format.getStorageMax() - format.getConstantZeroPoint();
    chosen.scale =
        reference::roundScale(chosen.high / largest, format.getScaleType());
    return chosen;
  }
  float bounds[] = {chosen.low, chosen.high};
  chosen.scale = reference::roundScale(
      reference::getAsymmetricScale(bounds, format), format.getScaleType());
  chosen.zeroPoint =
      reference::getAsymmetricZeroPoint(bounds, chosen.scale, format);
  return chosen;
}

/// The squared error of all values, each at the centre of its bin.
static double getSquaredError(const Histogram &histogram,
                              const ChosenParameters &parameters,
                              QuantType format) {
  double scale = parameters.scale, error = 0, width = histogram.getWidth();
  double min = format.getStorageMin(), max = format.getStorageMax();
  if (!format.hasZeroPointOperand()) // the range is symmetric
    min = std::max(min, 2.0 * format.getConstantZeroPoint() - max);
  for (int64_t i = 0; i < Histogram::numBins; ++i) {
    if (histogram.counts[i] == 0)
      continue;
    double centre = histogram.getEdge(i) + width / 2;
    double code = std::clamp(
        std::nearbyint(centre / scale) + parameters.zeroPoint, min, max);
    double difference = centre - (code - parameters.zeroPoint) * scale;
    error += histogram.counts[i] * (difference * difference);
  }
  return error;
}

static RealRange chooseSquaredError(const Histogram &histogram, RealRange whole,
                                    QuantType format) {
  RealRange best = whole;
  double leastError = std::numeric_limits<double>::infinity();
  for (int step = 100; step > 0; --step) {
    RealRange range = {whole.low * step / 100, whole.high * step / 100};
    double error =
        getSquaredError(histogram, getParameters(range, format), format);
    if (error < leastError) {
      leastError = error;
      best = range;
    }
  }
  return best;
}

static RealRange getWholeRange(const Extremes &extremes, bool isSymmetric) {
  double low = std::min(0.0, double(extremes.min));
  double high = std::max(0.0, double(extremes.max));
  if (!isSymmetric)
    return {low, high};
  return {-std::max(-low, high), std::max(-low, high)};
}

static llvm::Expected<RealRange> chooseRange(const TensorStatistics &statistics,
                                             QuantType format,
                                             const RangeChoice &choice) {
  bool isSymmetric = !format.hasZeroPointOperand();
  llvm::Expected<Extremes> extremes =
      choice.method == RangeMethod::MovingAverage
          ? statistics.getMovingAverage()
          : statistics.getExtremes();
  if (!extremes)
    return extremes.takeError();
  RealRange whole = getWholeRange(*extremes, isSymmetric);
  if (choice.method == RangeMethod::MinMax ||
      choice.method == RangeMethod::MovingAverage)
    return whole;
  llvm::Expected<const Histogram *> histogram = statistics.getHistogram();
  if (!histogram)
    return histogram.takeError();
  if (choice.method == RangeMethod::Percentile)
    return choosePercentile(**histogram, *extremes, choice.percentile,
                            isSymmetric);
  if (choice.method == RangeMethod::SquaredError)
    return chooseSquaredError(**histogram, whole, format);
  int64_t numLevels =
      isSymmetric ? format.getStorageMax() - format.getConstantZeroPoint() + 1
                  : format.getStorageMax() - format.getStorageMin() + 1;
  return chooseEntropy(**histogram, *extremes, numLevels, isSymmetric);
}

llvm::Expected<ChosenParameters>
ptq::chooseParameters(const TensorStatistics &statistics, QuantType format,
                      const RangeChoice &choice) {
  std::string refusal = refuseStaticFormat(format);
  if (!refusal.empty())
    return llvm::createStringError("'" + statistics.tensor.name +
                                   "': " + refusal);
  llvm::Expected<RealRange> range = chooseRange(statistics, format, choice);
  if (!range)
    return range.takeError();
  ChosenParameters chosen = getParameters(*range, format);
  if (!std::isfinite(chosen.scale))
    return llvm::createStringError("'" + statistics.tensor.name +
                                   "': the scale overflows its type");
  return chosen;
}
