//===- Compiled.h - Machine code as Python objects ------------ -*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_PYTHON_COMPILED_H
#define PTQ_PYTHON_COMPILED_H

#include "ptq-c/Run.h"

#include <pybind11/pybind11.h>

#include <memory>

/// `ptq.Compiled`.
pybind11::object makeCompiled(std::shared_ptr<PtqCompiled> compiled);

#endif // PTQ_PYTHON_COMPILED_H
