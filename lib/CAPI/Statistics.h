//===- Statistics.h - Statistics of the C API -------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CAPI_STATISTICS_H
#define PTQ_LIB_CAPI_STATISTICS_H

#include "ptq/Calibrate/Statistics.h"

#include "llvm/ADT/SmallString.h"

struct PtqStatistics {
  explicit PtqStatistics(mlir::ptq::Statistics statistics);

  mlir::ptq::Statistics statistics;
  /// The observers of each tensor, spelled.
  std::vector<std::string> observers;
};

namespace mlir::ptq {

/// A file of statistics, as options of passes name one, in a folder that goes
/// with this object.
class StatisticsFile {
public:
  StatisticsFile() = default;
  StatisticsFile(const StatisticsFile &) = delete;
  ~StatisticsFile();

  /// Writes `statistics`; nothing if they are null.
  llvm::Error write(const PtqStatistics *statistics);

  /// Empty if nothing was written.
  StringRef getPath() const { return path; }

private:
  SmallString<128> folder, path;
};

} // namespace mlir::ptq

#endif // PTQ_LIB_CAPI_STATISTICS_H
