//===- Microkernels.h - The kernels of #ptq.isa -----------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_CODEGEN_MICROKERNELS_H
#define PTQ_CODEGEN_MICROKERNELS_H

#include "ptq/Codegen/Target.h"
#include "ptq/IR/Microkernel.h"

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace mlir::ptq {

/// Gives `#ptq.isa` its kernels: `MicrokernelInterface`.
void registerMicrokernels(DialectRegistry &registry);

/// Whether `target` has every feature that `kernel` needs.
bool hasFeaturesOf(const TargetDescription &target,
                   MicrokernelInterface kernel);

/// The instruction sets that `target` has, the fastest first.
SmallVector<MicrokernelInterface> getKernelsOf(MLIRContext *context,
                                               const TargetDescription &target);

} // namespace mlir::ptq

#endif // PTQ_CODEGEN_MICROKERNELS_H
