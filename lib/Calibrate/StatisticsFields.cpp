//===- StatisticsFields.cpp - The numbers of statistics as tensors --------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StatisticsFields.h"

using namespace mlir;
using namespace mlir::ptq;

template <typename T>
static MutableArrayRef<char> getBytes(T *data, size_t size) {
  return {reinterpret_cast<char *>(data), size * sizeof(T)};
}

std::vector<Field> ptq::getFields(TensorStatistics &s) {
  static_assert(sizeof(Extremes) == 8 && sizeof(ExactSum) == 16);
  std::vector<Field> fields;
  int64_t channels = s.tensor.numChannels;
  auto addSums = [&](StringRef name, std::vector<ExactSum> &sums) {
    fields.push_back({name,
                      "I64",
                      {int64_t(sums.size()), 2},
                      getBytes(sums.data(), sums.size())});
  };
  for (ObserverKind kind : s.tensor.observers.getKinds()) {
    switch (kind) {
    case ObserverKind::MinMax:
      fields.push_back({"minmax", "F32", {2}, getBytes(&s.extremes, 1)});
      break;
    case ObserverKind::MovingAverage: {
      int64_t size = s.sampleKeys.size();
      fields.push_back({"moving_average.samples",
                        "I64",
                        {size},
                        getBytes(s.sampleKeys.data(), size)});
      fields.push_back({"moving_average.minmax",
                        "F32",
                        {size, 2},
                        getBytes(s.sampleExtremes.data(), size)});
      break;
    }
    case ObserverKind::AbsMax:
      fields.push_back({"absmax", "F32", {1}, getBytes(&s.absMax, 1)});
      break;
    case ObserverKind::ChannelAbsMax:
      fields.push_back({"channel_absmax",
                        "F32",
                        {channels},
                        getBytes(s.channelAbsMax.data(), channels)});
      break;
    case ObserverKind::TokenAbsMax:
      fields.push_back({"token_absmax",
                        "I64",
                        {numTokenOctaves},
                        getBytes(s.tokenOctaves.data(), numTokenOctaves)});
      break;
    case ObserverKind::Mean:
      addSums("sum", s.sums);
      break;
    case ObserverKind::MeanAbs:
      addSums("sum_abs", s.absSums);
      break;
    case ObserverKind::MeanSquare:
      addSums("sum_square", s.squareSums);
      break;
    case ObserverKind::Histogram:
      fields.push_back({"histogram.exponent",
                        "I64",
                        {1},
                        getBytes(&s.histogram.exponent, 1)});
      fields.push_back(
          {"histogram.counts",
           "I64",
           {Histogram::numBins},
           getBytes(s.histogram.counts.data(), s.histogram.counts.size())});
      break;
    case ObserverKind::Gram:
      addSums("gram", s.gram);
      break;
    case ObserverKind::OutputError:
      addSums("output_error", s.errors);
      break;
    }
  }
  return fields;
}

std::string ptq::getTensorName(const TensorStatistics &statistics,
                               const Field &field) {
  return statistics.tensor.name + "/" + field.name.str();
}
