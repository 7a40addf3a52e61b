//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IMPORT_PASSES_H
#define PTQ_IMPORT_PASSES_H

#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace mlir::ptq {

#define GEN_PASS_DECL
#include "ptq/Import/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "ptq/Import/Passes.h.inc"

} // namespace mlir::ptq

#endif // PTQ_IMPORT_PASSES_H
