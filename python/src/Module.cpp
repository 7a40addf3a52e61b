//===- Module.cpp - Modules as Python objects -----------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arrays.h"
#include "Compiled.h"
#include "Extension.h"
#include "Statistics.h"

using ContextHandle = Handle<PtqContext, ptqContextDestroy>;
using ModuleHandle = Handle<PtqModule, ptqModuleDestroy>;

//===----------------------------------------------------------------------===//
// Warnings
//===----------------------------------------------------------------------===//

namespace {

/// Collects what is emitted without the GIL, to be said with it.
class WarningSink {
public:
  void add(const PtqDiagnostic &diagnostic) {
    std::lock_guard<std::mutex> lock(mutex);
    Stored stored{diagnostic, toString(diagnostic.message),
                  toString(diagnostic.file)};
    diagnostics.push_back(std::move(stored));
  }

  /// Warns as `ptq.Warning`, as of the caller of the package.
  void flush() {
    std::vector<Stored> taken;
    {
      std::lock_guard<std::mutex> lock(mutex);
      taken.swap(diagnostics);
    }
    for (Stored &stored : taken) {
      stored.diagnostic.message = toRef(stored.message);
      stored.diagnostic.file = toRef(stored.file);
      py::module_::import("ptq.errors")
          .attr("warn")(toPython(stored.diagnostic));
    }
  }

private:
  struct Stored {
    PtqDiagnostic diagnostic;
    std::string message, file;
  };
  std::mutex mutex;
  std::vector<Stored> diagnostics;
};

} // namespace

static void addWarning(const PtqDiagnostic *diagnostic, void *sink) {
  static_cast<WarningSink *>(sink)->add(*diagnostic);
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

namespace {

class Module {
public:
  /// Gives the module that `make` makes in a new context.
  template <typename Make>
  static Module create(Make &&make) {
    Module result;
    result.sink = std::make_shared<WarningSink>();
    auto makeInContext = [&](PtqError **error) {
      ContextHandle context(ptqContextCreate());
      ptqContextSetDiagnosticHandler(context.get(), addWarning,
                                     result.sink.get());
      return ModuleHandle(make(context.get(), error));
    };
    result.module =
        callWithoutGIL(makeInContext, [&] { result.sink->flush(); });
    return result;
  }

  /// Does `work` on the module, and says what it warned of. What `work` gives
  /// has to own what it refers to.
  template <typename Work>
  auto run(Work &&work) const {
    return callWithoutGIL(
        [&](PtqError **error) { return work(module.get(), error); },
        [&] { sink->flush(); });
  }

  Module clone() const {
    Module copy;
    copy.sink = sink;
    copy.module.reset(ptqModuleClone(module.get()));
    return copy;
  }

private:
  std::shared_ptr<WarningSink> sink; // outlives the context
  ModuleHandle module;
};

/// `PtqCompileOptions` that own their text.
struct CompileArguments {
  std::optional<std::string> cpu, features, triple, root;
  unsigned threads = 0;

  PtqCompileOptions get() const {
    PtqCompileOptions options = {};
    options.cpu = toC(cpu);
    options.features = toC(features);
    options.triple = toC(triple);
    options.root = toC(root);
    options.threads = threads;
    return options;
  }
};

} // namespace

static py::list quantize(Module &self, const QuantizeArguments &arguments) {
  PtqQuantizeOptions options = arguments.get();
  auto decisions = self.run([&](PtqModule *module, PtqError **error) {
    return DecisionsHandle(ptqModuleQuantize(module, &options, error));
  });
  return toPython(*decisions);
}

static py::object compile(const Module &self,
                          const CompileArguments &arguments) {
  PtqCompileOptions options = arguments.get();
  auto compiled = self.run([&](PtqModule *module, PtqError **error) {
    return std::shared_ptr<PtqCompiled>(
        ptqModuleCompile(module, &options, error), ptqCompiledDestroy);
  });
  return makeCompiled(std::move(compiled));
}

static void emit(const Module &self, int kind, const std::string &path,
                 const CompileArguments &arguments) {
  PtqCompileOptions options = arguments.get();
  self.run([&](PtqModule *module, PtqError **error) {
    return ptqModuleEmit(module, static_cast<PtqEmitKind>(kind), path.c_str(),
                         &options, error);
  });
}

static py::list evaluate(const Module &self, const std::string &name,
                         const std::vector<py::array> &values,
                         size_t numResults) {
  ArrayList inputs(values);
  std::vector<PtqTensor> outputs(numResults);
  self.run([&](PtqModule *module, PtqError **error) {
    return ptqModuleEvaluate(module, name.c_str(), inputs.data(), inputs.size(),
                             outputs.data(), numResults, error);
  });
  py::list results;
  for (PtqTensor &output : outputs)
    results.append(takeArray(output, getDtype(output.kind), false));
  return results;
}

static CalibratorHandle createCalibrator(const Module &self,
                                         const std::optional<std::string> &name,
                                         const CalibrateArguments &arguments) {
  PtqCalibrateOptions options = arguments.get();
  return self.run([&](PtqModule *module, PtqError **error) {
    return CalibratorHandle(
        ptqCalibratorCreate(module, toC(name), &options, error));
  });
}

static void checkStatistics(const Module &self,
                            const StatisticsHandle &statistics,
                            const std::optional<std::string> &root) {
  self.run([&](PtqModule *module, PtqError **error) {
    return ptqStatisticsCheckModule(statistics.get(), module, toC(root), error);
  });
}

//===----------------------------------------------------------------------===//
// Definitions
//===----------------------------------------------------------------------===//

static void defineOptions(py::module_ &extension) {
  py::class_<QuantizeArguments>(extension, "QuantizeOptions")
      .def(py::init<>())
      .def_readwrite("recipe", &QuantizeArguments::recipe)
      .def_readwrite("recipe_file", &QuantizeArguments::recipeFile)
      .def_readwrite("skip", &QuantizeArguments::skip)
      .def_readwrite("scale", &QuantizeArguments::scale)
      .def_readwrite("parameters", &QuantizeArguments::parameters)
      .def_readwrite("root", &QuantizeArguments::root)
      .def_readwrite("statistics", &QuantizeArguments::statistics)
      .def_readwrite("range", &QuantizeArguments::range)
      .def_readwrite("smoothquant", &QuantizeArguments::smoothQuant)
      .def_readwrite("fail_on_fallback", &QuantizeArguments::failOnFallback);
  py::class_<CompileArguments>(extension, "CompileOptions")
      .def(py::init<>())
      .def_readwrite("cpu", &CompileArguments::cpu)
      .def_readwrite("features", &CompileArguments::features)
      .def_readwrite("triple", &CompileArguments::triple)
      .def_readwrite("root", &CompileArguments::root)
      .def_readwrite("threads", &CompileArguments::threads);
}

static Module parse(const py::bytes &source, const std::string &name) {
  std::string text = source;
  return Module::create([&](PtqContext *context, PtqError **error) {
    return ptqModuleParse(context, toRef(text), name.c_str(), error);
  });
}

static Module load(const std::string &path) {
  return Module::create([&](PtqContext *context, PtqError **error) {
    return ptqModuleLoad(context, path.c_str(), error);
  });
}

static Module importLlama(const std::string &folder, int64_t contextLength) {
  return Module::create([&](PtqContext *context, PtqError **error) {
    return ptqModuleImportLlama(context, folder.c_str(), contextLength, error);
  });
}

static Module importOnnx(const std::string &path) {
  return Module::create([&](PtqContext *context, PtqError **error) {
    return ptqModuleImportOnnx(context, path.c_str(), error);
  });
}

static std::string printText(const Module &self, int64_t maxElements) {
  auto text = self.run([&](PtqModule *module, PtqError **) {
    return StringHandle(ptqModulePrint(module, maxElements));
  });
  return text.get();
}

static void writeFile(const Module &self, const std::string &path) {
  self.run([&](PtqModule *module, PtqError **error) {
    return ptqModuleWrite(module, path.c_str(), error);
  });
}

static void runPipeline(Module &self, const std::string &pipeline) {
  self.run([&](PtqModule *module, PtqError **error) {
    return ptqModuleRunPipeline(module, pipeline.c_str(), error);
  });
}

static py::list getDecisions(const Module &self) {
  auto decisions = self.run([](PtqModule *module, PtqError **) {
    return DecisionsHandle(ptqModuleGetDecisions(module));
  });
  return toPython(*decisions);
}

void defineModule(py::module_ &extension) {
  defineOptions(extension);
  py::class_<Module>(extension, "Module")
      .def_static("parse", parse, py::arg("source"), py::arg("name"))
      .def_static("load", load, py::arg("path"))
      .def_static("import_llama", importLlama, py::arg("folder"),
                  py::arg("context_length"))
      .def_static("import_onnx", importOnnx, py::arg("path"))
      .def("clone", &Module::clone, py::call_guard<py::gil_scoped_release>())
      .def("print", printText, py::arg("max_elements"))
      .def("write", writeFile, py::arg("path"))
      .def("run", runPipeline, py::arg("pipeline"))
      .def("quantize", quantize, py::arg("options"))
      .def("get_decisions", getDecisions)
      .def("compile", compile, py::arg("options"))
      .def("emit", emit, py::arg("kind"), py::arg("path"), py::arg("options"))
      .def("create_calibrator", createCalibrator, py::arg("name"),
           py::arg("options"))
      .def("check_statistics", checkStatistics, py::arg("statistics"),
           py::arg("root"))
      .def("evaluate", evaluate, py::arg("name"), py::arg("inputs"),
           py::arg("num_results"));
}
