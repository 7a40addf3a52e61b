//===- Support.h - Strings and errors of the C API ----------------*- C -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rules of the whole C API, in C99:
//
// * A function named `Create`, `Parse`, `Load`, `Import`, `Clone`, `Compile`,
//   `Open` or one that returns `char *` gives an object that the caller has to
//   destroy. Everything else that is returned is borrowed: it lives as long as
//   the object it was asked of, unless that is changed.
// * Objects may be destroyed in any order. One that needs another, such as a
//   module its context, keeps what it needs of it. Destroying NULL does
//   nothing.
// * A function that may fail has the last parameter `PtqError **error`. If it
//   fails, it returns NULL or false, has changed nothing else, and sets
//   `*error` to an object that the caller has to destroy; if it does not fail,
//   it leaves `*error` alone. `error` may be NULL.
// * Structs of options are valid when zeroed: zero stands for the default.
// * Text is UTF-8. `const char *` ends with a null character, and NULL is as
//   good as an empty string.
// * Functions are thread-safe, but an object must not be destroyed, nor a
//   module changed, while another thread uses it.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_C_SUPPORT_H
#define PTQ_C_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define PTQ_EXPORTED __attribute__((visibility("default")))
#else
#define PTQ_EXPORTED
#endif

/// Lets an enum of C++ hold any number that a caller in C may give.
#ifdef __cplusplus
#define PTQ_INT_ENUM : int
#else
#define PTQ_INT_ENUM
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// The version of the library, such as "0.1.0".
PTQ_EXPORTED const char *ptqGetVersion(void);

//===----------------------------------------------------------------------===//
// Strings
//===----------------------------------------------------------------------===//

/// Text that somebody else owns. A null character follows it, unless a caller
/// made it.
typedef struct PtqStringRef {
  const char *data;
  size_t length;
} PtqStringRef;

/// Frees a `char *` that a function of this API returned.
PTQ_EXPORTED void ptqStringDestroy(char *string);

//===----------------------------------------------------------------------===//
// Diagnostics and errors
//===----------------------------------------------------------------------===//

typedef enum PtqSeverity {
  PTQ_SEVERITY_NOTE = 0, ///< Belongs to the diagnostic before it.
  PTQ_SEVERITY_WARNING = 1,
  PTQ_SEVERITY_ERROR = 2,
  PTQ_SEVERITY_REMARK = 3
} PtqSeverity;

/// What is said of a place in a file.
typedef struct PtqDiagnostic {
  PtqSeverity severity;
  PtqStringRef message;
  /// Empty if it is not known.
  PtqStringRef file;
  /// From 1; 0 if it is not known.
  uint32_t line, column;
} PtqDiagnostic;

typedef struct PtqError PtqError;

/// One line: the first error, behind its `file:line:column: ` if that is known.
PTQ_EXPORTED PtqStringRef ptqErrorGetMessage(const PtqError *error);

/// The diagnostics that were emitted before the failure, with their notes; none
/// if nothing in a file was to blame.
PTQ_EXPORTED size_t ptqErrorGetNumDiagnostics(const PtqError *error);

/// Expects `index` to be in range.
PTQ_EXPORTED PtqDiagnostic ptqErrorGetDiagnostic(const PtqError *error,
                                                 size_t index);

PTQ_EXPORTED void ptqErrorDestroy(PtqError *error);

#ifdef __cplusplus
}
#endif

#endif // PTQ_C_SUPPORT_H
