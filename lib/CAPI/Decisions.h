//===- Decisions.h - Decisions that own their text ------------ -*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CAPI_DECISIONS_H
#define PTQ_LIB_CAPI_DECISIONS_H

#include "ptq-c/Quantize.h"

#include <string>
#include <vector>

namespace mlir::ptq {

/// The fields of `PtqDecision`.
struct Decision {
  std::string name, format, reason;
  double bitsPerWeight, sqnr;
  int64_t numWeights;
};

} // namespace mlir::ptq

struct PtqDecisions {
  std::vector<mlir::ptq::Decision> list;
};

#endif // PTQ_LIB_CAPI_DECISIONS_H
