//===- Calibrate.cpp - Calibration in the C API ---------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Handles.h"
#include "Statistics.h"
#include "Tensors.h"

#include "ptq-c/Calibrate.h"
#include "ptq/Calibrate/Passes.h"
#include "ptq/Import/Tokenizer.h"
#include "ptq/Quantize/HashModel.h"
#include "ptq/Run/Calibrator.h"
#include "ptq/Run/CodeCache.h"
#include "ptq/Run/LanguageModelCalibrate.h"
#include "ptq/Run/LanguageModelPerplexity.h"

#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace mlir::ptq;

static const PtqCalibrateOptions &
getOptions(const PtqCalibrateOptions *options) {
  static const PtqCalibrateOptions defaults = {};
  return options ? *options : defaults;
}

static std::string getOr(const char *text, StringRef otherwise) {
  return (fromC(text).empty() ? otherwise : fromC(text)).str();
}

static double getMomentum(const PtqCalibrateOptions &options) {
  return options.momentum == 0 ? 0.01 : options.momentum;
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

struct PtqCalibrator {
  std::shared_ptr<ContextState> context; // holds the types of the entry point
  std::unique_ptr<Calibrator> calibrator;
  std::mutex mutex; // its state is of one sample
};

/// The function that is named, or the only one.
static llvm::Expected<std::string> findEntry(ModuleOp module, StringRef name) {
  auto entries = readEntryPoints(module);
  if (!entries)
    return entries.takeError();
  std::string names;
  for (const EntryPoint &entry : *entries) {
    if (entry.name == name || (name.empty() && entries->size() == 1))
      return entry.name;
    names += (names.empty() ? "" : ", ") + entry.name;
  }
  return llvm::createStringError("expects one of the functions " + names +
                                 ", but got '" + name + "'");
}

/// Observes the inputs of linears, unless the module says what to observe.
static llvm::Error insertObservers(ModuleOp module,
                                   const PtqCalibrateOptions &options) {
  if (!module.getOps<StatisticsOp>().empty())
    return llvm::Error::success();
  InsertObserversOptions passOptions;
  passOptions.observers = getOr(options.observers, "all");
  passOptions.recipe = getOr(options.recipe, "w8a8");
  passOptions.recipeFile = fromC(options.recipeFile).str();
  passOptions.skip = fromC(options.skip).str();
  passOptions.skipPositions = options.skipPositions;
  passOptions.momentum = getMomentum(options);
  auto manager = PassManager::on<ModuleOp>(module.getContext());
  manager.addPass(createInsertObservers(passOptions));
  if (failed(manager.run(module)))
    return llvm::createStringError("cannot observe the module");
  return llvm::Error::success();
}

static llvm::Expected<std::unique_ptr<Calibrator>>
createCalibrator(ModuleOp module, StringRef name,
                 const PtqCalibrateOptions &options) {
  llvm::Expected<std::string> entry = findEntry(module, name);
  if (!entry)
    return entry.takeError();
  llvm::Expected<std::string> hash = hashModel(module, fromC(options.root));
  if (!hash)
    return hash.takeError();
  if (llvm::Error error = insertObservers(module, options))
    return std::move(error);
  CompileOptions compileOptions;
  compileOptions.target.cpu = fromC(options.cpu).str();
  compileOptions.threads = options.threads;
  compileOptions.parameterRoot = fromC(options.root).str();
  compileOptions.codeCache = getCodeCache();
  return Calibrator::create(module, *entry, *hash, compileOptions);
}

PtqCalibrator *ptqCalibratorCreate(const PtqModule *module, const char *name,
                                   const PtqCalibrateOptions *options,
                                   PtqError **error) {
  Work work(*module->context);
  OwningOpRef<ModuleOp> copy = module->module.get().clone();
  auto calibrator = createCalibrator(*copy, fromC(name), getOptions(options));
  if (!calibrator) {
    work.fail(error, calibrator.takeError());
    return nullptr;
  }
  return new PtqCalibrator{module->context, std::move(*calibrator), {}};
}

bool ptqCalibratorRun(PtqCalibrator *calibrator, const PtqTensor *inputs,
                      size_t numInputs, PtqError **error) {
  SmallVector<Buffer> buffers;
  for (size_t i = 0; i < numInputs; ++i) {
    llvm::Expected<Buffer> buffer = toBuffer(inputs[i], i, /*inPlace=*/false);
    if (!buffer) {
      setError(error, buffer.takeError());
      return false;
    }
    buffers.push_back(std::move(*buffer));
  }
  std::lock_guard<std::mutex> lock(calibrator->mutex);
  auto results = calibrator->calibrator->run(buffers, hashInputs(buffers));
  if (results)
    return true;
  setError(error, results.takeError());
  return false;
}

PtqStatistics *ptqCalibratorCopyStatistics(PtqCalibrator *calibrator) {
  std::lock_guard<std::mutex> lock(calibrator->mutex);
  return new PtqStatistics(calibrator->calibrator->getStatistics());
}

void ptqCalibratorDestroy(PtqCalibrator *calibrator) { delete calibrator; }

//===----------------------------------------------------------------------===//
// Language models
//===----------------------------------------------------------------------===//

static llvm::Expected<TokenSamples> readSamples(StringRef folder,
                                                const PtqTextSamples &samples) {
  int64_t length = samples.length ? samples.length : 512;
  if (length < 2)
    return llvm::createStringError("expects sequences of 2 or more tokens");
  llvm::Expected<Tokenizer> tokenizer = readTokenizer(folder);
  if (!tokenizer)
    return tokenizer.takeError();
  llvm::Expected<TextFrame> frame = TextFrame::read(folder, *tokenizer);
  if (!frame)
    return frame.takeError();
  if (!frame->begin)
    return llvm::createStringError(
        folder + ": the model has no token that begins a text");
  TokenSamples tokens = makeSamples(*tokenizer, *frame->begin,
                                    splitDocuments(fromC(samples.text)), length,
                                    samples.numSamples, samples.seed);
  if (tokens.empty())
    return llvm::createStringError("expects a text that is not empty");
  return tokens;
}

PtqStatistics *ptqLanguageModelCalibrate(const char *folder,
                                         const PtqTextSamples *samples,
                                         const PtqCalibrateOptions *options,
                                         PtqProgressCallback progress,
                                         void *userData, PtqError **error) {
  const PtqCalibrateOptions &given = getOptions(options);
  if (!fromC(given.root).empty()) {
    setError(error, "expects no 'root'");
    return nullptr;
  }
  std::shared_lock<std::shared_mutex> forkLock(getForkMutex());
  llvm::Expected<TokenSamples> tokens = readSamples(fromC(folder), *samples);
  if (!tokens) {
    setError(error, tokens.takeError());
    return nullptr;
  }
  CalibrateLanguageModelOptions modelOptions;
  modelOptions.observers = getOr(given.observers, "all");
  modelOptions.recipe = getOr(given.recipe, "w8a8");
  modelOptions.recipeFile = fromC(given.recipeFile).str();
  modelOptions.skip = fromC(given.skip).str();
  modelOptions.skipPositions = given.skipPositions;
  modelOptions.momentum = getMomentum(given);
  modelOptions.cpu = fromC(given.cpu).str();
  modelOptions.threads = given.threads;
  modelOptions.codeCache = getCodeCache();
  auto report = [&](StringRef step, size_t done, size_t total) {
    if (progress)
      progress(toC(step), done, total, userData);
  };
  auto statistics = calibrateLanguageModel(
      fromC(folder), *tokens, modelOptions,
      [&](StringRef step) { report(step, 0, 0); },
      [&](size_t done) { report("samples", done, tokens->size()); });
  if (statistics)
    return new PtqStatistics(std::move(*statistics));
  setError(error, statistics.takeError());
  return nullptr;
}
