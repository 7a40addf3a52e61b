//===- LanguageModelCalibrate.cpp - What a language model sees inside -----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/LanguageModelCalibrate.h"

#include "ErrorCollector.h"
#include "LanguageModelContext.h"
#include "SampleRunner.h"

#include "ptq/Calibrate/Passes.h"
#include "ptq/Import/Llama.h"
#include "ptq/Import/Tokenizer.h"
#include "ptq/Quantize/HashModel.h"
#include "ptq/Run/Calibrator.h"
#include "ptq/Run/LanguageModelPackage.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Threading.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Samples
//===----------------------------------------------------------------------===//

/// SplitMix64.
static uint64_t getRandom(uint64_t &state) {
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/// `count` of `size` numbers, each subset equally likely, ascending.
static std::vector<size_t> chooseNumbers(size_t size, size_t count,
                                         uint64_t seed) {
  std::vector<size_t> chosen;
  for (size_t i = 0; i < size && chosen.size() < count; ++i)
    if (getRandom(seed) % (size - i) < count - chosen.size())
      chosen.push_back(i);
  return chosen;
}

TokenSamples ptq::makeSamples(const Tokenizer &tokenizer, int64_t begin,
                              ArrayRef<StringRef> documents, int64_t length,
                              size_t numSamples, uint64_t seed) {
  assert(length > 1 && "a sample has a token behind its first one");
  std::vector<int64_t> stream;
  for (StringRef document : documents) {
    if (!stream.empty())
      stream.push_back(begin);
    llvm::append_range(stream, tokenizer.encode(document));
  }
  TokenSamples samples;
  for (ArrayRef<int64_t> rest = stream; !rest.empty();) {
    ArrayRef<int64_t> part = rest.take_front(length - 1);
    rest = rest.drop_front(part.size());
    if (!samples.empty() && int64_t(part.size()) < length - 1)
      break;
    samples.push_back({begin});
    llvm::append_range(samples.back(), part);
  }
  if (numSamples == 0 || numSamples >= samples.size())
    return samples;
  TokenSamples chosen;
  for (size_t index : chooseNumbers(samples.size(), numSamples, seed))
    chosen.push_back(std::move(samples[index]));
  return chosen;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

static llvm::Error
insertObservers(ModuleOp module, const CalibrateLanguageModelOptions &options) {
  InsertObserversOptions passOptions;
  passOptions.observers = options.observers;
  passOptions.recipe = options.recipe;
  passOptions.recipeFile = options.recipeFile;
  passOptions.skip = options.skip;
  passOptions.skipPositions = options.skipPositions;
  passOptions.momentum = options.momentum;
  ErrorCollector errors(module.getContext());
  auto manager = PassManager::on<ModuleOp>(module.getContext());
  manager.addPass(createInsertObservers(passOptions));
  if (failed(manager.run(module)))
    return errors.get("cannot observe the model");
  return llvm::Error::success();
}

llvm::Expected<Statistics>
ptq::calibrateLanguageModel(StringRef folder, const TokenSamples &samples,
                            const CalibrateLanguageModelOptions &options,
                            llvm::function_ref<void(StringRef)> reportStep,
                            llvm::function_ref<void(size_t)> reportSamples) {
  if (isPackage(folder))
    return llvm::createStringError(folder +
                                   ": expects a checkpoint, but got a package");
  reportStep("importing");
  std::unique_ptr<MLIRContext> context = createLanguageModelContext();
  LlamaImportOptions importOptions;
  importOptions.context = getLongestSample(samples);
  auto module = importLlama(folder, context.get(), importOptions);
  if (!module)
    return module.takeError();
  llvm::Expected<std::string> hash = hashModel(**module, folder);
  if (!hash)
    return hash.takeError();
  if (llvm::Error error = insertObservers(**module, options))
    return std::move(error);

  reportStep("compiling");
  CompileOptions compileOptions;
  compileOptions.target.cpu = options.cpu;
  // A thread for each sample beats several threads for one.
  unsigned numWorkers =
      llvm::hardware_concurrency(options.threads).compute_thread_count();
  compileOptions.threads = samples.size() < numWorkers ? numWorkers : 1;
  compileOptions.parameterRoot = folder.str();
  compileOptions.codeCache = options.codeCache;
  ErrorCollector errors(context.get());
  auto calibrator =
      Calibrator::create(**module, "prefill", *hash, compileOptions);
  if (!calibrator)
    return errors.get(folder + ": " + llvm::toString(calibrator.takeError()));
  auto run = [&](size_t, ArrayRef<Buffer> inputs) -> llvm::Error {
    return (*calibrator)->run(inputs, hashInputs(inputs.front())).takeError();
  };
  if (llvm::Error error = runSamples((*calibrator)->getEntry(), samples,
                                     numWorkers, run, reportSamples))
    return std::move(error);
  return (*calibrator)->getStatistics();
}
