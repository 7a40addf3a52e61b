//===- RewriteLinears.h - Replace linears by quantized ops ------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_REWRITELINEARS_H
#define PTQ_LIB_QUANTIZE_REWRITELINEARS_H

#include "QuantizeWeights.h"

namespace mlir::ptq {

/// Replaces the ops of every quantized linear of the plan, and erases the views
/// and the private globals that only they used. Cannot fail.
void rewriteLinears(ModuleOp module, const LinearPlan &plan,
                    ArrayRef<QuantizedWeight> weights);

/// External globals that the module still loads, or shows to others, once the
/// plan's quantized linears are rewritten.
SmallVector<KeptParameter> findKeptParameters(ModuleOp module,
                                              const LinearPlan &plan);

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_REWRITELINEARS_H
