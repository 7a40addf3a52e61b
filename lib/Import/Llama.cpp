//===- Llama.cpp - Llama checkpoints to MLIR ------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Import/Llama.h"

#include "Checkpoint.h"
#include "Llama2c.h"
#include "LlamaConfig.h"
#include "LlamaGraph.h"
#include "LlamaWeights.h"

#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::ptq;

void ptq::registerImportDialects(DialectRegistry &registry) {
  registry.insert<arith::ArithDialect, bufferization::BufferizationDialect,
                  func::FuncDialect, linalg::LinalgDialect, math::MathDialect,
                  memref::MemRefDialect, ml_program::MLProgramDialect,
                  PTQDialect, tensor::TensorDialect>();
}

/// Replaces the context length of the checkpoint by the one to import.
static llvm::Error chooseContext(LlamaConfig &config, int64_t asked,
                                 StringRef file, MLIRContext *context) {
  int64_t window = config.slidingWindow.value_or(config.contextLength);
  if (asked > 0 && config.slidingWindow && asked > window)
    return llvm::createStringError(
        file + ": expects a context of at most the sliding window of " +
        Twine(window) + " tokens, but got " + Twine(asked));
  int64_t trained = config.contextLength;
  config.contextLength =
      asked > 0 ? asked : std::min({trained, window, defaultContextLimit});
  if (asked <= 0 && config.contextLength < trained)
    emitWarning(FileLineColLoc::get(context, file, 0, 0))
        << "prepares for " << config.contextLength
        << " tokens of context where the checkpoint has " << trained
        << "; ask for more with 'context'";
  return llvm::Error::success();
}

/// Path of `folder` as seen from the folder of `outputFile`: absolute if it is,
/// else through as many `..` as needed.
static std::string getFilePrefix(StringRef folder, StringRef outputFile) {
  if (outputFile.empty())
    return "";
  SmallString<128> target(folder);
  bool wasAbsolute = llvm::sys::path::is_absolute(folder);
  SmallString<128> base(llvm::sys::path::parent_path(outputFile));
  llvm::sys::fs::make_absolute(target);
  llvm::sys::fs::make_absolute(base);
  llvm::sys::path::remove_dots(target, /*remove_dot_dot=*/true);
  llvm::sys::path::remove_dots(base, /*remove_dot_dot=*/true);
  if (target == base)
    return "";
  if (wasAbsolute)
    return target.str().str();
  auto targetIt = llvm::sys::path::begin(target);
  auto baseIt = llvm::sys::path::begin(base);
  auto targetEnd = llvm::sys::path::end(target);
  auto baseEnd = llvm::sys::path::end(base);
  for (; targetIt != targetEnd && baseIt != baseEnd && *targetIt == *baseIt;
       ++targetIt)
    ++baseIt;
  SmallString<128> relative;
  for (; baseIt != baseEnd; ++baseIt)
    llvm::sys::path::append(relative, "..");
  for (; targetIt != targetEnd; ++targetIt)
    llvm::sys::path::append(relative, *targetIt);
  return relative.str().str();
}

static llvm::Expected<OwningOpRef<ModuleOp>>
importCheckpoint(LlamaConfig config, const Checkpoint &checkpoint,
                 StringRef configFile, MLIRContext *context,
                 const LlamaImportOptions &options) {
  DialectRegistry registry;
  registerImportDialects(registry);
  context->appendDialectRegistry(registry);
  for (StringRef name : registry.getDialectNames())
    context->getOrLoadDialect(name);
  StringRef file =
      options.outputFile.empty() ? configFile : StringRef(options.outputFile);
  Location location = FileLineColLoc::get(context, file, 0, 0);
  if (llvm::Error error =
          chooseContext(config, options.context, configFile, context))
    return std::move(error);
  if (llvm::Error error = checkWeights(config, checkpoint))
    return std::move(error);
  StringRef folder = llvm::sys::path::parent_path(checkpoint.getPath());
  return buildLlama(config, checkpoint,
                    getFilePrefix(folder, options.outputFile), location);
}

llvm::Expected<OwningOpRef<ModuleOp>>
ptq::importLlama(StringRef folder, MLIRContext *context,
                 const LlamaImportOptions &options) {
  SmallString<128> configFile(folder);
  llvm::sys::path::append(configFile, "config.json");
  llvm::Expected<LlamaConfig> config = readHuggingFaceConfig(configFile);
  if (!config)
    return config.takeError();
  llvm::Expected<Checkpoint> checkpoint = Checkpoint::openFolder(folder);
  if (!checkpoint)
    return checkpoint.takeError();
  return importCheckpoint(*config, *checkpoint, configFile, context, options);
}

llvm::Expected<OwningOpRef<ModuleOp>>
ptq::importLlama2c(StringRef file, StringRef parameters, MLIRContext *context,
                   const LlamaImportOptions &options) {
  llvm::Expected<LlamaConfig> config = convertLlama2c(file, parameters);
  if (!config)
    return config.takeError();
  llvm::Expected<Checkpoint> checkpoint = Checkpoint::openFile(parameters);
  if (!checkpoint)
    return checkpoint.takeError();
  return importCheckpoint(*config, *checkpoint, file, context, options);
}
