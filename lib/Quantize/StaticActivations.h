//===- StaticActivations.h - Scales of activations from statistics --------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_STATICACTIVATIONS_H
#define PTQ_LIB_QUANTIZE_STATICACTIVATIONS_H

#include "LinearPlan.h"

namespace mlir::ptq {

/// Chooses the scales of the inputs of linears whose format is static, from the
/// file `statistics` by the method `range`. Fails, with an error, if there are
/// none of this model and of each such input.
LogicalResult chooseActivationScales(ModuleOp module, LinearPlan &plan,
                                     StringRef statistics, StringRef range,
                                     StringRef root);

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_STATICACTIVATIONS_H
