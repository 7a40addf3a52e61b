//===- Context.cpp - Contexts of the C API --------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Handles.h"

#include "ptq/InitAll.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Registration
//===----------------------------------------------------------------------===//

static const DialectRegistry &getRegistry() {
  static const DialectRegistry *registry = [] {
    auto *all = new DialectRegistry(); // lives as long as the process
    mlir::registerAllDialects(*all);
    mlir::registerAllExtensions(*all);
    ptq::registerAllDialects(*all);
    return all;
  }();
  return *registry;
}

void ptq::registerPassesOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    mlir::registerAllPasses();
    // The program may have a copy of its own, with other identities.
    if (!PassInfo::lookup("ptq-quantize-linears"))
      ptq::registerAllPasses();
  });
}

ContextState::ContextState()
    : owned(std::make_unique<MLIRContext>(getRegistry())), mlir(owned.get()) {
  // A note with the text of the op would be longer than all that is said.
  mlir->printOpOnDiagnostic(false);
}

ContextState::ContextState(MLIRContext *borrowed) : mlir(borrowed) {
  mlir->appendDialectRegistry(getRegistry());
}

//===----------------------------------------------------------------------===//
// Work
//===----------------------------------------------------------------------===//

static PtqSeverity toC(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Note:
    return PTQ_SEVERITY_NOTE;
  case DiagnosticSeverity::Warning:
    return PTQ_SEVERITY_WARNING;
  case DiagnosticSeverity::Error:
    return PTQ_SEVERITY_ERROR;
  case DiagnosticSeverity::Remark:
    return PTQ_SEVERITY_REMARK;
  }
  llvm_unreachable("unknown severity");
}

std::shared_mutex &ptq::getForkMutex() {
  static std::shared_mutex mutex;
  return mutex;
}

Work::Work(ContextState &state)
    : state(state), forkLock(getForkMutex()), lock(state.mutex),
      collector(state.mlir,
                [this](Diagnostic &diagnostic) { return handle(diagnostic); }) {
}

LogicalResult Work::handle(Diagnostic &diagnostic) {
  bool isError = diagnostic.getSeverity() == DiagnosticSeverity::Error;
  if (!isError && !state.handler)
    return failure(); // printed where MLIR prints it
  auto store = [&](Diagnostic &part) {
    StoredDiagnostic stored(part, ::toC(part.getSeverity()));
    if (isError) {
      errors.push_back(std::move(stored));
      return;
    }
    PtqDiagnostic view = stored.get();
    state.handler(&view, state.userData);
  };
  store(diagnostic);
  for (Diagnostic &note : diagnostic.getNotes())
    store(note);
  return success();
}

void Work::fail(PtqError **error, const Twine &otherwise) {
  setError(error, otherwise.str(), std::move(errors));
}

void Work::fail(PtqError **error, llvm::Error otherwise) {
  setError(error, std::move(otherwise), std::move(errors));
}

bool ptq::runPasses(PtqModule &module, Work &work, StringRef failure,
                    llvm::function_ref<void(OpPassManager &)> build,
                    PtqError **error) {
  auto manager = PassManager::on<ModuleOp>(module.context->mlir);
  build(manager);
  OwningOpRef<ModuleOp> copy = module.module->clone();
  if (failed(manager.run(*copy))) {
    work.fail(error, failure);
    return false;
  }
  module.module = std::move(copy);
  return true;
}

//===----------------------------------------------------------------------===//
// C API
//===----------------------------------------------------------------------===//

PtqContext *ptqContextCreate() {
  return new PtqContext{std::make_shared<ContextState>()};
}

void ptqContextDestroy(PtqContext *context) { delete context; }

void ptqContextSetDiagnosticHandler(PtqContext *context,
                                    PtqDiagnosticHandler handler,
                                    void *userData) {
  std::lock_guard<std::mutex> lock(context->state->mutex);
  context->state->handler = handler;
  context->state->userData = userData;
}
