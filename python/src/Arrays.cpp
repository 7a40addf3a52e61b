//===- Arrays.cpp - Between NumPy arrays and tensors ----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arrays.h"

#include <optional>
#include <string>

static_assert(sizeof(py::ssize_t) == sizeof(int64_t),
              "shapes of NumPy are read as they are");

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

py::dtype getDtype(PtqElementKind kind) {
  switch (kind) {
  case PTQ_BOOL:
    return py::dtype("bool");
  case PTQ_INT8:
    return py::dtype("int8");
  case PTQ_UINT8:
    return py::dtype("uint8");
  case PTQ_INT16:
    return py::dtype("int16");
  case PTQ_INT32:
    return py::dtype("int32");
  case PTQ_INT64:
    return py::dtype("int64");
  case PTQ_FLOAT16:
    return py::dtype("float16");
  case PTQ_BFLOAT16:
    return py::dtype("uint16");
  case PTQ_FLOAT32:
    return py::dtype("float32");
  case PTQ_FLOAT64:
    return py::dtype("float64");
  }
  throw py::type_error("unknown element kind");
}

/// None if a tensor cannot have these elements.
static std::optional<PtqElementKind> getKind(char kind, py::ssize_t itemSize) {
  switch (kind) {
  case 'b':
    return PTQ_BOOL;
  case 'i':
    return itemSize == 1   ? PTQ_INT8
           : itemSize == 2 ? PTQ_INT16
           : itemSize == 4 ? PTQ_INT32
                           : PTQ_INT64;
  case 'u':
    if (itemSize == 1)
      return PTQ_UINT8;
    if (itemSize == 2)
      return PTQ_BFLOAT16;
    return std::nullopt;
  case 'f':
    if (itemSize == 2)
      return PTQ_FLOAT16;
    if (itemSize == 4)
      return PTQ_FLOAT32;
    if (itemSize == 8)
      return PTQ_FLOAT64;
    return std::nullopt;
  default:
    return std::nullopt;
  }
}

static std::string describe(size_t index, const PtqValueType &type) {
  return "expects " + std::string(type.text.data, type.text.length) +
         " as input " + std::to_string(index);
}

static PtqElementKind getKind(const py::array &array, const PtqValueType &type,
                              size_t index) {
  py::dtype dtype = array.dtype();
  std::optional<PtqElementKind> kind = getKind(dtype.kind(), dtype.itemsize());
  bool isNative = dtype.byteorder() == '=' || dtype.byteorder() == '|';
  if (kind && isNative)
    return *kind;
  throw py::type_error(describe(index, type) + ", but got the dtype " +
                       std::string(py::str(dtype)));
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// `value` as an array: of the type's dtype, if it is a number of Python.
static py::array toArray(py::handle value, const PtqValueType &type,
                         size_t index) {
  if (py::isinstance<py::array>(value))
    return py::reinterpret_borrow<py::array>(value);
  bool isNumber = PyLong_Check(value.ptr()) || PyFloat_Check(value.ptr());
  if (type.passing == PTQ_PASS_SCALAR && isNumber) {
    bool isFloatType =
        type.kind >= PTQ_FLOAT16 || PyLong_Check(value.ptr()); // 3 is 3.0
    if (type.kind != PTQ_BFLOAT16 && isFloatType)
      return py::module_::import("numpy").attr("asarray")(value,
                                                          getDtype(type.kind));
  } else if (py::isinstance(value,
                            py::module_::import("numpy").attr("generic"))) {
    return py::array::ensure(value);
  }
  throw py::type_error(
      describe(index, type) + ", but got " +
      std::string(py::str(py::type::of(value).attr("__name__"))));
}

ArrayView::ArrayView(py::handle value, const PtqValueType &type, size_t index)
    : array(toArray(value, type, index)) {
  tensor.kind = getKind(array, type, index);
  bool isMemRef = type.passing == PTQ_PASS_MEMREF;
  if (isMemRef && !array.writeable())
    throw py::value_error(describe(index, type) +
                          ", which is written in place, but got an array "
                          "that is read-only");
  tensor.rank = array.ndim();
  setStrides(index, isMemRef);
  tensor.data = const_cast<void *>(array.data());
  tensor.shape = reinterpret_cast<const int64_t *>(array.shape());
}

/// Counts strides in elements; copies an array where that cannot be done.
void ArrayView::setStrides(size_t index, bool isMemRef) {
  if (array.flags() & py::array::c_style)
    return;
  py::ssize_t itemSize = array.itemsize();
  int64_t *target = strides;
  if (array.ndim() > maxInlineRank) {
    manyStrides.resize(array.ndim());
    target = manyStrides.data();
  }
  for (py::ssize_t d = 0; d < array.ndim(); ++d) {
    target[d] = array.strides(d) / itemSize;
    if (target[d] * itemSize == array.strides(d))
      continue;
    if (isMemRef)
      throw py::value_error("expects strides of whole elements in input " +
                            std::to_string(index));
    array = py::array::ensure(array, py::array::c_style);
    return;
  }
  tensor.strides = target;
}

ArrayList::ArrayList(const std::vector<py::array> &values) {
  constexpr char text[] = "a tensor";
  PtqValueType any = {};
  any.passing = PTQ_PASS_TENSOR;
  any.text = {text, sizeof(text) - 1};
  views.reserve(values.size()); // a view must not move
  for (size_t i = 0; i < values.size(); ++i)
    tensors.push_back(views.emplace_back(values[i], any, i).get());
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

static void release(void *pointer) {
  auto *tensor = static_cast<PtqTensor *>(pointer);
  ptqTensorRelease(tensor);
  delete tensor;
}

py::object takeArray(PtqTensor &result, const py::dtype &dtype, bool isScalar) {
  auto *owned = new PtqTensor(result);
  result = {};
  py::capsule owner(owned, release);
  py::array array(
      dtype, std::vector<py::ssize_t>(owned->shape, owned->shape + owned->rank),
      owned->data, owner);
  return isScalar ? py::object(array[py::tuple()]) : py::object(array);
}
