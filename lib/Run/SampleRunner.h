//===- SampleRunner.h - Prefill of many sequences ---------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_RUN_SAMPLERUNNER_H
#define PTQ_LIB_RUN_SAMPLERUNNER_H

#include "ptq/Run/Buffer.h"
#include "ptq/Run/EntryPoint.h"
#include "ptq/Run/LanguageModelCalibrate.h"

namespace mlir::ptq {

int64_t getLongestSample(const TokenSamples &samples);

/// Calls `run` for each sample, with its number and the first arguments of
/// `prefill`: its tokens, position 0 and caches. On threads of their own, so
/// that `run` may be called several times at once; `reportDone` is called in
/// the caller's thread, with the number of samples that are done.
llvm::Error
runSamples(const EntryPoint &prefill, const TokenSamples &samples,
           unsigned numWorkers,
           llvm::function_ref<llvm::Error(size_t, ArrayRef<Buffer>)> run,
           llvm::function_ref<void(size_t)> reportDone);

} // namespace mlir::ptq

#endif // PTQ_LIB_RUN_SAMPLERUNNER_H
