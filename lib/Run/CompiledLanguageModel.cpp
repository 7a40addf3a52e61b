//===- CompiledLanguageModel.cpp - A language model in machine code -------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ErrorCollector.h"
#include "LanguageModelContext.h"

#include "ptq/IR/BytecodeGuard.h"
#include "ptq/Import/Llama.h"
#include "ptq/InitAll.h"
#include "ptq/Run/CompiledModule.h"
#include "ptq/Run/LanguageModel.h"
#include "ptq/Run/LanguageModelPackage.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace mlir::ptq;

/// By itself a context prints errors only.
static LogicalResult printWarning(Diagnostic &diagnostic) {
  if (diagnostic.getSeverity() != DiagnosticSeverity::Warning)
    return failure();
  if (auto location =
          diagnostic.getLocation()->findInstanceOf<FileLineColLoc>())
    llvm::errs() << location.getFilename().getValue() << ": ";
  llvm::errs() << "warning: " << diagnostic << "\n";
  return success();
}

std::unique_ptr<MLIRContext> ptq::createLanguageModelContext() {
  DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  ptq::registerAllDialects(registry);
  auto context = std::make_unique<MLIRContext>(registry);
  context->getDiagEngine().registerHandler(printWarning);
  return context;
}

namespace {
/// Calls `prefill` and `decode`; the caches of keys and values are its state.
class CompiledLanguageModel : public LanguageModel {
public:
  static llvm::Expected<std::unique_ptr<LanguageModel>>
  create(std::unique_ptr<MLIRContext> context,
         std::unique_ptr<CompiledModule> compiled, int64_t contextLength);

  int64_t getVocabularySize() const override { return vocabularySize; }
  int64_t getContextLength() const override { return contextLength; }

protected:
  llvm::Expected<Buffer> compute(ArrayRef<int64_t> tokens,
                                 int64_t position) override;

private:
  CompiledLanguageModel() = default;

  std::unique_ptr<MLIRContext> context; // holds the types of entry points
  std::unique_ptr<CompiledModule> compiled;
  int64_t contextLength = 0, vocabularySize = 0;
  Buffer keys, values;
};
} // namespace

/// The cache that `type` describes, with room for `contextLength` tokens.
static llvm::Expected<Buffer> allocateCache(Type type, int64_t contextLength) {
  auto cache = dyn_cast<MemRefType>(type);
  if (!cache || cache.getRank() != 4 || cache.getNumDynamicDims() != 1 ||
      !cache.isDynamicDim(1) || !cache.getElementType().isF32())
    return llvm::createStringError("expects a cache to be a memref of layers, "
                                   "any number of tokens, heads and channels");
  SmallVector<int64_t> shape(cache.getShape());
  shape[1] = contextLength;
  if (!countElements(shape, sizeof(float)))
    return llvm::createStringError("a cache for " + Twine(contextLength) +
                                   " tokens does not fit memory");
  return Buffer::allocate(ElementKind::Float32, shape);
}

/// Whether `entry` takes tokens, a position and two caches and returns logits
/// of `numTokens` tokens.
static bool isStep(const EntryPoint *entry, int64_t numTokens) {
  if (!entry || entry->arguments.size() != 4 || entry->results.size() != 1)
    return false;
  auto tokens = dyn_cast<RankedTensorType>(entry->arguments[0]);
  auto logits = dyn_cast<RankedTensorType>(entry->results[0]);
  return tokens && tokens.getShape() == ArrayRef(numTokens) &&
         tokens.getElementType().isInteger(64) &&
         entry->arguments[1].isIndex() &&
         entry->arguments[2] == entry->arguments[3] && logits &&
         logits.getRank() == 2 && logits.getDimSize(0) == numTokens &&
         !logits.isDynamicDim(1) && logits.getElementType().isF32();
}

llvm::Expected<std::unique_ptr<LanguageModel>>
CompiledLanguageModel::create(std::unique_ptr<MLIRContext> context,
                              std::unique_ptr<CompiledModule> compiled,
                              int64_t contextLength) {
  const EntryPoint *prefill = compiled->find("prefill");
  const EntryPoint *decode = compiled->find("decode");
  if (!isStep(prefill, ShapedType::kDynamic) || !isStep(decode, 1) ||
      prefill->arguments[2] != decode->arguments[2])
    return llvm::createStringError(
        "expects functions 'prefill' and 'decode' from tokens, position, keys "
        "and values to logits");
  llvm::Expected<Buffer> keys =
      allocateCache(prefill->arguments[2], contextLength);
  if (!keys)
    return keys.takeError();
  llvm::Expected<Buffer> values =
      allocateCache(prefill->arguments[3], contextLength);
  if (!values)
    return values.takeError();
  std::unique_ptr<CompiledLanguageModel> model(new CompiledLanguageModel());
  model->vocabularySize =
      cast<RankedTensorType>(prefill->results[0]).getDimSize(1);
  model->contextLength = contextLength;
  model->keys = std::move(*keys);
  model->values = std::move(*values);
  model->compiled = std::move(compiled);
  model->context = std::move(context);
  return model;
}

llvm::Expected<Buffer> CompiledLanguageModel::compute(ArrayRef<int64_t> tokens,
                                                      int64_t position) {
  auto results = compiled->call(
      tokens.size() == 1 ? "decode" : "prefill",
      {Buffer::copyOf(tokens), Buffer::scalar(position), keys, values});
  if (!results)
    return results.takeError();
  return results->front();
}

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

static llvm::Expected<OwningOpRef<ModuleOp>>
readPackage(StringRef folder, bool verifiesAll, MLIRContext *context) {
  if (llvm::Error error = verifyPackage(folder, verifiesAll))
    return std::move(error);
  return readModuleFile(folder, context);
}

llvm::Expected<OwningOpRef<ModuleOp>>
ptq::readModuleFile(StringRef folder, MLIRContext *context) {
  SmallString<128> path(folder);
  llvm::sys::path::append(path, packageModuleFile);
  std::string message;
  auto file = openInputFile(path, llvm::Align(bytecodeAlignment), &message);
  if (!file)
    return llvm::createStringError(message);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(file), llvm::SMLoc());
  ErrorCollector errors(context);
  auto module = parseSourceFile<ModuleOp>(sources, context);
  if (!module)
    return errors.get(path + ": cannot read the module");
  return module;
}

llvm::Expected<OwningOpRef<ModuleOp>>
ptq::readLanguageModel(StringRef folder, MLIRContext *context,
                       int64_t contextLength, bool verifiesAll) {
  if (isPackage(folder))
    return readPackage(folder, verifiesAll, context);
  LlamaImportOptions options;
  options.context = contextLength;
  return importLlama(folder, context, options);
}

llvm::Expected<int64_t> ptq::readContextLength(ModuleOp module,
                                               StringRef folder) {
  auto length = module->getAttrOfType<IntegerAttr>("ptq.context");
  if (!length || length.getInt() <= 0)
    return llvm::createStringError(
        folder + ": expects the module to have a positive 'ptq.context'");
  return length.getInt();
}

llvm::Expected<std::unique_ptr<LanguageModel>>
LanguageModel::open(StringRef folder, const LanguageModelOptions &options) {
  std::unique_ptr<MLIRContext> context = createLanguageModelContext();
  auto module = readLanguageModel(folder, context.get(), options.context,
                                  options.verifiesAll);
  if (!module)
    return module.takeError();
  llvm::Expected<int64_t> contextLength = readContextLength(**module, folder);
  if (!contextLength)
    return contextLength.takeError();

  CompileOptions compileOptions;
  compileOptions.target.cpu = options.cpu;
  compileOptions.threads = options.threads;
  compileOptions.parameterRoot = folder.str();
  compileOptions.codeCache = options.codeCache;
  ErrorCollector errors(context.get());
  auto compiled = CompiledModule::create(**module, compileOptions);
  if (!compiled)
    return errors.get(folder + ": " + llvm::toString(compiled.takeError()));
  return CompiledLanguageModel::create(std::move(context), std::move(*compiled),
                                       *contextLength);
}
