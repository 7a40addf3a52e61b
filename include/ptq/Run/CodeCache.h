//===- CodeCache.h - Machine code of earlier runs ---------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model takes seconds to compile, and the code is the same in every run. With
// `CompileOptions::codeCache` it is kept in a folder, under a key made of all
// that it depends on: the module, the CPU, the kernels, and the compiler (size
// and time of each program and library of the process). Old files go away, and
// the folder stays below 1 GB.
//
// Code found there emits no remarks, so a process that collects remarks
// compiles anew. A file that is damaged is replaced, with a warning.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_CODECACHE_H
#define PTQ_RUN_CODECACHE_H

#include <string>

namespace mlir::ptq {

/// The folder that tools use for `CompileOptions::codeCache`: what the
/// environment variable `PTQ_CODE_CACHE` names and, where there is none, the
/// folder `ptq` of the user's cache (`$XDG_CACHE_HOME` or `~/.cache`). Empty,
/// for none, if the variable is "off" or the user has no home.
std::string getCodeCache();

} // namespace mlir::ptq

#endif // PTQ_RUN_CODECACHE_H
