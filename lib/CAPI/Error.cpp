//===- Error.cpp - Strings and errors of the C API ------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Error.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>
#include <cstring>

using namespace mlir;
using namespace mlir::ptq;

struct PtqError {
  std::string message;
  std::vector<StoredDiagnostic> diagnostics;
};

//===----------------------------------------------------------------------===//
// Diagnostics
//===----------------------------------------------------------------------===//

StoredDiagnostic::StoredDiagnostic(Diagnostic &diagnostic, PtqSeverity severity)
    : severity(severity), message(diagnostic.str()) {
  if (auto location =
          diagnostic.getLocation()->findInstanceOf<FileLineColLoc>()) {
    file = location.getFilename().str();
    line = location.getLine();
    column = location.getColumn();
  }
}

PtqDiagnostic StoredDiagnostic::get() const {
  return {severity, toC(message), toC(file), line, column};
}

std::string StoredDiagnostic::str() const {
  if (file.empty())
    return message;
  std::string text = file;
  if (line)
    text += ":" + std::to_string(line) + ":" + std::to_string(column);
  return text + ": " + message;
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

void ptq::setError(PtqError **error, StringRef message,
                   std::vector<StoredDiagnostic> diagnostics) {
  if (!error)
    return;
  auto first =
      llvm::find_if(diagnostics, [](const StoredDiagnostic &diagnostic) {
        return diagnostic.severity == PTQ_SEVERITY_ERROR;
      });
  std::string text = first == diagnostics.end() ? message.str() : first->str();
  *error = new PtqError{std::move(text), std::move(diagnostics)};
}

void ptq::setError(PtqError **error, llvm::Error cause,
                   std::vector<StoredDiagnostic> diagnostics) {
  setError(error, llvm::toString(std::move(cause)), std::move(diagnostics));
}

PtqStringRef ptqErrorGetMessage(const PtqError *error) {
  return toC(error->message);
}

size_t ptqErrorGetNumDiagnostics(const PtqError *error) {
  return error->diagnostics.size();
}

PtqDiagnostic ptqErrorGetDiagnostic(const PtqError *error, size_t index) {
  return error->diagnostics[index].get();
}

void ptqErrorDestroy(PtqError *error) { delete error; }

//===----------------------------------------------------------------------===//
// Strings
//===----------------------------------------------------------------------===//

const char *ptqGetVersion() { return PTQ_VERSION; }

char *ptq::copyString(StringRef text) {
  auto *copy = static_cast<char *>(std::malloc(text.size() + 1));
  if (!copy)
    llvm::report_bad_alloc_error("string allocation failed");
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

void ptqStringDestroy(char *string) { std::free(string); }
