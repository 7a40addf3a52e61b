//===- Tensor.h - Arrays that enter and leave compiled code -------*- C -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_C_TENSOR_H
#define PTQ_C_TENSOR_H

#include "ptq-c/Support.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Type of the elements in memory.
typedef enum PtqElementKind PTQ_INT_ENUM {
  PTQ_BOOL = 0, ///< i1, one byte each, 0 or 1
  PTQ_INT8 = 1,
  PTQ_UINT8 = 2,
  PTQ_INT16 = 3,
  PTQ_INT32 = 4,
  PTQ_INT64 = 5, ///< i64 and index
  PTQ_FLOAT16 = 6,
  PTQ_BFLOAT16 = 7,
  PTQ_FLOAT32 = 8,
  PTQ_FLOAT64 = 9
} PtqElementKind;

/// An array, or a scalar: rank 0.
typedef struct PtqTensor {
  /// The first element.
  void *data;
  PtqElementKind kind;
  int64_t rank;
  const int64_t *shape;
  /// Distances in elements. NULL: dense, the last dimension fastest.
  const int64_t *strides;
  /// Keeps the memory of a result alive; NULL in what a caller makes.
  void *owner;
} PtqTensor;

/// Bytes of one element.
PTQ_EXPORTED size_t ptqElementKindGetSize(PtqElementKind kind);

/// As MLIR spells it: `f32`, `i8`, ...
PTQ_EXPORTED const char *ptqElementKindGetName(PtqElementKind kind);

/// Frees a result, data and shape, and leaves a zeroed struct. Does nothing to
/// one that a caller made.
PTQ_EXPORTED void ptqTensorRelease(PtqTensor *tensor);

#ifdef __cplusplus
}
#endif

#endif // PTQ_C_TENSOR_H
