//===- Statistics.cpp - Calibration as Python objects ---------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Statistics.h"

#include "Arrays.h"

PtqCalibrateOptions CalibrateArguments::get() const {
  PtqCalibrateOptions options = {};
  options.observers = toC(observers);
  options.recipe = toC(recipe);
  options.recipeFile = toC(recipeFile);
  options.skip = toC(skip);
  options.cpu = toC(cpu);
  options.root = toC(root);
  options.skipPositions = skipPositions;
  options.momentum = momentum;
  options.threads = threads;
  return options;
}

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

static StatisticsHandle loadStatistics(const std::string &path) {
  return callWithoutGIL([&](PtqError **error) {
    return StatisticsHandle(ptqStatisticsLoad(path.c_str(), error));
  });
}

static void saveStatistics(const StatisticsHandle &self,
                           const std::string &path) {
  callWithoutGIL([&](PtqError **error) {
    return ptqStatisticsSave(self.get(), path.c_str(), error);
  });
}

static void mergeStatistics(const StatisticsHandle &self,
                            const StatisticsHandle &other) {
  callWithoutGIL([&](PtqError **error) {
    return ptqStatisticsMerge(self.get(), other.get(), error);
  });
}

/// The fields of `PtqObservedTensor`, with the names of its linears.
static py::dict getTensor(const StatisticsHandle &self, size_t index) {
  if (index >= ptqStatisticsGetSize(self.get()))
    throw py::index_error("no such tensor");
  PtqObservedTensor tensor = ptqStatisticsGet(self.get(), index);
  std::vector<std::string> linears;
  for (size_t i = 0; i < tensor.numLinears; ++i)
    linears.push_back(toString(ptqStatisticsGetLinear(self.get(), index, i)));
  py::dict fields;
  fields["name"] = toString(tensor.name);
  fields["linears"] = py::tuple(py::cast(linears));
  fields["observers"] =
      py::tuple(py::str(toString(tensor.observers)).attr("split")(","));
  fields["num_channels"] = tensor.numChannels;
  fields["samples"] = tensor.samples;
  fields["tokens"] = tensor.tokens;
  fields["values"] = tensor.values;
  fields["skipped_rows"] = tensor.skippedRows;
  fields["non_finite_rows"] = tensor.nonFiniteRows;
  fields["masked_rows"] = tensor.maskedRows;
  return fields;
}

static py::object getValues(const StatisticsHandle &self, size_t index,
                            const std::string &observer) {
  PtqTensor values = {};
  callWithoutGIL([&](PtqError **error) {
    return ptqStatisticsGetValues(self.get(), index, observer.c_str(), &values,
                                  error);
  });
  return takeArray(values, getDtype(values.kind), values.rank == 0);
}

//===----------------------------------------------------------------------===//
// Calibration
//===----------------------------------------------------------------------===//

static void runCalibrator(const CalibratorHandle &self,
                          const std::vector<py::array> &values) {
  ArrayList inputs(values);
  callWithoutGIL([&](PtqError **error) {
    return ptqCalibratorRun(self.get(), inputs.data(), inputs.size(), error);
  });
}

static StatisticsHandle
calibrateLanguageModel(const std::string &folder, const std::string &text,
                       int64_t length, size_t numSamples, uint64_t seed,
                       const CalibrateArguments &arguments,
                       py::object progress) {
  Callback callback(std::move(progress));
  PtqCalibrateOptions options = arguments.get();
  PtqTextSamples samples = {toRef(text), length, numSamples, seed};
  auto statistics = callWithoutGIL([&](PtqError **error) {
    return StatisticsHandle(ptqLanguageModelCalibrate(
        folder.c_str(), &samples, &options, callProgress, &callback, error));
  });
  callback.check();
  return statistics;
}

//===----------------------------------------------------------------------===//
// Definitions
//===----------------------------------------------------------------------===//

void defineStatistics(py::module_ &extension) {
  py::class_<StatisticsHandle>(extension, "Statistics")
      .def_static("load", loadStatistics, py::arg("path"))
      .def("save", saveStatistics, py::arg("path"))
      .def("merge", mergeStatistics, py::arg("other"))
      .def_property_readonly("model",
                             [](const StatisticsHandle &self) {
                               return toString(
                                   ptqStatisticsGetModel(self.get()));
                             })
      .def("__len__",
           [](const StatisticsHandle &self) {
             return ptqStatisticsGetSize(self.get());
           })
      .def("get_tensor", getTensor, py::arg("index"))
      .def("get_values", getValues, py::arg("index"), py::arg("observer"));
  py::class_<CalibrateArguments>(extension, "CalibrateOptions")
      .def(py::init<>())
      .def_readwrite("observers", &CalibrateArguments::observers)
      .def_readwrite("recipe", &CalibrateArguments::recipe)
      .def_readwrite("recipe_file", &CalibrateArguments::recipeFile)
      .def_readwrite("skip", &CalibrateArguments::skip)
      .def_readwrite("cpu", &CalibrateArguments::cpu)
      .def_readwrite("root", &CalibrateArguments::root)
      .def_readwrite("skip_positions", &CalibrateArguments::skipPositions)
      .def_readwrite("momentum", &CalibrateArguments::momentum)
      .def_readwrite("threads", &CalibrateArguments::threads);
  py::class_<CalibratorHandle>(extension, "Calibrator")
      .def("run", runCalibrator, py::arg("inputs"))
      .def("copy_statistics", [](const CalibratorHandle &self) {
        return StatisticsHandle(ptqCalibratorCopyStatistics(self.get()));
      });
  extension.def("calibrate_language_model", calibrateLanguageModel,
                py::arg("folder"), py::arg("text"), py::arg("length"),
                py::arg("num_samples"), py::arg("seed"), py::arg("options"),
                py::arg("progress"));
}
