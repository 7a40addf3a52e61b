//===- PackageManifest.h - The manifest of a package ------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_RUN_PACKAGEMANIFEST_H
#define PTQ_LIB_RUN_PACKAGEMANIFEST_H

#include "ptq/Run/LanguageModelPackage.h"

namespace mlir::ptq {

/// Writes the manifest of a package in `folder`, whose other files are there.
llvm::Error writeManifest(StringRef folder,
                          const QuantizeLanguageModelOptions &options,
                          const QuantizationSummary &summary);

} // namespace mlir::ptq

#endif // PTQ_LIB_RUN_PACKAGEMANIFEST_H
