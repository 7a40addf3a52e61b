//===- Arrays.h - Between NumPy arrays and tensors ------------ -*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_PYTHON_ARRAYS_H
#define PTQ_PYTHON_ARRAYS_H

#include "ptq-c/Run.h"

#include <pybind11/numpy.h>

namespace py = pybind11;

/// A NumPy array as a tensor, whose memory is that of the array if it can be.
class ArrayView {
public:
  /// `value` is an array or, for a scalar, a number. Raises TypeError or
  /// ValueError if no tensor can stand for it, or if it has to be written in
  /// place and cannot be.
  ArrayView(py::handle value, const PtqValueType &type, size_t index);

  const PtqTensor &get() const { return tensor; }

private:
  void setStrides(size_t index, bool isMemRef);

  static constexpr py::ssize_t maxInlineRank = 8;

  py::array array;
  PtqTensor tensor = {};
  int64_t strides[maxInlineRank];
  std::vector<int64_t> manyStrides;
};

/// Arrays for whatever takes them.
class ArrayList {
public:
  explicit ArrayList(const std::vector<py::array> &values);

  const PtqTensor *data() const { return tensors.data(); }
  size_t size() const { return tensors.size(); }

private:
  std::vector<ArrayView> views;
  std::vector<PtqTensor> tensors;
};

/// The dtype of elements. There is none for bf16: its bits are uint16.
py::dtype getDtype(PtqElementKind kind);

/// An array that owns the memory of `result`, which is zeroed; for a scalar, a
/// NumPy scalar.
py::object takeArray(PtqTensor &result, const py::dtype &dtype, bool isScalar);

#endif // PTQ_PYTHON_ARRAYS_H
