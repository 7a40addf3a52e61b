//===- LanguageModelQuantize.cpp - From a checkpoint to a package ---------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ErrorCollector.h"
#include "LanguageModelContext.h"
#include "PackageManifest.h"
#include "QuantizeModule.h"

#include "ptq/Import/Llama.h"
#include "ptq/Quantize/Passes.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

namespace fs = llvm::sys::fs;

static std::string join(StringRef folder, StringRef file) {
  SmallString<128> path(folder);
  llvm::sys::path::append(path, file);
  return path.str().str();
}

//===----------------------------------------------------------------------===//
// The folder
//===----------------------------------------------------------------------===//

static bool isEmptyFolder(StringRef path) {
  std::error_code code;
  return fs::is_directory(path) &&
         fs::directory_iterator(path, code) == fs::directory_iterator() &&
         !code;
}

static llvm::Error checkOutput(StringRef output) {
  if (!fs::exists(output) || isPackage(output) || isEmptyFolder(output))
    return llvm::Error::success();
  return llvm::createStringError(output +
                                 ": exists and is not a package, so it is not "
                                 "replaced");
}

/// Makes a new folder beside `output`.
static llvm::Expected<std::string> makeTemporaryFolder(StringRef output) {
  SmallString<128> path;
  fs::createUniquePath(output + ".%%%%%%%%", path, /*MakeAbsolute=*/false);
  if (std::error_code code = fs::create_directory(
          path, /*IgnoreExisting=*/false, fs::perms::all_all))
    return llvm::createStringError(path + ": " + code.message());
  return path.str().str();
}

/// Puts the folder `temporary` in the place of `output`.
static llvm::Error replaceFolder(StringRef temporary, StringRef output) {
  std::string old = (temporary + ".old").str();
  bool exists = fs::exists(output);
  std::error_code code;
  if (exists)
    code = fs::rename(output, old);
  if (!code)
    code = fs::rename(temporary, output);
  if (code)
    return llvm::createStringError(output + ": " + code.message());
  if (exists)
    fs::remove_directories(old);
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// The module
//===----------------------------------------------------------------------===//

void ptq::setPipelineOptions(const QuantizeLanguageModelOptions &options,
                             StringRef parameters,
                             QuantizeOptions &pipelineOptions) {
  pipelineOptions.recipe = options.recipe;
  pipelineOptions.recipeFile = options.recipeFile;
  pipelineOptions.skip = options.skip;
  pipelineOptions.scale = options.scale;
  pipelineOptions.statistics = options.statistics;
  pipelineOptions.range = options.range;
  pipelineOptions.smoothQuant = options.smoothQuant;
  pipelineOptions.failOnFallback = options.failOnFallback;
  pipelineOptions.parameters = parameters.str();
}

/// Quantizes `module`, whose weights go to a file in `folder`.
static llvm::Error quantize(ModuleOp module, StringRef folder,
                            const QuantizeLanguageModelOptions &options,
                            const QuantizeProgress &progress) {
  QuantizeOptions pipelineOptions;
  pipelineOptions.progress = progress;
  setPipelineOptions(options, join(folder, packageParametersFile),
                     pipelineOptions);
  ErrorCollector errors(module.getContext());
  auto manager = PassManager::on<ModuleOp>(module.getContext());
  buildQuantize(manager, pipelineOptions);
  // Where the checkpoint was is nobody's business; same model, same bytes.
  manager.addPass(createStripDebugInfoPass());
  if (failed(manager.run(module)))
    return errors.get("cannot quantize the model");
  return llvm::Error::success();
}

llvm::Error ptq::writeModuleFile(ModuleOp module, StringRef path) {
  std::error_code code;
  llvm::raw_fd_ostream os(path, code);
  if (!code) {
    if (failed(writeBytecodeToFile(module, os)))
      return llvm::createStringError(path + ": cannot write the module");
    os.close();
    code = os.error();
    os.clear_error();
  }
  if (code)
    return llvm::createStringError(path + ": " + code.message());
  return llvm::Error::success();
}

static llvm::Error copyFile(StringRef from, StringRef to, StringRef name,
                            bool isOptional) {
  std::string source = join(from, name);
  if (isOptional && !fs::exists(source))
    return llvm::Error::success();
  if (std::error_code code = fs::copy_file(source, join(to, name)))
    return llvm::createStringError(source + ": " + code.message());
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// The summary
//===----------------------------------------------------------------------===//

static std::optional<double> getNumber(DictionaryAttr fields, StringRef name) {
  auto number = fields.getAs<FloatAttr>(name);
  if (!number || !std::isfinite(number.getValueAsDouble()))
    return std::nullopt;
  return number.getValueAsDouble();
}

std::vector<LinearSummary> ptq::readLinears(ModuleOp module) {
  std::vector<LinearSummary> linears;
  auto attribute = module->getAttrOfType<ArrayAttr>("ptq.linears");
  if (!attribute)
    return linears;
  for (auto fields : attribute.getAsRange<DictionaryAttr>()) {
    LinearSummary &linear = linears.emplace_back();
    if (auto name = fields.getAs<StringAttr>("name"))
      linear.name = name.str();
    if (auto format = fields.getAs<StringAttr>("format"))
      linear.format = format.str();
    if (auto reason = fields.getAs<StringAttr>("reason"))
      linear.reason = reason.str();
    if (auto numWeights = fields.getAs<IntegerAttr>("num_weights"))
      linear.numWeights = numWeights.getInt();
    if (auto unused = fields.getAs<IntegerAttr>("unused_codes"))
      linear.numUnusedCodes = unused.getInt();
    linear.clipped = getNumber(fields, "clipped").value_or(0);
    linear.saturated = getNumber(fields, "saturated").value_or(0);
    linear.bitsPerWeight = getNumber(fields, "bits_per_weight");
    linear.sqnr = getNumber(fields, "sqnr_db");
  }
  return linears;
}

/// Bytes of the safetensors files in `folder`.
static uint64_t countWeightBytes(StringRef folder) {
  uint64_t sum = 0;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; it != end && !code;
       it.increment(code)) {
    uint64_t size = 0;
    if (StringRef(it->path()).ends_with(".safetensors") &&
        !fs::file_size(it->path(), size))
      sum += size;
  }
  return sum;
}

//===----------------------------------------------------------------------===//
// All of it
//===----------------------------------------------------------------------===//

/// Fills the new folder `folder` with everything but the manifest.
static llvm::Expected<QuantizationSummary>
writeContents(ModuleOp module, StringRef checkpoint, StringRef folder,
              const QuantizeLanguageModelOptions &options,
              const QuantizeProgress &progress) {
  if (llvm::Error error = quantize(module, folder, options, progress))
    return std::move(error);
  if (llvm::Error error =
          writeModuleFile(module, join(folder, packageModuleFile)))
    return std::move(error);
  if (llvm::Error error = copyFile(checkpoint, folder, "config.json", false))
    return std::move(error);
  if (llvm::Error error = copyFile(checkpoint, folder, "tokenizer.json", true))
    return std::move(error);
  QuantizationSummary summary;
  summary.recipe = options.recipe;
  summary.linears = readLinears(module);
  summary.floatBytes = countWeightBytes(checkpoint);
  summary.packageBytes = countWeightBytes(folder);
  return summary;
}

llvm::Expected<QuantizationSummary> ptq::quantizeLanguageModel(
    StringRef folder, StringRef output,
    const QuantizeLanguageModelOptions &options,
    llvm::function_ref<void(StringRef)> report,
    std::function<void(int64_t, int64_t)> reportWeights) {
  if (isPackage(folder))
    return llvm::createStringError(folder + ": is a package already");
  if (llvm::Error error = checkOutput(output))
    return std::move(error);

  report("importing");
  std::unique_ptr<MLIRContext> context = createLanguageModelContext();
  LlamaImportOptions importOptions;
  importOptions.context = options.context;
  auto module = importLlama(folder, context.get(), importOptions);
  if (!module)
    return module.takeError();

  llvm::Expected<std::string> temporary = makeTemporaryFolder(output);
  if (!temporary)
    return temporary.takeError();
  llvm::scope_exit removeTemporary([&] { fs::remove_directories(*temporary); });
  report("quantizing");
  auto summary =
      writeContents(**module, folder, *temporary, options, reportWeights);
  if (!summary)
    return summary.takeError();
  report("checking");
  if (llvm::Error error = writeManifest(*temporary, options, *summary))
    return std::move(error);
  if (llvm::Error error = replaceFolder(*temporary, output))
    return std::move(error);
  removeTemporary.release();
  return summary;
}
