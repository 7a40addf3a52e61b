//===- LanguageModelCompile.cpp - A language model as a C library ---------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/LanguageModelCompile.h"

#include "CompiledParameters.h"
#include "ErrorCollector.h"
#include "LanguageModelContext.h"
#include "ptq/Codegen/Target.h"
#include "ptq/IR/Parameters.h"
#include "ptq/Run/Emit.h"
#include "ptq/Run/LanguageModelPackage.h"
#include "ptq/Run/OutputFile.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::ptq;

static std::string join(StringRef folder, StringRef name) {
  SmallString<128> path(folder);
  llvm::sys::path::append(path, name);
  return path.str().str();
}

//===----------------------------------------------------------------------===//
// The model beside its code
//===----------------------------------------------------------------------===//

/// Whether compileLanguageModel() has made `folder`.
static bool isCompiledModel(StringRef folder) {
  return !isPackage(folder) &&
         llvm::sys::fs::exists(join(folder, packageModuleFile)) &&
         llvm::sys::fs::exists(join(folder, "model.o"));
}

/// Writes `module` as it is before it is lowered, its weights in the file of
/// parameters: what the folder is compiled from for another CPU.
static llvm::Error writeSource(ModuleOp module, StringRef output) {
  OwningOpRef<ModuleOp> copy(module.clone());
  AttrTypeReplacer replacer;
  replacer.addReplacement([](ExternalAttr value) -> Attribute {
    return CompiledParameters::getReplacement(value);
  });
  replacer.recursivelyReplaceElementsIn(*copy, /*replaceAttrs=*/true);
  auto manager = PassManager::on<ModuleOp>(module.getContext());
  manager.addPass(createStripDebugInfoPass());
  if (failed(manager.run(*copy)))
    return llvm::createStringError("cannot write the module");
  return writeModuleFile(*copy, join(output, packageModuleFile));
}

namespace {
/// A model that is to be compiled, and the folder of its weights.
struct Source {
  OwningOpRef<ModuleOp> module;
  std::string parameterRoot;
};
} // namespace

/// Reads a model; unpacks the weights of one that is compiled to the folder
/// `temporary`.
static llvm::Expected<Source>
readSource(StringRef folder, StringRef temporary, MLIRContext *context,
           const CompileLanguageModelOptions &options) {
  bool isCompiled = isCompiledModel(folder);
  auto module = isCompiled ? readModuleFile(folder, context)
                           : readLanguageModel(folder, context, options.context,
                                               /*verifiesAll=*/false);
  if (!module)
    return module.takeError();
  if (!isCompiled)
    return Source{std::move(*module), folder.str()};
  if (std::error_code code = llvm::sys::fs::create_directories(temporary))
    return llvm::createStringError(temporary + ": " + code.message());
  if (llvm::Error error =
          unpackParameters(join(folder, packageParametersFile),
                           join(temporary, packageParametersFile), context))
    return std::move(error);
  return Source{std::move(*module), temporary.str()};
}

//===----------------------------------------------------------------------===//
// Code and parameters
//===----------------------------------------------------------------------===//

/// Has the entry points of `module` read their parameters from their file.
static void replaceParameters(ModuleOp module) {
  AttrTypeReplacer replacer;
  replacer.addReplacement([&](DictionaryAttr parameter) -> Attribute {
    Attribute value = parameter.get("value");
    if (!isa_and_present<ExternalAttr, PackOnLoadAttr>(value))
      return parameter;
    NamedAttrList fields(parameter);
    fields.set("value", CompiledParameters::getReplacement(value));
    return fields.getDictionary(parameter.getContext());
  });
  module->setAttr("ptq.entry_points",
                  replacer.replace(module->getAttr("ptq.entry_points")));
}

/// The target that `module` was lowered for: "TRIPLE CPU [FEATURES]".
static std::string nameTarget(ModuleOp module) {
  FailureOr<TargetDescription> target = getTarget(module);
  if (failed(target))
    return "";
  std::string name = target->triple + " " + target->cpu;
  return target->features.empty() ? name : name + " " + target->features;
}

/// Lowers `module` for the target, and writes its parameters.
static llvm::Error prepare(ModuleOp module, StringRef folder,
                           StringRef parametersPath,
                           const CompileLanguageModelOptions &options) {
  if (llvm::Error error =
          lowerToLLVM(module, options.target, Kernels::PackedOnLoad))
    return error;
  auto entryPoints = readEntryPoints(module);
  if (!entryPoints)
    return entryPoints.takeError();
  CompiledParameters parameters(*entryPoints, folder);
  if (llvm::Error error = parameters.write(parametersPath, nameTarget(module)))
    return error;
  replaceParameters(module);
  return llvm::Error::success();
}

static llvm::Error writeProgram(ModuleOp module, StringRef parametersPath,
                                StringRef path, int64_t contextLength) {
  auto entryPoints = readEntryPoints(module);
  if (!entryPoints)
    return entryPoints.takeError();
  auto parameters = SafetensorsFile::open(parametersPath);
  if (!parameters)
    return parameters.takeError();
  auto program =
      makeLanguageModelProgram(*entryPoints, **parameters, contextLength);
  if (!program)
    return program.takeError();
  return writeOutputFile(path, [&](raw_ostream &os) { os << *program; });
}

llvm::Error
ptq::compileLanguageModel(StringRef folder, StringRef output,
                          const CompileLanguageModelOptions &options,
                          llvm::function_ref<void(StringRef)> report) {
  std::unique_ptr<MLIRContext> context = createLanguageModelContext();
  SmallString<128> temporary;
  llvm::sys::fs::createUniquePath(output + ".%%%%%%%%", temporary,
                                  /*MakeAbsolute=*/false);
  llvm::scope_exit removeTemporary(
      [&] { llvm::sys::fs::remove_directories(temporary); });
  ErrorCollector errors(context.get());
  auto source = readSource(folder, temporary, context.get(), options);
  if (!source)
    return source.takeError();
  ModuleOp module = *source->module;
  llvm::Expected<int64_t> contextLength = readContextLength(module, folder);
  if (!contextLength)
    return contextLength.takeError();
  if (std::error_code code = llvm::sys::fs::create_directories(output))
    return llvm::createStringError(output + ": " + code.message());
  report("compiling " + folder.str());
  if (llvm::Error error = writeSource(module, output))
    return error;
  std::string parameters = join(output, packageParametersFile);
  if (llvm::Error error =
          prepare(module, source->parameterRoot, parameters, options))
    return errors.get(folder + ": " + llvm::toString(std::move(error)));
  std::string object = join(output, "model.o");
  if (llvm::Error error = emitModule(module, EmitKind::Object, object))
    return error;
  if (auto header = emitHeader(module, object); !header)
    return header.takeError();
  return writeProgram(module, parameters, join(output, "model.c"),
                      *contextLength);
}
