//===- Extension.h - What the parts of ptq._ptq share --------- -*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_PYTHON_EXTENSION_H
#define PTQ_PYTHON_EXTENSION_H

#include "ptq-c/Quantize.h"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace py = pybind11;

//===----------------------------------------------------------------------===//
// Handles
//===----------------------------------------------------------------------===//

template <typename T, void (*destroy)(T *)>
struct Destroyer {
  void operator()(T *object) const { destroy(object); }
};

template <typename T, void (*destroy)(T *)>
using Handle = std::unique_ptr<T, Destroyer<T, destroy>>;

using DecisionsHandle = Handle<PtqDecisions, ptqDecisionsDestroy>;
using StringHandle = Handle<char, ptqStringDestroy>;

inline std::string toString(PtqStringRef text) {
  return {text.data, text.length};
}
inline PtqStringRef toRef(const std::string &text) {
  return {text.data(), text.size()};
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

/// Receives the error of a call; where one is, `check` raises `ptq.Error`.
class ErrorSlot {
public:
  ErrorSlot() = default;
  ErrorSlot(const ErrorSlot &) = delete;
  ~ErrorSlot() { ptqErrorDestroy(error); }

  operator PtqError **() { return &error; }
  /// With the GIL.
  void check() const;

private:
  PtqError *error = nullptr;
};

/// `ptq.Diagnostic`.
py::object toPython(const PtqDiagnostic &diagnostic);

/// Calls `work` with an error slot and without the GIL, then `finish` with it;
/// raises the error.
template <typename Work, typename Finish>
auto callWithoutGIL(Work &&work, Finish &&finish) {
  ErrorSlot error;
  auto run = [&] {
    py::gil_scoped_release release;
    return work(static_cast<PtqError **>(error));
  };
  auto result = run();
  finish();
  error.check();
  return result;
}

template <typename Work>
auto callWithoutGIL(Work &&work) {
  return callWithoutGIL(std::forward<Work>(work), [] {});
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// The tuples of which `ptq.Decision` is made.
py::list toPython(const PtqDecisions &decisions);

/// `PtqQuantizeOptions` that own their text. None is the default.
struct QuantizeArguments {
  std::optional<std::string> recipe, recipeFile, skip, scale, parameters, root;
  bool failOnFallback = false;

  PtqQuantizeOptions get() const;
};

/// The text that an optional string holds; null if it holds none.
inline const char *toC(const std::optional<std::string> &text) {
  return text ? text->c_str() : nullptr;
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

void defineModule(py::module_ &extension);
void defineCompiled(py::module_ &extension);
void defineLanguageModel(py::module_ &extension);

#endif // PTQ_PYTHON_EXTENSION_H
