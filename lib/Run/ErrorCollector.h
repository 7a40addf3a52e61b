//===- ErrorCollector.h - Diagnostics as errors -----------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_RUN_ERRORCOLLECTOR_H
#define PTQ_LIB_RUN_ERRORCOLLECTOR_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/Error.h"

namespace mlir::ptq {

/// Keeps the first error that is emitted in a context; the others are dropped.
/// Warnings and remarks go where they went before.
class ErrorCollector {
public:
  explicit ErrorCollector(MLIRContext *context);

  /// The error that was emitted or, if none was, one with the text `otherwise`.
  llvm::Error get(const Twine &otherwise) const;

private:
  std::string message;
  ScopedDiagnosticHandler handler;
};

} // namespace mlir::ptq

#endif // PTQ_LIB_RUN_ERRORCOLLECTOR_H
