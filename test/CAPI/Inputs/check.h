// Stops a test that finds something else than it expects.
#ifndef PTQ_TEST_CAPI_CHECK_H
#define PTQ_TEST_CAPI_CHECK_H

#include "ptq-c/Support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPECT(condition)                                                      \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "%s:%d: expects %s\n", __FILE__, __LINE__, #condition);  \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

/// Stops at an error that was not expected.
#define EXPECT_NO_ERROR(error)                                                 \
  do {                                                                         \
    if (error) {                                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,                       \
              ptqErrorGetMessage(error).data);                                 \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

/// Prints the error that was expected, and its diagnostics.
static inline void printError(PtqError **error) {
  size_t i;
  EXPECT(*error != NULL);
  printf("error: %s\n", ptqErrorGetMessage(*error).data);
  for (i = 0; i < ptqErrorGetNumDiagnostics(*error); ++i) {
    PtqDiagnostic diagnostic = ptqErrorGetDiagnostic(*error, i);
    printf("  %d %s %u:%u %s\n", (int)diagnostic.severity, diagnostic.file.data,
           diagnostic.line, diagnostic.column, diagnostic.message.data);
  }
  ptqErrorDestroy(*error);
  *error = NULL;
}

static inline PtqStringRef toRef(const char *text) {
  PtqStringRef ref;
  ref.data = text;
  ref.length = strlen(text);
  return ref;
}

#endif // PTQ_TEST_CAPI_CHECK_H
