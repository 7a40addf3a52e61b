//===- Handles.h - What the handles of the C API stand for ---- -*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CAPI_HANDLES_H
#define PTQ_LIB_CAPI_HANDLES_H

#include "Error.h"

#include "ptq-c/Module.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <memory>
#include <mutex>
#include <shared_mutex>

namespace mlir::ptq {

/// Held, shared, by whoever may hold a lock of MLIR, and exclusively while the
/// process forks to check bytecode: the new process has one thread only, and
/// would wait for the others' locks forever.
std::shared_mutex &getForkMutex();

/// A context that everything made in it keeps alive.
struct ContextState {
  /// Of its own.
  ContextState();
  /// Of somebody else, who keeps it alive.
  explicit ContextState(MLIRContext *borrowed);

  std::unique_ptr<MLIRContext> owned;
  MLIRContext *mlir;
  /// Held while diagnostics are collected: they say not whose they are.
  std::mutex mutex;
  PtqDiagnosticHandler handler = nullptr;
  void *userData = nullptr;
};

/// One function of the C API at work in a context: nobody else is, and what is
/// emitted belongs to it.
class Work {
public:
  explicit Work(ContextState &state);

  /// Sets `*error` to what was emitted or, if nothing was, to `otherwise`.
  void fail(PtqError **error, const Twine &otherwise);
  void fail(PtqError **error, llvm::Error otherwise);

private:
  LogicalResult handle(Diagnostic &diagnostic);

  ContextState &state;
  std::shared_lock<std::shared_mutex> forkLock;
  std::lock_guard<std::mutex> lock;
  std::vector<StoredDiagnostic> errors;
  ScopedDiagnosticHandler collector;
};

/// Registers all passes and pipelines, ours and upstream's, once.
void registerPassesOnce();

/// Runs the passes that `build` adds on a copy of the module, which takes its
/// place if they succeed.
bool runPasses(PtqModule &module, Work &work, StringRef failure,
               llvm::function_ref<void(OpPassManager &)> build,
               PtqError **error);

} // namespace mlir::ptq

struct PtqContext {
  std::shared_ptr<mlir::ptq::ContextState> state;
};

struct PtqModule {
  std::shared_ptr<mlir::ptq::ContextState> context; // outlives the module
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

#endif // PTQ_LIB_CAPI_HANDLES_H
