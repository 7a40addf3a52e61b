//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LOWER_PASSES
#define PTQ_LOWER_PASSES

include "mlir/Pass/PassBase.td"

#endif // PTQ_LOWER_PASSES
