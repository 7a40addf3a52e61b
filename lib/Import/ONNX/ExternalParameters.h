//===- ExternalParameters.h - Constants move to safetensors -----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_ONNX_EXTERNALPARAMETERS_H
#define PTQ_LIB_IMPORT_ONNX_EXTERNALPARAMETERS_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace mlir::ptq {

/// Writes the `dense_resource` constants of `module` to the safetensors file
/// `file`, and replaces them by globals that refer to it, as seen from
/// `outputFile`.
llvm::Error moveToParameters(ModuleOp module, StringRef file,
                             StringRef outputFile);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_ONNX_EXTERNALPARAMETERS_H
