//===- Evaluate.h - Call a function by the exact arithmetic -----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_EVALUATE_H
#define PTQ_RUN_EVALUATE_H

#include "ptq/Run/Buffer.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace mlir::ptq {

/// What `CompiledModule::call` has to give, to the bit, without compiling: the
/// inputs become constants of the function `entry`, and `ptq-evaluate` computes
/// what follows from them. Slow, and only for functions of tensors and scalars
/// made of `ptq` ops and what folds: the error names the first op that is
/// neither. Uses `module` up.
llvm::Expected<SmallVector<Buffer>>
evaluateReference(ModuleOp module, StringRef entry, ArrayRef<Buffer> inputs,
                  StringRef parameterRoot = "");

} // namespace mlir::ptq

#endif // PTQ_RUN_EVALUATE_H
