//===- Extension.cpp - The extension ptq._ptq -----------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Extension.h"

#include <cmath>

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

static const char *getName(PtqSeverity severity) {
  switch (severity) {
  case PTQ_SEVERITY_NOTE:
    return "note";
  case PTQ_SEVERITY_WARNING:
    return "warning";
  case PTQ_SEVERITY_ERROR:
    return "error";
  case PTQ_SEVERITY_REMARK:
    return "remark";
  }
  return "unknown";
}

/// A string, whose bytes may come from a file that is no text; None if empty.
static py::object toText(PtqStringRef text) {
  if (text.length == 0)
    return py::none();
  return py::reinterpret_steal<py::object>(
      PyUnicode_DecodeUTF8(text.data, text.length, "replace"));
}

static py::object toNumber(uint32_t number) {
  return number ? py::object(py::int_(number)) : py::object(py::none());
}

py::object toPython(const PtqDiagnostic &diagnostic) {
  py::object type = py::module_::import("ptq.errors").attr("Diagnostic");
  py::object message = toText(diagnostic.message);
  return type(getName(diagnostic.severity),
              message.is_none() ? py::str() : message, toText(diagnostic.file),
              toNumber(diagnostic.line), toNumber(diagnostic.column));
}

void ErrorSlot::check() const {
  if (!error)
    return;
  py::list diagnostics;
  for (size_t i = 0; i < ptqErrorGetNumDiagnostics(error); ++i)
    diagnostics.append(toPython(ptqErrorGetDiagnostic(error, i)));
  py::object type = py::module_::import("ptq.errors").attr("Error");
  py::object exception =
      type(toText(ptqErrorGetMessage(error)), py::tuple(diagnostics));
  PyErr_SetObject(type.ptr(), exception.ptr());
  throw py::error_already_set();
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

py::list toPython(const PtqDecisions &decisions) {
  auto toOptional = [](double number) {
    return std::isnan(number) ? py::object(py::none())
                              : py::object(py::float_(number));
  };
  py::list list;
  for (size_t i = 0; i < ptqDecisionsGetSize(&decisions); ++i) {
    PtqDecision decision = ptqDecisionsGet(&decisions, i);
    list.append(py::make_tuple(toText(decision.name), toText(decision.format),
                               toOptional(decision.bitsPerWeight),
                               toOptional(decision.sqnr), decision.numWeights,
                               toText(decision.reason)));
  }
  return list;
}

PtqQuantizeOptions QuantizeArguments::get() const {
  PtqQuantizeOptions options = {};
  options.recipe = toC(recipe);
  options.recipeFile = toC(recipeFile);
  options.skip = toC(skip);
  options.scale = toC(scale);
  options.failOnFallback = failOnFallback;
  options.parameters = toC(parameters);
  options.root = toC(root);
  options.statistics = statistics ? statistics->get() : nullptr;
  options.range = toC(range);
  options.smoothQuant = toC(smoothQuant);
  return options;
}

void callProgress(PtqStringRef step, size_t done, size_t total,
                  void *callback) {
  static_cast<Callback *>(callback)->call(
      [&] { return py::str(toString(step)); }, [&] { return py::int_(done); },
      [&] { return py::int_(total); });
}

PYBIND11_MODULE(_ptq, extension) {
  extension.doc() = "The C API of ptq as Python objects; use the package ptq.";
  extension.attr("__version__") = ptqGetVersion();
  defineStatistics(extension);
  defineModule(extension);
  defineCompiled(extension);
  defineLanguageModel(extension);
  extension.def(
      "get_format",
      [](const QuantizeArguments &arguments, const std::string &linear,
         bool isTable) {
        PtqQuantizeOptions options = arguments.get();
        auto format = callWithoutGIL([&](PtqError **error) {
          Handle<PtqRecipe, ptqRecipeDestroy> recipe(
              ptqRecipeCreate(&options, error));
          return StringHandle(
              recipe ? ptqRecipeGetFormat(recipe.get(), linear.c_str(), isTable)
                     : nullptr);
        });
        return std::string(format.get());
      },
      py::arg("options"), py::arg("linear"), py::arg("is_table"));
}
