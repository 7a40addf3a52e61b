//===- JSON.h - Strict reading of JSON from files ---------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IR_JSON_H
#define PTQ_IR_JSON_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

namespace mlir::ptq {

/// Parses `text`, the JSON of the file `file`. Unlike `llvm::json::parse`, text
/// nested deeper than 64 levels is refused (the parser is recursive), and so is
/// an object with a key twice (one of the values would be lost). The error
/// starts with `file: `.
llvm::Expected<llvm::json::Value> parseJSON(StringRef text, const Twine &file);

/// Reads and parses a whole file.
llvm::Expected<llvm::json::Value> readJSON(StringRef path);

} // namespace mlir::ptq

#endif // PTQ_IR_JSON_H
