//===- Module.cpp - Modules of the C API ----------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Handles.h"

#include "ptq/IR/BytecodeGuard.h"
#include "ptq/Import/Llama.h"
#include "ptq/Import/ONNX.h"
#include "ptq/Run/OutputFile.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static PtqModule *parse(const PtqContext &context,
                        std::unique_ptr<llvm::MemoryBuffer> buffer,
                        PtqError **error) {
  {
    std::unique_lock<std::shared_mutex> lock(getForkMutex());
    if (llvm::Error wrong =
            checkBytecode(*buffer, context.state->mlir->getDialectRegistry())) {
      setError(error, std::move(wrong));
      return nullptr;
    }
  }
  Work work(*context.state);
  std::string name = buffer->getBufferIdentifier().str();
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  auto module = parseSourceFile<ModuleOp>(sources, context.state->mlir);
  if (!module) {
    work.fail(error, name + ": cannot read the module");
    return nullptr;
  }
  return new PtqModule{context.state, std::move(module)};
}

PtqModule *ptqModuleParse(PtqContext *context, PtqStringRef source,
                          const char *name, PtqError **error) {
  StringRef text = fromC(source);
  auto copy = llvm::WritableMemoryBuffer::getNewUninitMemBuffer(
      text.size(), fromC(name), llvm::Align(bytecodeAlignment));
  if (!copy) {
    setError(error, fromC(name).str() + ": does not fit memory");
    return nullptr;
  }
  llvm::copy(text, copy->getBufferStart());
  return parse(*context, std::move(copy), error);
}

PtqModule *ptqModuleLoad(PtqContext *context, const char *path,
                         PtqError **error) {
  auto buffer = llvm::MemoryBuffer::getFile(
      fromC(path), /*IsText=*/false, /*RequiresNullTerminator=*/true,
      /*IsVolatile=*/false, llvm::Align(bytecodeAlignment));
  if (std::error_code code = buffer.getError()) {
    setError(error, fromC(path).str() + ": " + code.message());
    return nullptr;
  }
  return parse(*context, std::move(*buffer), error);
}

PtqModule *ptqModuleImportLlama(PtqContext *context, const char *folder,
                                int64_t contextLength, PtqError **error) {
  Work work(*context->state);
  LlamaImportOptions options;
  options.context = contextLength;
  if (contextLength < 0) {
    work.fail(error, "expects a context length of 0 or more, but got " +
                         Twine(contextLength));
    return nullptr;
  }
  auto module = importLlama(fromC(folder), context->state->mlir, options);
  if (!module) {
    work.fail(error, module.takeError());
    return nullptr;
  }
  return new PtqModule{context->state, std::move(*module)};
}

PtqModule *ptqModuleImportOnnx(PtqContext *context, const char *path,
                               PtqError **error) {
  Work work(*context->state);
  auto module = importOnnx(fromC(path), context->state->mlir);
  if (!module) {
    work.fail(error, module.takeError());
    return nullptr;
  }
  if (failed(verify(**module))) {
    work.fail(error, fromC(path) + ": cannot import the model");
    return nullptr;
  }
  return new PtqModule{context->state, std::move(*module)};
}

//===----------------------------------------------------------------------===//
// Copying
//===----------------------------------------------------------------------===//

PtqModule *ptqModuleClone(const PtqModule *module) {
  std::lock_guard<std::mutex> lock(module->context->mutex);
  return new PtqModule{module->context, module->module.get().clone()};
}

void ptqModuleDestroy(PtqModule *module) { delete module; }

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

char *ptqModulePrint(const PtqModule *module, int64_t maxElements) {
  std::lock_guard<std::mutex> lock(module->context->mutex);
  OpPrintingFlags flags;
  if (maxElements >= 0) {
    flags.elideLargeElementsAttrs(maxElements);
    // Two digits a byte: as long as that many bytes.
    flags.elideLargeResourceString(2 * maxElements);
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  module->module.get().print(os, flags);
  return copyString(text);
}

bool ptqModuleWrite(const PtqModule *module, const char *path,
                    PtqError **error) {
  Work work(*module->context);
  ModuleOp op = module->module.get();
  std::string content;
  llvm::raw_string_ostream os(content);
  if (!fromC(path).ends_with(".mlirbc")) {
    op.print(os);
  } else if (failed(writeBytecodeToFile(op, os))) {
    work.fail(error, fromC(path) + ": cannot write bytecode");
    return false;
  }
  llvm::Error wrong =
      writeOutputFile(fromC(path), [&](raw_ostream &file) { file << content; });
  if (!wrong)
    return true;
  work.fail(error, std::move(wrong));
  return false;
}

//===----------------------------------------------------------------------===//
// Passes
//===----------------------------------------------------------------------===//

bool ptqModuleRunPipeline(PtqModule *module, const char *pipeline,
                          PtqError **error) {
  registerPassesOnce();
  StringRef text = fromC(pipeline).trim();
  // The manager is anchored on modules already.
  if (text.consume_front("builtin.module(") && !text.consume_back(")")) {
    setError(error, "expects ')' at the end of the pipeline '" +
                        fromC(pipeline).str() + "'");
    return false;
  }
  std::string message;
  llvm::raw_string_ostream os(message);
  OpPassManager passes(ModuleOp::getOperationName());
  if (failed(parsePassPipeline(text, passes, os))) {
    setError(error, StringRef(message).trim());
    return false;
  }
  Work work(*module->context);
  return runPasses(
      *module, work, "the pipeline '" + fromC(pipeline).str() + "' failed",
      [&](OpPassManager &manager) { manager = passes; }, error);
}
