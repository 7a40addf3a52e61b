//===- ImportStatistics.cpp - Attach collected statistics to their symbols ===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Calibrate/Passes.h"
#include "ptq/Calibrate/StateLayout.h"
#include "ptq/Quantize/HashModel.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_IMPORTSTATISTICS
#define GEN_PASS_DEF_VERIFYCALIBRATED
#include "ptq/Calibrate/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

/// Fails unless `statistics` were observed as `op` says, or more.
static LogicalResult checkObserved(StatisticsOp op,
                                   const TensorStatistics &statistics) {
  ObservedTensor expected = getObservedTensor(op);
  const ObservedTensor &actual = statistics.tensor;
  if (expected.numChannels != actual.numChannels)
    return op.emitError("expects statistics of ")
           << expected.numChannels << " channels, but got "
           << actual.numChannels;
  if (expected.numSkipped != actual.numSkipped)
    return op.emitError("expects statistics that skip ")
           << expected.numSkipped << " positions, but got "
           << actual.numSkipped;
  for (ObserverKind kind : expected.observers.getKinds())
    if (!actual.observers.contains(kind))
      return op.emitError("expects statistics of ")
             << stringifyObserverKind(kind) << ", but got "
             << actual.observers.str();
  return success();
}

namespace {

struct ImportStatistics : ptq::impl::ImportStatisticsBase<ImportStatistics> {
  using ImportStatisticsBase::ImportStatisticsBase;

  void runOnOperation() override {
    if (failed(import(getOperation())))
      signalPassFailure();
  }

  LogicalResult import(ModuleOp module) {
    auto fail = [&](llvm::Error error) {
      return emitError(module.getLoc(), llvm::toString(std::move(error)));
    };
    if (file.empty())
      return emitError(module.getLoc(), "expects file=, a file of statistics");
    llvm::Expected<Statistics> statistics = Statistics::load(file);
    if (!statistics)
      return fail(statistics.takeError());
    if (!anyModel) {
      llvm::Expected<std::string> hash = hashModel(module, root);
      if (!hash)
        return fail(hash.takeError());
      if (llvm::Error error = statistics->checkModel(*hash, file))
        return fail(std::move(error));
    }
    for (auto op : module.getOps<StatisticsOp>()) {
      const TensorStatistics *found = statistics->find(op.getSymName());
      if (!found)
        return op.emitError("expects statistics of '")
               << op.getSymName() << "' in " << file << ", but there are none";
      if (failed(checkObserved(op, *found)))
        return failure();
      op.setSamples(found->counts.samples);
      op.setTokens(found->counts.tokens);
      op.setFile(file);
    }
    return success();
  }
};

struct VerifyCalibrated : ptq::impl::VerifyCalibratedBase<VerifyCalibrated> {
  void runOnOperation() override {
    for (auto op : getOperation().getOps<StatisticsOp>()) {
      if (!op.isCalibrated()) { // K1
        op.emitError("expects statistics that have been collected: import "
                     "them with ptq-import-statistics");
        signalPassFailure();
      } else if (*op.getTokens() <= 0) { // K2
        op.emitError("expects tokens, but none was seen");
        signalPassFailure();
      }
    }
  }
};

} // namespace
