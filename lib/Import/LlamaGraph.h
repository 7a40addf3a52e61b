//===- LlamaGraph.h - A Llama as a module of linalg -------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_LLAMAGRAPH_H
#define PTQ_LIB_IMPORT_LLAMAGRAPH_H

#include "Checkpoint.h"
#include "LlamaConfig.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace mlir::ptq {

/// Builds the module of a Llama whose weights `checkWeights` has accepted.
/// `filePrefix` is put before the names of the checkpoint's files.
OwningOpRef<ModuleOp> buildLlama(const LlamaConfig &config,
                                 const Checkpoint &checkpoint,
                                 StringRef filePrefix, Location location);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_LLAMAGRAPH_H
