//===- Npy.h - Arrays in NumPy's file format --------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_NPY_H
#define PTQ_RUN_NPY_H

#include "ptq/Run/Buffer.h"

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace mlir::ptq {

/// Reads an array that `numpy.save` wrote: format versions 1.0 to 3.0, little
/// endian `f2 f4 f8 i1 i2 i4 i8 u1 b1`. `V2` is taken as bf16, which is how
/// Python's `ml_dtypes` saves it. Arrays in Fortran order are transposed to
/// row-major. The error names the file and the offset of the byte at fault.
llvm::Expected<Buffer> readNpy(llvm::StringRef path);

/// The same, from memory; `file` is named in errors.
llvm::Expected<Buffer> parseNpy(llvm::MemoryBufferRef file);

/// Writes format version 1.0, in one step: `path` holds all of the array, or
/// what it held before.
llvm::Error writeNpy(llvm::StringRef path, const Buffer &buffer);

} // namespace mlir::ptq

#endif // PTQ_RUN_NPY_H
