//===- KernelTimes.h - How long products take -------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_REPORT_KERNELTIMES_H
#define PTQ_LIB_REPORT_KERNELTIMES_H

#include "ptq/Report/Sensitivity.h"

namespace mlir::ptq {

/// Measures one token of each product in each of its formats, its quantization
/// included, with the weights wherever the caches keep them from one call to
/// the next; the least of five rounds. Equal shapes are measured once. Static
/// formats and lookups have no time.
llvm::Error measureKernelTimes(Sensitivities &sensitivities,
                               const CandidateOptions &options,
                               bool onlyChosen);

} // namespace mlir::ptq

#endif // PTQ_LIB_REPORT_KERNELTIMES_H
