//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IR_PASSES_H
#define PTQ_IR_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace mlir::ptq {

#define GEN_PASS_DECL
#include "ptq/IR/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "ptq/IR/Passes.h.inc"

} // namespace mlir::ptq

#endif // PTQ_IR_PASSES_H
