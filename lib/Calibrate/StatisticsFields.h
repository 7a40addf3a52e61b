//===- StatisticsFields.h - The numbers of statistics as tensors ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The metadata `ptq.statistics` holds, as JSON, the version of the format, the
// hash of the model and the tensors with what was observed how often. The
// numbers of `layers.0.q_proj.in` are tensors named `layers.0.q_proj.in/FIELD`.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CALIBRATE_STATISTICSFIELDS_H
#define PTQ_LIB_CALIBRATE_STATISTICSFIELDS_H

#include "ptq/Calibrate/Statistics.h"

namespace mlir::ptq {

constexpr StringLiteral statisticsMetadataKey = "ptq.statistics";
constexpr int64_t statisticsVersion = 1;

/// A tensor of the file, and where its bytes are in memory.
struct Field {
  StringRef name;
  StringRef dtype;
  SmallVector<int64_t, 4> shape;
  MutableArrayRef<char> bytes;
};

/// The numbers that the observers of `statistics` keep, whose vectors have
/// their sizes.
std::vector<Field> getFields(TensorStatistics &statistics);

/// What the file calls a field.
std::string getTensorName(const TensorStatistics &statistics,
                          const Field &field);

} // namespace mlir::ptq

#endif // PTQ_LIB_CALIBRATE_STATISTICSFIELDS_H
