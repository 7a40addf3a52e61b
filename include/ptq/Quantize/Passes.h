//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_QUANTIZE_PASSES_H
#define PTQ_QUANTIZE_PASSES_H

#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace mlir::ptq {

#define GEN_PASS_DECL
#include "ptq/Quantize/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "ptq/Quantize/Passes.h.inc"

} // namespace mlir::ptq

#endif // PTQ_QUANTIZE_PASSES_H
