//===- SampleRunner.cpp - Prefill of many sequences -----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SampleRunner.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/ThreadPool.h"

#include <condition_variable>
#include <mutex>

using namespace mlir;
using namespace mlir::ptq;

/// Caches for sequences of up to `length` tokens.
static llvm::Expected<SmallVector<Buffer>> makeCaches(const EntryPoint &prefill,
                                                      int64_t length) {
  auto fail = [] {
    return llvm::createStringError("expects 'prefill' to take tokens, their "
                                   "position and two caches");
  };
  if (prefill.arguments.size() < 4)
    return fail();
  SmallVector<Buffer> caches;
  for (Type type : ArrayRef(prefill.arguments).slice(2, 2)) {
    auto cache = dyn_cast<MemRefType>(type);
    if (!cache || cache.getNumDynamicDims() != 1 ||
        !cache.getElementType().isF32())
      return fail();
    SmallVector<int64_t> shape(cache.getShape());
    *llvm::find(shape, ShapedType::kDynamic) = length;
    caches.push_back(Buffer::allocate(ElementKind::Float32, shape));
  }
  return caches;
}

int64_t ptq::getLongestSample(const TokenSamples &samples) {
  size_t length = 0;
  for (const std::vector<int64_t> &sample : samples)
    length = std::max(length, sample.size());
  return length;
}

llvm::Error
ptq::runSamples(const EntryPoint &prefill, const TokenSamples &samples,
                unsigned numWorkers,
                llvm::function_ref<llvm::Error(size_t, ArrayRef<Buffer>)> run,
                llvm::function_ref<void(size_t)> reportDone) {
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
    auto caches = makeCaches(prefill, getLongestSample(samples));
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
      SmallVector<Buffer> inputs = {Buffer::copyOf<int64_t>(samples[index]),
                                    Buffer::scalar<int64_t>(0)};
      llvm::append_range(inputs, *caches);
      if (llvm::Error failed = run(index, inputs))
        return fail(std::move(failed));
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
      reportDone(++numReported);
  }
  pool.wait();
  return error;
}
