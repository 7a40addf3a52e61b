//===- Statistics.cpp - Statistics of the C API ---------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Statistics.h"

#include "Handles.h"
#include "Tensors.h"

#include "ptq-c/Calibrate.h"
#include "ptq/Quantize/HashModel.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::ptq;

PtqStatistics::PtqStatistics(Statistics given) : statistics(std::move(given)) {
  for (const TensorStatistics &tensor : statistics)
    observers.push_back(tensor.tensor.observers.str());
}

static bool succeed(llvm::Error result, PtqError **error) {
  if (!result)
    return true;
  setError(error, std::move(result));
  return false;
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

PtqStatistics *ptqStatisticsLoad(const char *path, PtqError **error) {
  llvm::Expected<Statistics> statistics = Statistics::load(fromC(path));
  if (statistics)
    return new PtqStatistics(std::move(*statistics));
  setError(error, statistics.takeError());
  return nullptr;
}

bool ptqStatisticsSave(const PtqStatistics *statistics, const char *path,
                       PtqError **error) {
  return succeed(statistics->statistics.save(fromC(path)), error);
}

bool ptqStatisticsMerge(PtqStatistics *statistics, const PtqStatistics *other,
                        PtqError **error) {
  Statistics merged = statistics->statistics;
  if (!succeed(merged.merge(other->statistics), error))
    return false;
  statistics->statistics = std::move(merged);
  return true;
}

StatisticsFile::~StatisticsFile() {
  if (!folder.empty())
    llvm::sys::fs::remove_directories(folder);
}

llvm::Error StatisticsFile::write(const PtqStatistics *statistics) {
  if (!statistics)
    return llvm::Error::success();
  // A folder of its own: nobody else can put a file in the place of this one.
  if (std::error_code code =
          llvm::sys::fs::createUniqueDirectory("ptq", folder))
    return llvm::createStringError(code, "cannot make a temporary folder: " +
                                             code.message());
  path = folder;
  llvm::sys::path::append(path, "statistics");
  return statistics->statistics.save(path);
}

void ptqStatisticsDestroy(PtqStatistics *statistics) { delete statistics; }

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

PtqStringRef ptqStatisticsGetModel(const PtqStatistics *statistics) {
  return toC(statistics->statistics.getModel());
}

bool ptqStatisticsCheckModule(const PtqStatistics *statistics,
                              const PtqModule *module, const char *root,
                              PtqError **error) {
  Work work(*module->context);
  llvm::Expected<std::string> hash =
      hashModel(module->module.get(), fromC(root));
  if (!hash) {
    work.fail(error, hash.takeError());
    return false;
  }
  return succeed(statistics->statistics.checkModel(*hash, "the statistics"),
                 error);
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

static const TensorStatistics &get(const PtqStatistics &statistics,
                                   size_t index) {
  return *std::next(statistics.statistics.begin(), index);
}

size_t ptqStatisticsGetSize(const PtqStatistics *statistics) {
  return statistics->statistics.size();
}

PtqObservedTensor ptqStatisticsGet(const PtqStatistics *statistics,
                                   size_t index) {
  const TensorStatistics &tensor = get(*statistics, index);
  const ObservedCounts &counts = tensor.counts;
  return {toC(tensor.tensor.name),
          toC(statistics->observers[index]),
          tensor.tensor.linears.size(),
          tensor.tensor.numChannels,
          counts.samples,
          counts.tokens,
          counts.values,
          counts.skippedRows,
          counts.nonFiniteRows,
          counts.maskedRows};
}

PtqStringRef ptqStatisticsGetLinear(const PtqStatistics *statistics,
                                    size_t index, size_t linear) {
  return toC(get(*statistics, index).tensor.linears[linear]);
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

template <typename T>
static llvm::Expected<Buffer> toBuffer(llvm::Expected<std::vector<T>> values) {
  if (!values)
    return values.takeError();
  return Buffer::copyOf<T>(ArrayRef<T>(*values));
}

static llvm::Expected<Buffer> toBuffer(llvm::Expected<Extremes> extremes) {
  if (!extremes)
    return extremes.takeError();
  return Buffer::copyOf<float>({extremes->min, extremes->max});
}

static llvm::Expected<Buffer> getGram(const TensorStatistics &tensor) {
  llvm::Expected<Buffer> gram = toBuffer(tensor.getGram());
  if (!gram)
    return gram;
  int64_t numChannels = tensor.tensor.numChannels;
  return gram->reshape({numChannels, numChannels});
}

static llvm::Expected<Buffer> getHistogram(const TensorStatistics &tensor,
                                           bool edges) {
  llvm::Expected<const Histogram *> histogram = tensor.getHistogram();
  if (!histogram)
    return histogram.takeError();
  if (!edges) {
    std::vector<int64_t> counts((*histogram)->counts.begin(),
                                (*histogram)->counts.end());
    return Buffer::copyOf<int64_t>(counts);
  }
  std::vector<double> values;
  for (int64_t bin = 0; bin <= Histogram::numBins; ++bin)
    values.push_back((*histogram)->getEdge(bin));
  return Buffer::copyOf<double>(values);
}

static llvm::Expected<Buffer> getTokenOctaves(const TensorStatistics &tensor) {
  std::vector<int64_t> octaves(tensor.tokenOctaves.begin(),
                               tensor.tokenOctaves.end());
  return Buffer::copyOf<int64_t>(octaves);
}

static llvm::Expected<Buffer> getAbsMax(const TensorStatistics &tensor) {
  llvm::Expected<float> value = tensor.getAbsMax();
  if (!value)
    return value.takeError();
  return Buffer::scalar(*value);
}

/// `edges`: of the histogram, instead of its counts.
static llvm::Expected<Buffer> getValues(const TensorStatistics &tensor,
                                        ObserverKind kind, bool edges) {
  switch (kind) {
  case ObserverKind::MinMax:
    return toBuffer(tensor.getExtremes());
  case ObserverKind::MovingAverage:
    return toBuffer(tensor.getMovingAverage());
  case ObserverKind::AbsMax:
    return getAbsMax(tensor);
  case ObserverKind::ChannelAbsMax:
    return toBuffer(tensor.getChannelAbsMax());
  case ObserverKind::TokenAbsMax:
    return getTokenOctaves(tensor);
  case ObserverKind::Mean:
    return toBuffer(tensor.getMean());
  case ObserverKind::MeanAbs:
    return toBuffer(tensor.getMeanAbs());
  case ObserverKind::MeanSquare:
    return toBuffer(tensor.getMeanSquare());
  case ObserverKind::Histogram:
    return getHistogram(tensor, edges);
  case ObserverKind::Gram:
    return getGram(tensor);
  case ObserverKind::OutputError:
    break;
  }
  return llvm::createStringError("expects an observer of one tensor");
}

bool ptqStatisticsGetValues(const PtqStatistics *statistics, size_t index,
                            const char *observer, PtqTensor *values,
                            PtqError **error) {
  StringRef name = fromC(observer);
  bool edges = name == "histogram_edges";
  std::optional<ObserverKind> kind =
      edges ? ObserverKind::Histogram : symbolizeObserverKind(name);
  const TensorStatistics &tensor = get(*statistics, index);
  if (!kind || !tensor.tensor.observers.contains(*kind)) {
    setError(error, "expects one of the observers " +
                        statistics->observers[index] + " of '" +
                        tensor.tensor.name + "', but got '" + name.str() + "'");
    return false;
  }
  llvm::Expected<Buffer> found = getValues(tensor, *kind, edges);
  if (!found) {
    setError(error, found.takeError());
    return false;
  }
  *values = toTensor(std::move(*found));
  return true;
}
