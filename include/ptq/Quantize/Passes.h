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

#include <functional>

namespace mlir::ptq {

#define GEN_PASS_DECL
#include "ptq/Quantize/Passes.h.inc"

/// Told of the elements of weights that are quantized, and of all there are.
using QuantizeProgress = std::function<void(int64_t done, int64_t total)>;

/// As `createQuantizeLinears(options)`, and tells `progress` of each weight.
std::unique_ptr<Pass> createQuantizeLinears(QuantizeLinearsOptions options,
                                            QuantizeProgress progress);

#define GEN_PASS_REGISTRATION
#include "ptq/Quantize/Passes.h.inc"

} // namespace mlir::ptq

#endif // PTQ_QUANTIZE_PASSES_H
