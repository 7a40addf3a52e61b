//===- Observe.h - The ops and attributes of calibration --------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IR_OBSERVE_H
#define PTQ_IR_OBSERVE_H

#include "ptq/IR/PTQ.h"

#include "mlir/IR/SymbolTable.h"

namespace mlir::ptq {

struct ObservedRows;
struct SampleSummary;
class TensorStatistics;

/// What `ptq.observe` writes: nothing else reads or writes it, so an observer
/// is ordered with other observers only.
struct CalibrationResource : SideEffects::Resource::Base<CalibrationResource> {
  StringRef getName() override { return "ptq.calibration"; }
};

} // namespace mlir::ptq

#include "ptq/IR/ObserverEnums.h.inc"

#include "ptq/IR/ObserverAttrInterface.h.inc"

#define GET_ATTRDEF_CLASSES
#include "ptq/IR/ObserverAttrs.h.inc"

#define GET_OP_CLASSES
#include "ptq/IR/ObserveOps.h.inc"

#endif // PTQ_IR_OBSERVE_H
