//===- ONNX.h - ONNX files to MLIR ------------------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IMPORT_ONNX_H
#define PTQ_IMPORT_ONNX_H

#include "mlir/IR/OwningOpRef.h"
#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace mlir {
class MLIRContext;
class ModuleOp;
} // namespace mlir

namespace mlir::ptq {

struct OnnxImportOptions {
  /// File that the module will be written to; it becomes the location of the
  /// module. Empty: the location is the model's file.
  std::string outputFile;
  /// Safetensors file that large constants are written to, as
  /// `ml_program.global` with `#ptq.external` refers to them. Empty: they stay
  /// in the module, as `dense_resource`.
  std::string parametersFile;
};

/// Imports the graph of the ONNX model `file`: one function, named like the
/// graph, of `linalg` on tensors and of `ptq` ops where these compute what ONNX
/// says. docs/onnx.md lists the ops. Ops that are not known are all named in
/// one error, and so is a build of ptq without ONNX.
llvm::Expected<OwningOpRef<ModuleOp>>
importOnnx(StringRef file, MLIRContext *context,
           const OnnxImportOptions &options = {});

/// Names of the ops that can be imported, in order; those of other domains than
/// ONNX's own with the domain in front. Fails if ptq was built without ONNX.
llvm::Expected<std::vector<std::string>> listOnnxOps();

} // namespace mlir::ptq

#endif // PTQ_IMPORT_ONNX_H
