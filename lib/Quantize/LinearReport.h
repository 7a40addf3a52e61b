//===- LinearReport.h - Say what became of each linear ----------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_LINEARREPORT_H
#define PTQ_LIB_QUANTIZE_LINEARREPORT_H

#include "QuantizeWeights.h"

namespace mlir::ptq {

/// Attribute of the module that holds one dictionary per linear: `name`,
/// `format`, and `bits_per_weight`, `sqnr_db`, `num_weights`, `clipped`,
/// `saturated`, `unused_codes` or, of format `float`, `reason`.
constexpr StringLiteral linearsAttrName = "ptq.linears";

/// Attribute of an op that names the linear it computes.
constexpr StringLiteral nameAttrName = "ptq.name";

/// Name of the linear that an element of `ptq.linears` describes; empty if it
/// describes none.
StringRef getLinearName(Attribute entry);

/// Whether that linear stays float.
bool isFloatLinear(Attribute entry);

/// Warns of each linear that stays float though no rule says so; an error if
/// `isError`, and then the result is failure.
LogicalResult reportFallbacks(const LinearPlan &plan, bool isError);

/// Emits one remark per linear.
void emitRemarks(const LinearPlan &plan, ArrayRef<QuantizedWeight> weights);

/// Names the ops of every linear, and records the decisions on `module`.
void recordLinears(ModuleOp module, const LinearPlan &plan,
                   ArrayRef<QuantizedWeight> weights);

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_LINEARREPORT_H
