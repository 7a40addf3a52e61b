//===- WithoutONNX.cpp - In place of the importer of ONNX -----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Import/ONNX.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

static llvm::Error makeError() {
  return llvm::createStringError(
      Twine("ptq was built without ONNX: libonnx-dev and libprotobuf-dev were "
            "missing, or PTQ_ENABLE_ONNX was off"));
}

llvm::Expected<OwningOpRef<ModuleOp>>
ptq::importOnnx(StringRef, MLIRContext *, const OnnxImportOptions &) {
  return makeError();
}

llvm::Expected<std::vector<std::string>> ptq::listOnnxOps() {
  return makeError();
}
