//===- HashModel.h - What tells one model from another ----------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_QUANTIZE_HASHMODEL_H
#define PTQ_QUANTIZE_HASHMODEL_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <string>

namespace mlir::ptq {

/// A hash, in hexadecimal digits, of the names of all linears of `module` and
/// of the bytes of their weights. `root` is the folder of external parameters,
/// by default that of the module.
llvm::Expected<std::string> hashModel(ModuleOp module, StringRef root = "");

/// Keeps the hash that `module` has now in its attributes: `hashModel` returns
/// it, whatever becomes of the linears.
llvm::Error recordModelHash(ModuleOp module, StringRef root = "");

} // namespace mlir::ptq

#endif // PTQ_QUANTIZE_HASHMODEL_H
