//===- Error.h - Errors of the C API -------------------------- -*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CAPI_ERROR_H
#define PTQ_LIB_CAPI_ERROR_H

#include "ptq-c/Support.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace mlir::ptq {

/// A `PtqDiagnostic` that owns its text.
struct StoredDiagnostic {
  explicit StoredDiagnostic(Diagnostic &diagnostic, PtqSeverity severity);

  PtqDiagnostic get() const;
  /// `file:line:column: message`.
  std::string str() const;

  PtqSeverity severity;
  std::string message, file;
  uint32_t line = 0, column = 0;
};

inline PtqStringRef toC(StringRef text) { return {text.data(), text.size()}; }
inline StringRef fromC(PtqStringRef text) { return {text.data, text.length}; }
inline StringRef fromC(const char *text) { return text ? text : StringRef(); }

/// A copy for `ptqStringDestroy`.
char *copyString(StringRef text);

/// Sets `*error`, unless `error` is null, to what `diagnostics` say or, if they
/// say nothing, to `message`.
void setError(PtqError **error, StringRef message,
              std::vector<StoredDiagnostic> diagnostics = {});
void setError(PtqError **error, llvm::Error cause,
              std::vector<StoredDiagnostic> diagnostics = {});

} // namespace mlir::ptq

#endif // PTQ_LIB_CAPI_ERROR_H
