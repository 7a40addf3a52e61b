//===- ptq-run.cpp - Compiles a module and calls a function of it ---------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   ptq-run m.mlir --entry=f --input=x.npy --output=y.npy
//   ptq-run m.mlir --entry=f --input=x.npy --output=y.npy --reference
//   ptq-run m.mlir --emit=shared -o libm.so --target=aarch64-linux-gnu
//
// Exits with 1 if a file or module is wrong, with 2 if the command line is.
//
//===----------------------------------------------------------------------===//

#include "Calls.h"

#include "ptq/IR/BytecodeGuard.h"
#include "ptq/InitAll.h"
#include "ptq/Run/CodeCache.h"
#include "ptq/Run/CompiledModule.h"
#include "ptq/Run/Evaluate.h"
#include "ptq/Run/Npy.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace mlir::ptq;

enum ExitStatus { done = 0, badInput = 1, badUsage = 2 };

/// Says what is wrong, and is the exit status for it.
static int fail(ExitStatus status, llvm::Error error) {
  llvm::WithColor::error(llvm::errs(), "ptq-run")
      << llvm::toString(std::move(error)) << "\n";
  return status;
}

/// Code for several CPUs, which are separated by commas.
static llvm::Error emitSeveral(ModuleOp module, const RunOptions &options) {
  SmallVector<StringRef> names;
  StringRef(options.target.cpu).split(names, ',');
  std::vector<std::string> cpus(names.begin(), names.end());
  auto lowered = emitVariants(module, options.target, cpus, *options.emitKind,
                              options.emitFile);
  if (!lowered)
    return lowered.takeError();
  return emitHeader(**lowered, options.emitFile).takeError();
}

static llvm::Error emit(ModuleOp module, const RunOptions &options) {
  if (StringRef(options.target.cpu).contains(','))
    return emitSeveral(module, options);
  if (llvm::Error error = lowerToLLVM(module, options.target))
    return error;
  if (llvm::Error error =
          emitModule(module, *options.emitKind, options.emitFile))
    return error;
  if (*options.emitKind != EmitKind::Object &&
      *options.emitKind != EmitKind::SharedLibrary)
    return llvm::Error::success();
  return emitHeader(module, options.emitFile).takeError();
}

llvm::Expected<SmallVector<Buffer>>
ptq::readInputs(ArrayRef<std::string> files) {
  SmallVector<Buffer> inputs;
  for (StringRef file : files) {
    llvm::Expected<Buffer> input = readNpy(file);
    if (!input)
      return input.takeError();
    inputs.push_back(*input);
  }
  return inputs;
}

/// The function that is named, or the only one.
llvm::Expected<EntryPoint> ptq::findEntry(ModuleOp module, StringRef name) {
  auto entryPoints = readEntryPoints(module);
  if (!entryPoints)
    return entryPoints.takeError();
  if (name.empty() && entryPoints->size() == 1)
    return entryPoints->front();
  for (const EntryPoint &entry : *entryPoints)
    if (entry.name == name)
      return entry;
  auto names = llvm::map_range(
      *entryPoints, [](const EntryPoint &entry) { return entry.name; });
  return llvm::createStringError("expects --entry to be one of: " +
                                 llvm::join(names, ", "));
}

static llvm::Expected<SmallVector<Buffer>>
callCompiled(ModuleOp module, StringRef entry, ArrayRef<Buffer> inputs,
             const RunOptions &options) {
  CompileOptions compileOptions;
  compileOptions.target = options.target;
  compileOptions.threads = options.threads;
  compileOptions.parameterRoot = options.parameterRoot;
  compileOptions.codeCache = getCodeCache();
  auto compiled = CompiledModule::create(module, compileOptions);
  if (!compiled)
    return compiled.takeError();
  return (*compiled)->call(entry, inputs);
}

static llvm::Error call(ModuleOp module, const RunOptions &options) {
  llvm::Expected<EntryPoint> entry = findEntry(module, options.entry);
  if (!entry)
    return entry.takeError();
  if (options.outputs.size() != entry->results.size())
    return llvm::createStringError(
        "expects --output once for each of " + Twine(entry->results.size()) +
        " results, but got " + Twine(options.outputs.size()));
  llvm::Expected<SmallVector<Buffer>> inputs = readInputs(options.inputs);
  if (!inputs)
    return inputs.takeError();
  auto results = options.useReference
                     ? evaluateReference(module, entry->name, *inputs,
                                         options.parameterRoot)
                     : callCompiled(module, entry->name, *inputs, options);
  if (!results)
    return results.takeError();
  for (auto [file, result] : llvm::zip_equal(options.outputs, *results))
    if (llvm::Error error = writeNpy(file, result))
      return error;
  return llvm::Error::success();
}

static int run(const RunOptions &options) {
  DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  ptq::registerAllDialects(registry);

  std::string message;
  auto file = openInputFile(options.moduleFile, llvm::Align(bytecodeAlignment),
                            &message);
  if (!file)
    return fail(badInput, llvm::createStringError(message));
  if (llvm::Error error = checkBytecode(*file, registry))
    return fail(badInput, std::move(error));
  MLIRContext context(registry);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(file), llvm::SMLoc());
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  auto module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module)
    return fail(badInput, llvm::createStringError("cannot read the module '" +
                                                  options.moduleFile + "'"));
  llvm::Error error = options.calibrates ? calibrate(*module, options)
                      : options.emitKind ? emit(*module, options)
                                         : call(*module, options);
  return error ? fail(badInput, std::move(error)) : done;
}

int main(int argc, char **argv) {
  llvm::InitLLVM initialize(argc, argv);
  llvm::Expected<RunOptions> options = parseRunOptions(argc, argv);
  if (!options)
    return fail(badUsage, options.takeError());
  if (options->showHelp) {
    printRunHelp(llvm::outs());
    return done;
  }
  return run(*options);
}
