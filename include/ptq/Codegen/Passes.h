//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_CODEGEN_PASSES_H
#define PTQ_CODEGEN_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::ptq {

#define GEN_PASS_DECL
#include "ptq/Codegen/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "ptq/Codegen/Passes.h.inc"

} // namespace mlir::ptq

#endif // PTQ_CODEGEN_PASSES_H
