//===- LanguageModelCalibrate.cpp - What a language model sees inside -----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/LanguageModelCalibrate.h"

#include "ErrorCollector.h"
#include "LanguageModelContext.h"

#include "ptq/Calibrate/Passes.h"
#include "ptq/Import/Llama.h"
#include "ptq/Import/Tokenizer.h"
#include "ptq/Quantize/HashModel.h"
#include "ptq/Run/Calibrator.h"
#include "ptq/Run/LanguageModelPackage.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/ThreadPool.h"

#include <condition_variable>
#include <mutex>

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

/// Caches for sequences of up to `length` tokens.
static llvm::Expected<SmallVector<Buffer>> makeCaches(const EntryPoint &entry,
                                                      int64_t length) {
  SmallVector<Buffer> caches;
  for (Type type : ArrayRef(entry.arguments).drop_back().drop_front(2)) {
    auto cache = dyn_cast<MemRefType>(type);
    if (!cache || cache.getNumDynamicDims() != 1 ||
        !cache.getElementType().isF32())
      return llvm::createStringError("expects 'prefill' to take tokens, their "
                                     "position and two caches");
    SmallVector<int64_t> shape(cache.getShape());
    *llvm::find(shape, ShapedType::kDynamic) = length;
    caches.push_back(Buffer::allocate(ElementKind::Float32, shape));
  }
  return caches;
}

static int64_t getLongest(const TokenSamples &samples) {
  size_t length = 0;
  for (const std::vector<int64_t> &sample : samples)
    length = std::max(length, sample.size());
  return length;
}

/// Runs samples on threads of their own: the statistics do not depend on which
/// is done first.
static llvm::Error runSamples(Calibrator &calibrator,
                              const TokenSamples &samples, unsigned numWorkers,
                              llvm::function_ref<void(size_t)> reportSamples) {
  std::mutex mutex; // guards what follows
  std::condition_variable changed;
  size_t numStarted = 0, numDone = 0, numIdle = 0;
  llvm::Error error = llvm::Error::success();
  auto fail = [&](llvm::Error reason) {
    std::lock_guard<std::mutex> lock(mutex);
    error = llvm::joinErrors(std::move(error), std::move(reason));
    numStarted = samples.size();
  };
  auto work = [&] {
    auto caches = makeCaches(calibrator.getEntry(), getLongest(samples));
    if (!caches)
      return fail(caches.takeError());
    while (true) {
      size_t index = 0;
      {
        std::lock_guard<std::mutex> lock(mutex);
        if (numStarted >= samples.size())
          return;
        index = numStarted++;
      }
      Buffer tokens = Buffer::copyOf<int64_t>(samples[index]);
      SmallVector<Buffer> inputs = {tokens, Buffer::scalar<int64_t>(0)};
      llvm::append_range(inputs, *caches);
      auto logits = calibrator.run(inputs, hashInputs(tokens));
      if (!logits)
        return fail(logits.takeError());
      std::lock_guard<std::mutex> lock(mutex);
      ++numDone;
      changed.notify_one();
    }
  };
  auto workToTheEnd = [&] {
    work();
    std::lock_guard<std::mutex> lock(mutex);
    ++numIdle;
    changed.notify_one();
  };
  numWorkers = std::min<size_t>(numWorkers, samples.size());
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(numWorkers));
  for (unsigned i = 0; i < numWorkers; ++i)
    pool.async(workToTheEnd);
  // Reports come from the caller's thread.
  size_t numReported = 0;
  for (bool isBusy = true; isBusy;) {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(
        lock, [&] { return numDone != numReported || numIdle == numWorkers; });
    isBusy = numIdle != numWorkers;
    size_t numNew = numDone;
    lock.unlock();
    while (numReported < numNew)
      reportSamples(++numReported);
  }
  pool.wait();
  return error;
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
  importOptions.context = getLongest(samples);
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
  if (llvm::Error error =
          runSamples(**calibrator, samples, numWorkers, reportSamples))
    return std::move(error);
  return (*calibrator)->getStatistics();
}
