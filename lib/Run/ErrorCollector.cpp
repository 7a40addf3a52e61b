//===- ErrorCollector.cpp - Diagnostics as errors -------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ErrorCollector.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;

ErrorCollector::ErrorCollector(MLIRContext *context)
    : handler(context, [this](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
          return failure();
        if (message.empty()) {
          llvm::raw_string_ostream os(message);
          if (auto location =
                  diagnostic.getLocation()->findInstanceOf<FileLineColLoc>())
            os << location.getFilename().getValue() << ": ";
          os << diagnostic;
        }
        return success();
      }) {}

llvm::Error ErrorCollector::get(const Twine &otherwise) const {
  if (message.empty())
    return llvm::createStringError(otherwise);
  return llvm::createStringError(message);
}
