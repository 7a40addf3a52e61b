//===- StatisticsReader.cpp - Statistics from a file ----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StatisticsFields.h"

#include "ptq/IR/JSON.h"
#include "ptq/IR/Safetensors.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::ptq;

/// Wider rows, or more samples, would not fit the memory of any machine.
static constexpr int64_t maxChannels = 1 << 24, maxSamples = int64_t(1) << 40;

namespace {

class StatisticsReader {
public:
  StatisticsReader(const SafetensorsFile &file) : file(file) {}

  llvm::Expected<Statistics> read();

private:
  llvm::Error fail(const Twine &message) const {
    return llvm::createStringError(file.getPath() + ": " + message);
  }
  llvm::Expected<TensorStatistics> readTensor(const llvm::json::Object &object);
  llvm::Expected<ObservedTensor>
  readObserved(const llvm::json::Object &object) const;
  llvm::Error readCounts(const llvm::json::Object &object,
                         TensorStatistics &statistics) const;
  llvm::Error readField(const TensorStatistics &statistics, Field &field);
  llvm::Error check(const TensorStatistics &statistics) const;

  const SafetensorsFile &file;
  size_t numRead = 0;
};

} // namespace

static bool readNames(const llvm::json::Object &object, StringRef key,
                      std::vector<std::string> &names) {
  const llvm::json::Array *array = object.getArray(key);
  if (!array)
    return false;
  for (const llvm::json::Value &value : *array) {
    std::optional<StringRef> name = value.getAsString();
    if (!name)
      return false;
    names.push_back(name->str());
  }
  return true;
}

llvm::Expected<ObservedTensor>
StatisticsReader::readObserved(const llvm::json::Object &object) const {
  std::optional<StringRef> name = object.getString("name");
  if (!name || name->empty())
    return fail("expects tensors to have a name");
  ObservedTensor tensor;
  tensor.name = name->str();
  std::vector<std::string> observers;
  std::optional<int64_t> channels = object.getInteger("channels");
  std::optional<int64_t> skipped = object.getInteger("skipped_positions");
  std::optional<double> momentum = object.getNumber("momentum");
  if (!readNames(object, "linears", tensor.linears) ||
      !readNames(object, "observers", observers) || !channels ||
      *channels < 0 || *channels > maxChannels || !skipped || *skipped < 0 ||
      !momentum || !(*momentum > 0 && *momentum <= 1))
    return fail("'" + *name +
                "': expects linears, observers, channels, skipped_positions "
                "and momentum");
  for (StringRef observer : observers) {
    std::optional<ObserverKind> kind = symbolizeObserverKind(observer);
    if (!kind)
      return fail("'" + *name + "': unknown observer '" + observer + "'");
    tensor.observers.insert(*kind);
  }
  tensor.numChannels = *channels;
  tensor.numSkipped = *skipped;
  tensor.momentum = static_cast<float>(*momentum);
  return tensor;
}

llvm::Error StatisticsReader::readCounts(const llvm::json::Object &object,
                                         TensorStatistics &statistics) const {
  ObservedCounts &counts = statistics.counts;
  std::pair<StringRef, uint64_t &> members[] = {
      {"samples", counts.samples},
      {"tokens", counts.tokens},
      {"values", counts.values},
      {"skipped_rows", counts.skippedRows},
      {"nonfinite_rows", counts.nonFiniteRows},
      {"masked_rows", counts.maskedRows}};
  for (auto &[name, count] : members) {
    std::optional<int64_t> value = object.getInteger(name);
    if (!value || *value < 0)
      return fail("'" + statistics.tensor.name + "': expects a count '" + name +
                  "'");
    count = *value;
  }
  return llvm::Error::success();
}

llvm::Error StatisticsReader::readField(const TensorStatistics &statistics,
                                        Field &field) {
  std::string name = getTensorName(statistics, field);
  const SafetensorsTensor *tensor = file.find(name);
  if (!tensor)
    return fail("expects a tensor '" + name + "', but there is none");
  if (tensor->dtype != field.dtype ||
      ArrayRef<int64_t>(tensor->shape) != ArrayRef<int64_t>(field.shape))
    return fail("tensor '" + name +
                "' has another type or shape than its observer");
  ArrayRef<char> bytes = file.bytes(*tensor);
  std::memcpy(field.bytes.data(), bytes.data(), bytes.size());
  ++numRead;
  return llvm::Error::success();
}

/// What no run of observers leaves: the file was damaged, or made by hand.
llvm::Error StatisticsReader::check(const TensorStatistics &s) const {
  auto refuse = [&](const Twine &what) {
    return fail("'" + s.tensor.name + "': " + what);
  };
  auto isBroken = [&](const Extremes &extremes) {
    bool isEmpty = extremes == Extremes();
    return !isEmpty &&
           !(extremes.min <= extremes.max && std::isfinite(extremes.min) &&
             std::isfinite(extremes.max));
  };
  auto isMagnitude = [](float value) {
    return value >= 0 && std::isfinite(value);
  };
  auto has = [&](ObserverKind kind) {
    return s.tensor.observers.contains(kind);
  };
  if (isBroken(s.extremes) || llvm::any_of(s.sampleExtremes, isBroken))
    return refuse("expects finite extremes, but got NaN or infinity, or a "
                  "minimum above the maximum");
  if (!isMagnitude(s.absMax) || !llvm::all_of(s.channelAbsMax, isMagnitude))
    return refuse("expects finite magnitudes, but got NaN, infinity or less "
                  "than 0");
  if (has(ObserverKind::MovingAverage) &&
      s.sampleKeys.size() != s.counts.samples)
    return refuse("expects as many averaged samples as samples");
  uint64_t numTokens = 0;
  for (uint64_t count : s.tokenOctaves)
    numTokens += count;
  if (has(ObserverKind::TokenAbsMax) && numTokens != s.counts.tokens)
    return refuse("expects as many tokens in the histogram of tokens as "
                  "tokens");
  if (has(ObserverKind::Histogram) &&
      (s.histogram.exponent < Histogram::minExponent ||
       s.histogram.exponent > 128 || s.histogram.getTotal() != s.counts.values))
    return refuse("expects as many values in the histogram as values");
  return llvm::Error::success();
}

llvm::Expected<TensorStatistics>
StatisticsReader::readTensor(const llvm::json::Object &object) {
  llvm::Expected<ObservedTensor> observed = readObserved(object);
  if (!observed)
    return observed.takeError();
  if (observed->observers.contains(ObserverKind::Gram)) {
    // Allocate what the file holds, whatever its header says.
    const SafetensorsTensor *gram = file.find(observed->name + "/gram");
    int64_t size = observed->numChannels;
    if (!gram || gram->numBytes != uint64_t(size * (size + 1) / 2 * 16))
      return fail("expects a tensor '" + observed->name +
                  "/gram' of the upper triangle");
  }
  TensorStatistics statistics(std::move(*observed));
  if (llvm::Error error = readCounts(object, statistics))
    return std::move(error);
  if (statistics.tensor.observers.contains(ObserverKind::MovingAverage)) {
    const SafetensorsTensor *samples =
        file.find(statistics.tensor.name + "/moving_average.samples");
    int64_t size =
        samples && samples->shape.size() == 1 ? samples->shape[0] : 0;
    if (size > maxSamples)
      return fail("'" + statistics.tensor.name + "': too many samples");
    statistics.sampleKeys.resize(size);
    statistics.sampleExtremes.resize(size);
  }
  for (Field &field : getFields(statistics))
    if (llvm::Error error = readField(statistics, field))
      return std::move(error);
  if (llvm::Error error = check(statistics))
    return std::move(error);
  return statistics;
}

llvm::Expected<Statistics> StatisticsReader::read() {
  auto it = file.getMetadata().find(statisticsMetadataKey.str());
  if (it == file.getMetadata().end())
    return fail("expects a file of statistics, but it has no metadata '" +
                statisticsMetadataKey + "'");
  auto header = parseJSON(it->second, file.getPath());
  if (!header)
    return header.takeError();
  const llvm::json::Object *object = header->getAsObject();
  std::optional<int64_t> version;
  if (object)
    version = object->getInteger("version");
  if (!version)
    return fail("expects the version of the statistics");
  if (*version != statisticsVersion)
    return fail("expects statistics of version " + Twine(statisticsVersion) +
                ", but got " + Twine(*version));
  std::optional<StringRef> model = object->getString("model");
  const llvm::json::Array *array = object->getArray("tensors");
  if (!model || !array)
    return fail("expects a model and tensors");
  Statistics statistics(*model);
  for (const llvm::json::Value &value : *array) {
    if (!value.getAsObject())
      return fail("expects tensors to be objects");
    llvm::Expected<TensorStatistics> tensor = readTensor(*value.getAsObject());
    if (!tensor)
      return tensor.takeError();
    if (llvm::Error error = statistics.add(std::move(*tensor)))
      return fail(llvm::toString(std::move(error)));
  }
  if (numRead != file.getTensors().size())
    return fail("holds tensors that no observer explains");
  return statistics;
}

llvm::Expected<Statistics> Statistics::load(StringRef path) {
  auto file = SafetensorsFile::open(path);
  if (!file)
    return file.takeError();
  return StatisticsReader(**file).read();
}
