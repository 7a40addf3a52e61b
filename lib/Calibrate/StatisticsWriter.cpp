//===- StatisticsWriter.cpp - Statistics to a file ------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StatisticsFields.h"

#include "ptq/IR/Safetensors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;

static void writeTensor(llvm::json::OStream &json,
                        const TensorStatistics &statistics) {
  const ObservedTensor &tensor = statistics.tensor;
  const ObservedCounts &counts = statistics.counts;
  auto writeNames = [&](StringRef key, auto &&names) {
    json.attributeArray(key, [&] {
      for (StringRef name : names)
        json.value(name);
    });
  };
  json.object([&] {
    json.attribute("name", tensor.name);
    writeNames("linears", tensor.linears);
    writeNames("observers", llvm::map_range(tensor.observers.getKinds(),
                                            stringifyObserverKind));
    json.attribute("channels", tensor.numChannels);
    json.attribute("skipped_positions", tensor.numSkipped);
    json.attribute("momentum", tensor.momentum);
    json.attribute("samples", counts.samples);
    json.attribute("tokens", counts.tokens);
    json.attribute("values", counts.values);
    json.attribute("skipped_rows", counts.skippedRows);
    json.attribute("nonfinite_rows", counts.nonFiniteRows);
    json.attribute("masked_rows", counts.maskedRows);
  });
}

/// Puts samples into the order of their keys: where they came from is
/// forgotten.
static void sortSamples(TensorStatistics &statistics) {
  std::vector<std::tuple<uint64_t, float, float>> samples;
  for (auto [key, extremes] :
       llvm::zip_equal(statistics.sampleKeys, statistics.sampleExtremes))
    samples.emplace_back(key, extremes.min, extremes.max);
  llvm::sort(samples);
  for (auto [index, sample] : llvm::enumerate(samples)) {
    statistics.sampleKeys[index] = std::get<0>(sample);
    statistics.sampleExtremes[index] = {std::get<1>(sample),
                                        std::get<2>(sample)};
  }
}

llvm::Error Statistics::save(StringRef path) const {
  std::string header;
  llvm::raw_string_ostream os(header);
  llvm::json::OStream json(os);
  json.object([&] {
    json.attribute("version", statisticsVersion);
    json.attribute("model", model);
    json.attributeArray("tensors", [&] {
      for (const TensorStatistics &statistics : tensors)
        writeTensor(json, statistics);
    });
  });

  std::vector<TensorStatistics> sorted = tensors;
  std::vector<SafetensorsTensor> declared;
  for (TensorStatistics &statistics : sorted) {
    sortSamples(statistics);
    for (Field &field : getFields(statistics))
      declared.push_back(
          {getTensorName(statistics, field), field.dtype.str(), field.shape});
  }
  auto writer = SafetensorsWriter::create(
      path, declared, {{statisticsMetadataKey.str(), header}});
  if (!writer)
    return writer.takeError();
  for (TensorStatistics &statistics : sorted)
    for (Field &field : getFields(statistics))
      if (llvm::Error error =
              (*writer)->write(getTensorName(statistics, field), field.bytes))
        return error;
  return (*writer)->finish();
}
