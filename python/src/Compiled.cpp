//===- Compiled.cpp - Compiled functions, called on NumPy arrays ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Compiled.h"

#include "Arrays.h"
#include "Extension.h"

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

namespace {

/// A function, and all that is known of it before it is called.
class Function {
public:
  Function(std::shared_ptr<PtqCompiled> owner, const PtqFunction *function)
      : owner(std::move(owner)), function(function) {
    for (size_t i = 0; i < ptqFunctionGetNumArguments(function); ++i)
      arguments.push_back(ptqFunctionGetArgument(function, i));
    for (size_t i = 0; i < ptqFunctionGetNumResults(function); ++i) {
      results.push_back(ptqFunctionGetResult(function, i));
      dtypes.push_back(getDtype(results.back().kind));
    }
  }

  std::string getName() const { return toString(ptqFunctionGetName(function)); }
  py::object call(const py::args &values) const;

  std::vector<PtqValueType> arguments, results;

private:
  py::object take(PtqTensor *tensors) const;

  std::shared_ptr<PtqCompiled> owner;
  const PtqFunction *function;
  std::vector<py::dtype> dtypes; // of results
};

} // namespace

/// Results of a call, released unless they were taken.
struct TensorList {
  explicit TensorList(size_t size) : tensors(size) {}
  ~TensorList() {
    for (PtqTensor &tensor : tensors)
      ptqTensorRelease(&tensor);
  }
  std::vector<PtqTensor> tensors;
};

py::object Function::take(PtqTensor *tensors) const {
  auto takeOne = [&](size_t i) {
    return takeArray(tensors[i], dtypes[i],
                     results[i].passing == PTQ_PASS_SCALAR);
  };
  if (results.empty())
    return py::none();
  if (results.size() == 1)
    return takeOne(0);
  py::tuple all(results.size());
  for (size_t i = 0; i < results.size(); ++i)
    all[i] = takeOne(i);
  return std::move(all);
}

py::object Function::call(const py::args &values) const {
  if (values.size() != arguments.size())
    throw py::type_error("'" + getName() + "' expects " +
                         std::to_string(arguments.size()) +
                         " inputs, but got " + std::to_string(values.size()));
  std::vector<ArrayView> arrays;
  arrays.reserve(values.size()); // a view must not move
  std::vector<PtqTensor> inputs;
  inputs.reserve(values.size());
  for (size_t i = 0; i < values.size(); ++i)
    inputs.push_back(arrays.emplace_back(values[i], arguments[i], i).get());
  TensorList outputs(results.size());
  callWithoutGIL([&](PtqError **error) {
    return ptqFunctionCall(function, inputs.data(), inputs.size(),
                           outputs.tensors.data(), error);
  });
  return take(outputs.tensors.data());
}

static std::vector<std::string>
getTexts(const std::vector<PtqValueType> &types) {
  std::vector<std::string> texts;
  for (const PtqValueType &type : types)
    texts.push_back(toString(type.text));
  return texts;
}

static std::string join(const std::vector<std::string> &texts) {
  std::string joined;
  for (const std::string &text : texts)
    joined += (joined.empty() ? "" : ", ") + text;
  return joined;
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

namespace {

class Compiled {
public:
  explicit Compiled(std::shared_ptr<PtqCompiled> compiled) {
    for (size_t i = 0; i < ptqCompiledGetNumFunctions(compiled.get()); ++i)
      functions.push_back(std::make_shared<Function>(
          compiled, ptqCompiledGetFunction(compiled.get(), i)));
  }

  std::shared_ptr<Function> find(const std::string &name) const {
    for (const auto &function : functions)
      if (function->getName() == name)
        return function;
    return nullptr;
  }

  std::vector<std::string> getNames() const {
    std::vector<std::string> names;
    for (const auto &function : functions)
      names.push_back(function->getName());
    return names;
  }

  py::object call(const py::args &values) const {
    if (functions.size() != 1)
      throw py::type_error("expects a module of one function to be called, "
                           "but got one with " +
                           join(getNames()));
    return functions.front()->call(values);
  }

  std::vector<std::shared_ptr<Function>> functions;
};

} // namespace

py::object makeCompiled(std::shared_ptr<PtqCompiled> compiled) {
  return py::cast(Compiled(std::move(compiled)));
}

//===----------------------------------------------------------------------===//
// Definitions
//===----------------------------------------------------------------------===//

static void defineFunction(py::module_ &extension) {
  py::class_<Function, std::shared_ptr<Function>>(
      extension, "Function",
      "A compiled function. Call it with a NumPy array for each argument.")
      .def("__call__", &Function::call,
           "Calls the function with one array, or number, for each argument.\n"
           "\n"
           "Arrays for tensors are read, and copied only if they are not\n"
           "C-contiguous or not aligned; those for memrefs are written in\n"
           "place. The GIL is released. Gives an array that owns its memory,\n"
           "a tuple of them, or None; a NumPy scalar for a scalar.\n"
           "bf16 travels as its bits, in arrays of uint16.\n"
           "\n"
           "Raises TypeError for a wrong number of inputs or a dtype that no\n"
           "tensor has, ptq.Error for another element type or shape than the\n"
           "function takes.")
      .def_property_readonly("name", &Function::getName,
                             "Name of the function in its module.")
      .def_property_readonly(
          "arguments",
          [](const Function &function) {
            return py::tuple(py::cast(getTexts(function.arguments)));
          },
          "Types of the arguments, as MLIR spells them.")
      .def_property_readonly(
          "results",
          [](const Function &function) {
            return py::tuple(py::cast(getTexts(function.results)));
          },
          "Types of the results, as MLIR spells them.")
      .def("__repr__", [](const Function &function) {
        return "<ptq.Function " + function.getName() + "(" +
               join(getTexts(function.arguments)) + ") -> (" +
               join(getTexts(function.results)) + ")>";
      });
}

void defineCompiled(py::module_ &extension) {
  defineFunction(extension);
  py::class_<Compiled> type(
      extension, "Compiled",
      "Machine code of a module. Its functions are items and attributes; if\n"
      "there is only one, the object itself can be called.");
  // As which they are known.
  type.attr("__module__") = "ptq";
  extension.attr("Function").attr("__module__") = "ptq";
  type.def("__call__", &Compiled::call, "Calls the only function.")
      .def("__len__",
           [](const Compiled &compiled) { return compiled.functions.size(); })
      .def("__iter__",
           [](const Compiled &compiled) {
             return py::iter(py::cast(compiled.functions));
           })
      .def("__dir__",
           [](py::object self) {
             py::list names =
                 py::cast(self.cast<const Compiled &>().getNames());
             return names + py::list(py::module_::import("builtins")
                                         .attr("object")
                                         .attr("__dir__")(self));
           })
      .def("__getitem__",
           [](const Compiled &compiled, const std::string &name) {
             if (auto function = compiled.find(name))
               return function;
             throw py::key_error(name);
           })
      .def("__getattr__",
           [](const Compiled &compiled, const std::string &name) {
             if (auto function = compiled.find(name))
               return function;
             throw py::attribute_error("expects one of the functions " +
                                       join(compiled.getNames()) +
                                       ", but got '" + name + "'");
           })
      .def("__repr__", [](const Compiled &compiled) {
        return "<ptq.Compiled with " + join(compiled.getNames()) + ">";
      });
}
