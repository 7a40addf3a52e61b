//===- PlanWriter.h - A plan as text or JSON --------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_PLANWRITER_H
#define PTQ_LIB_QUANTIZE_PLANWRITER_H

#include "LinearPlan.h"

namespace mlir::ptq {

/// "quantized", "skipped", "refused" or "activations".
StringRef stringifyOutcome(LinearOutcome outcome);

/// A table of one line per linear, in the order of the module, and the totals.
void writePlanText(const LinearPlan &plan, raw_ostream &os);

/// The same, with every op of a linear; docs/pipeline.md describes the fields.
void writePlanJSON(const LinearPlan &plan, raw_ostream &os);

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_PLANWRITER_H
