//===- OutputFile.h - Files that appear when they are complete --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_OUTPUTFILE_H
#define PTQ_RUN_OUTPUTFILE_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"

namespace mlir::ptq {

/// Writes `path` beside it first, then renames; "-" is standard output. The
/// error names the file once.
llvm::Error writeOutputFile(StringRef path,
                            llvm::function_ref<void(raw_ostream &)> write);

} // namespace mlir::ptq

#endif // PTQ_RUN_OUTPUTFILE_H
