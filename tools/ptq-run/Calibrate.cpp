//===- Calibrate.cpp - ptq-run --calibrate --------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Calls.h"

#include "ptq/Calibrate/Passes.h"
#include "ptq/Quantize/HashModel.h"
#include "ptq/Run/Calibrator.h"
#include "ptq/Run/CodeCache.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace mlir;
using namespace mlir::ptq;

/// Observes the inputs of linears, unless the module says what to observe.
static llvm::Error insertObservers(ModuleOp module, const RunOptions &options) {
  if (!module.getOps<StatisticsOp>().empty())
    return llvm::Error::success();
  InsertObserversOptions passOptions;
  passOptions.observers = options.observers;
  passOptions.recipe = options.recipe;
  passOptions.skipPositions = options.skipPositions;
  auto manager = PassManager::on<ModuleOp>(module.getContext());
  manager.addPass(createInsertObservers(passOptions));
  if (failed(manager.run(module)))
    return llvm::createStringError("cannot observe the module");
  return llvm::Error::success();
}

/// On a terminal, how far it is.
static void showProgress(size_t numDone, size_t numSamples, double seconds) {
  if (!llvm::errs().is_displayed())
    return;
  llvm::errs() << "\r\033[K";
  if (numDone < numSamples)
    llvm::errs() << llvm::formatv("{0} of {1} samples, {2:f0} s left", numDone,
                                  numSamples,
                                  seconds / numDone * (numSamples - numDone));
}

llvm::Error ptq::calibrate(ModuleOp module, const RunOptions &options) {
  llvm::Expected<EntryPoint> entry = findEntry(module, options.entry);
  if (!entry)
    return entry.takeError();
  size_t numArguments = entry->arguments.size();
  size_t numInputs = options.inputs.size();
  if (numInputs == 0 || numArguments == 0 || numInputs % numArguments != 0)
    return llvm::createStringError(
        "expects --input for each of " + Twine(numArguments) +
        " arguments of each sample, but got " + Twine(numInputs));
  llvm::Expected<std::string> hash = hashModel(module, options.parameterRoot);
  if (!hash)
    return hash.takeError();
  if (llvm::Error error = insertObservers(module, options))
    return error;
  CompileOptions compileOptions;
  compileOptions.target = options.target;
  compileOptions.threads = options.threads;
  compileOptions.parameterRoot = options.parameterRoot;
  compileOptions.codeCache = getCodeCache();
  auto calibrator =
      Calibrator::create(module, entry->name, *hash, compileOptions);
  if (!calibrator)
    return calibrator.takeError();
  auto start = std::chrono::steady_clock::now();
  for (size_t i = 0; i < numInputs; i += numArguments) {
    llvm::Expected<SmallVector<Buffer>> inputs =
        readInputs(ArrayRef(options.inputs).slice(i, numArguments));
    if (!inputs)
      return inputs.takeError();
    auto results = (*calibrator)->run(*inputs, hashInputs(*inputs));
    if (!results)
      return results.takeError();
    std::chrono::duration<double> time =
        std::chrono::steady_clock::now() - start;
    showProgress(i / numArguments + 1, numInputs / numArguments, time.count());
  }
  return (*calibrator)->getStatistics().save(options.emitFile);
}
