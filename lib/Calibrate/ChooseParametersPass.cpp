//===- ChooseParametersPass.cpp - Chosen parameters become constants ------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Calibrate/ChooseParameters.h"
#include "ptq/Calibrate/Passes.h"

#include "mlir/IR/Remarks.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_CHOOSEPARAMETERS
#include "ptq/Calibrate/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

namespace {

struct ChooseParameters : ptq::impl::ChooseParametersBase<ChooseParameters> {
  void runOnOperation() override {
    SmallVector<ChooseParamsOp> ops;
    getOperation().walk([&](ChooseParamsOp op) { ops.push_back(op); });
    for (ChooseParamsOp op : ops)
      if (failed(replace(op)))
        return signalPassFailure();
  }

  FailureOr<const TensorStatistics *> find(ChooseParamsOp op);
  LogicalResult replace(ChooseParamsOp op);

  /// By file.
  llvm::StringMap<Statistics> loaded;
};

} // namespace

FailureOr<const TensorStatistics *> ChooseParameters::find(ChooseParamsOp op) {
  auto symbol = SymbolTable::lookupNearestSymbolFrom<StatisticsOp>(
      op, op.getStatisticsAttr());
  if (!symbol.isCalibrated()) {
    op.emitError("expects statistics that have been collected, but got ")
            .append(op.getStatisticsAttr())
            .attachNote(symbol.getLoc())
        << "statistics are here";
    return failure();
  }
  auto it = loaded.find(*symbol.getFile());
  if (it == loaded.end()) {
    llvm::Expected<Statistics> statistics = Statistics::load(*symbol.getFile());
    if (!statistics)
      return op.emitError(llvm::toString(statistics.takeError()));
    it = loaded.try_emplace(*symbol.getFile(), std::move(*statistics)).first;
  }
  auto statistics = it->second.get(op.getStatistics());
  if (!statistics)
    return op.emitError(llvm::toString(statistics.takeError()));
  return *statistics;
}

LogicalResult ChooseParameters::replace(ChooseParamsOp op) {
  FailureOr<const TensorStatistics *> statistics = find(op);
  if (failed(statistics))
    return failure();
  RangeChoice choice;
  choice.method = op.getMethod();
  if (std::optional<APFloat> percentile = op.getPercentile())
    choice.percentile = percentile->convertToDouble();
  auto format = cast<QuantType>(op.getFormat());
  llvm::Expected<ChosenParameters> chosen =
      chooseParameters(**statistics, format, choice);
  if (!chosen)
    return op.emitError(llvm::toString(chosen.takeError()));
  remark::passed(op.getLoc(),
                 remark::RemarkOpts::name("Chosen").category("ptq-calibrate"))
      << remark::metric("Statistics", op.getStatistics())
      << remark::metric("Method", choice.str())
      << remark::metric("Low", chosen->low)
      << remark::metric("High", chosen->high)
      << remark::metric("Scale", chosen->scale)
      << remark::metric("ZeroPoint", chosen->zeroPoint);
  OpBuilder b(op);
  APFloat scale(chosen->scale);
  bool losesInfo;
  scale.convert(format.getScaleType().getFloatSemantics(),
                APFloat::rmNearestTiesToEven, &losesInfo);
  op.getScale().replaceAllUsesWith(arith::ConstantOp::create(
      b, op.getLoc(), DenseElementsAttr::get(op.getScale().getType(), scale)));
  if (op.getZeroPoint()) {
    auto type = op.getZeroPoint().getType();
    op.getZeroPoint().replaceAllUsesWith(arith::ConstantOp::create(
        b, op.getLoc(),
        DenseElementsAttr::get(
            type, APInt(type.getElementTypeBitWidth(), chosen->zeroPoint,
                        /*isSigned=*/true, /*implicitTrunc=*/true))));
  }
  op.erase();
  return success();
}
