//===- Calibrator.cpp - Run an observed function, sample by sample --------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/Calibrator.h"

#include "ptq/Calibrate/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace mlir::ptq;

/// Leaves `entry` and what it needs.
static void eraseOthers(ModuleOp module, StringRef entry) {
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && function.getSymName() != entry)
      function.setPrivate();
}

/// Whether a call of `entry` observes.
static bool takesState(ModuleOp module, StringRef entry, int64_t numBytes) {
  auto function = module.lookupSymbol<func::FuncOp>(entry);
  if (!function || function.getNumArguments() == 0)
    return false;
  auto type = dyn_cast<MemRefType>(function.getArgumentTypes().back());
  return type && type.getElementType().isInteger(8) &&
         type.getShape() == ArrayRef(numBytes);
}

llvm::Expected<std::unique_ptr<Calibrator>>
Calibrator::create(ModuleOp module, StringRef entry, StringRef hash,
                   const CompileOptions &options) {
  std::unique_ptr<Calibrator> calibrator(new Calibrator());
  calibrator->entry = entry.str();
  eraseOthers(module, entry);
  auto manager = PassManager::on<ModuleOp>(module.getContext());
  manager.addPass(createSymbolDCEPass());
  if (failed(manager.run(module)))
    return llvm::createStringError("cannot prepare '" + entry +
                                   "' for calibration");
  calibrator->layout = StateLayout::get(module);
  calibrator->statistics = calibrator->layout.makeStatistics(hash);
  auto lowering = PassManager::on<ModuleOp>(module.getContext());
  lowering.addPass(createLowerObservers());
  if (failed(lowering.run(module)))
    return llvm::createStringError("cannot lower the observers of '" + entry +
                                   "'");
  int64_t numBytes = calibrator->layout.numBytes;
  if (numBytes == 0 || !takesState(module, entry, numBytes))
    return llvm::createStringError("expects '" + entry +
                                   "' to observe something");
  auto compiled = CompiledModule::create(module, options);
  if (!compiled)
    return compiled.takeError();
  calibrator->compiled = std::move(*compiled);
  return calibrator;
}

llvm::Expected<SmallVector<Buffer>> Calibrator::run(ArrayRef<Buffer> inputs,
                                                    uint64_t key) {
  Buffer state;
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (!freeStates.empty())
      state = freeStates.pop_back_val();
  }
  if (!state)
    state = Buffer::allocate(ElementKind::Int8, {layout.numBytes});
  SmallVector<Buffer> arguments(inputs);
  arguments.push_back(state);
  llvm::Expected<SmallVector<Buffer>> results =
      compiled->call(entry, arguments);
  if (!results)
    return results.takeError();
  MutableArrayRef<char> bytes(static_cast<char *>(state.getData()),
                              state.getNumBytes());
  std::lock_guard<std::mutex> lock(mutex);
  if (llvm::Error error = layout.absorb(bytes, key, statistics))
    return std::move(error);
  freeStates.push_back(state);
  return results;
}

Statistics Calibrator::takeStatistics() {
  std::lock_guard<std::mutex> lock(mutex);
  Statistics empty = layout.makeStatistics(statistics.getModel());
  return std::exchange(statistics, std::move(empty));
}

uint64_t ptq::hashInputs(ArrayRef<Buffer> inputs) {
  std::vector<uint64_t> hashes;
  for (const Buffer &input : inputs) {
    ArrayRef<char> bytes = input.getBytes();
    hashes.push_back(llvm::xxh3_64bits(
        {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()}));
  }
  return llvm::xxh3_64bits({reinterpret_cast<const uint8_t *>(hashes.data()),
                            hashes.size() * sizeof(uint64_t)});
}
