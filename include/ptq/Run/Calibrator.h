//===- Calibrator.h - Run an observed function, sample by sample ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_CALIBRATOR_H
#define PTQ_RUN_CALIBRATOR_H

#include "ptq/Calibrate/StateLayout.h"
#include "ptq/Run/CompiledModule.h"

#include <mutex>

namespace mlir::ptq {

/// Compiles a module with observers and collects what they see.
///
///     auto calibrator = Calibrator::create(module, "prefill", hash, options);
///     for (ArrayRef<Buffer> inputs : samples)
///       if (auto results = (*calibrator)->run(inputs, hashInputs(inputs));
///       ...)
///     (*calibrator)->getStatistics().save("model.stats");
class Calibrator {
public:
  /// Compiles the public function `entry` of `module`, which is lowered in
  /// place and not needed afterwards; other public functions are erased. `hash`
  /// is that of the model. Fails if nothing observes in `entry`.
  static llvm::Expected<std::unique_ptr<Calibrator>>
  create(ModuleOp module, StringRef entry, StringRef hash,
         const CompileOptions &options = {});

  /// Calls the function on one sample. `key` orders samples where their order
  /// matters (the moving average): it should tell one from another.
  /// Thread-safe: samples may be seen in any order, and at the same time.
  llvm::Expected<SmallVector<Buffer>> run(ArrayRef<Buffer> inputs,
                                          uint64_t key);

  /// Of the samples that are done.
  const Statistics &getStatistics() const { return statistics; }
  /// The same, and starts anew: the next ones are of samples from now on.
  Statistics takeStatistics();
  const EntryPoint &getEntry() const { return *compiled->find(entry); }

private:
  Calibrator() = default;

  std::string entry;
  StateLayout layout;
  std::mutex mutex;
  /// Zero, one for each call that is under way at the same time.
  SmallVector<Buffer> freeStates;
  Statistics statistics;
  std::unique_ptr<CompiledModule> compiled;
};

/// A key of a sample that depends on its contents alone.
uint64_t hashInputs(ArrayRef<Buffer> inputs);

} // namespace mlir::ptq

#endif // PTQ_RUN_CALIBRATOR_H
