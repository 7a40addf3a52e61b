//===- Statistics.h - Statistics of the C API -------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CAPI_STATISTICS_H
#define PTQ_LIB_CAPI_STATISTICS_H

#include "ptq/Calibrate/Statistics.h"

struct PtqStatistics {
  explicit PtqStatistics(mlir::ptq::Statistics statistics);

  mlir::ptq::Statistics statistics;
  /// The observers of each tensor, spelled.
  std::vector<std::string> observers;
};

#endif // PTQ_LIB_CAPI_STATISTICS_H
