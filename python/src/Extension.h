//===- Extension.h - What the parts of ptq._ptq share --------- -*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_PYTHON_EXTENSION_H
#define PTQ_PYTHON_EXTENSION_H

#include "ptq-c/Calibrate.h"
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

/// `ptq._ptq.Statistics`: copies share the statistics.
class StatisticsHandle {
public:
  StatisticsHandle() = default;
  explicit StatisticsHandle(PtqStatistics *statistics)
      : statistics(statistics, ptqStatisticsDestroy) {}

  PtqStatistics *get() const { return statistics.get(); }

private:
  std::shared_ptr<PtqStatistics> statistics;
};

/// `PtqQuantizeOptions` that own their text. None is the default.
struct QuantizeArguments {
  std::optional<std::string> recipe, recipeFile, skip, scale, parameters, root;
  std::optional<std::string> range, smoothQuant;
  bool failOnFallback = false;
  std::optional<StatisticsHandle> statistics;

  PtqQuantizeOptions get() const;
};

/// A Python function that is called from code without the GIL. What it raises
/// is kept, and it is not called again.
class Callback {
public:
  explicit Callback(py::object function) : function(std::move(function)) {}

  /// `arguments` make the arguments, with the GIL.
  template <typename... Arguments>
  void call(Arguments &&...arguments) {
    py::gil_scoped_acquire acquire;
    if (function.is_none() || raised)
      return;
    try {
      if (PyErr_CheckSignals() != 0)
        throw py::error_already_set();
      function(arguments()...);
    } catch (py::error_already_set &error) {
      raised.emplace(error);
    }
  }

  /// With the GIL: raises what was kept.
  void check() {
    if (raised)
      throw py::error_already_set(*raised);
  }

private:
  py::object function;
  std::optional<py::error_already_set> raised;
};

/// A `PtqProgressCallback`, whose data is a `Callback`.
void callProgress(PtqStringRef step, size_t done, size_t total, void *callback);

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
void defineStatistics(py::module_ &extension);

#endif // PTQ_PYTHON_EXTENSION_H
