//===- LanguageModelCandidates.cpp - A model in many formats at once ------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/LanguageModelCandidates.h"

#include "ErrorCollector.h"
#include "LanguageModelContext.h"
#include "QuantizeModule.h"
#include "SampleRunner.h"

#include "ptq/Import/Llama.h"
#include "ptq/Quantize/HashModel.h"
#include "ptq/Quantize/Passes.h"
#include "ptq/Run/Calibrator.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Threading.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

class CompiledCandidateModel : public CandidateModel {
public:
  ArrayRef<CandidateGroup> getGroups() const override { return groups; }
  ArrayRef<LinearSummary> getLinears() const override { return linears; }
  llvm::Expected<CandidateEffect> measure(ArrayRef<int64_t> choices) override;

  /// Lowers the weights to the file `parameters`.
  llvm::Error prepare(StringRef folder, const CandidateOptions &options,
                      StringRef parameters);
  llvm::Error compile(StringRef root, const CandidateOptions &options);
  llvm::Error runReference();

  TokenSamples samples;

private:
  llvm::Expected<Buffer> run(ArrayRef<Buffer> inputs,
                             ArrayRef<int64_t> choices);

  std::unique_ptr<MLIRContext> context; // holds the types of entry points
  OwningOpRef<ModuleOp> module;
  std::vector<CandidateGroup> groups;
  std::vector<LinearSummary> linears;
  std::unique_ptr<Calibrator> calibrator;
  unsigned numWorkers = 1;
  /// Logits of the float model, of each sample.
  std::vector<Buffer> references;
};

} // namespace

std::string ptq::getCandidateInputError(StringRef linear) {
  return (linear + ".in").str();
}

//===----------------------------------------------------------------------===//
// Compile
//===----------------------------------------------------------------------===//

/// Compares each activation that the recipe quantizes with what its codes say.
static void observeInputs(ModuleOp module) {
  SymbolTable symbols(module);
  SmallVector<MatmulOp> matmuls;
  module.walk([&](MatmulOp op) {
    if (op.getLhsFormat() && op->hasAttr("ptq.name"))
      matmuls.push_back(op);
  });
  for (MatmulOp op : matmuls) {
    Operation *quantize = op.getLhs().getDefiningOp();
    std::string name = getCandidateInputError(
        op->getAttrOfType<StringAttr>("ptq.name").getValue());
    if (!isa_and_present<QuantizeOp, DynamicQuantizeOp>(quantize) ||
        symbols.lookup(name))
      continue; // each linear once: in the format of the recipe, which is first
    Value input = quantize->getOperand(0);
    auto type = cast<RankedTensorType>(input.getType());
    OpBuilder b(op);
    Value decoded = DequantizeOp::create(
        b, op.getLoc(), type, op.getLhs(), op.getLhsScale(),
        /*multiplier=*/Value(), /*zeroPoint=*/Value());
    OpBuilder atStart = OpBuilder::atBlockBegin(module.getBody());
    auto statistics = StatisticsOp::create(
        atStart, op.getLoc(), b.getStringAttr(name), TypeAttr::get(type),
        IntegerAttr(), IntegerAttr(),
        b.getArrayAttr(OutputErrorAttr::get(b.getContext())), ArrayAttr(),
        IntegerAttr(), IntegerAttr(), StringAttr());
    StringAttr symbol = symbols.insert(statistics, module.getBody()->begin());
    ObserveOp::create(b, op.getLoc(), input, decoded,
                      FlatSymbolRefAttr::get(symbol));
  }
}

llvm::Error CompiledCandidateModel::prepare(StringRef folder,
                                            const CandidateOptions &options,
                                            StringRef parameters) {
  context = createLanguageModelContext();
  LlamaImportOptions importOptions;
  importOptions.context = getLongestSample(samples);
  auto imported = importLlama(folder, context.get(), importOptions);
  if (!imported)
    return imported.takeError();
  module = std::move(*imported);
  // Statistics are of this model, not of the one with all formats.
  if (!options.quantize.statistics.empty())
    if (llvm::Error error = recordModelHash(*module, folder))
      return error;

  QuantizeOptions quantize;
  setPipelineOptions(options.quantize, parameters, quantize);
  ErrorCollector errors(context.get());
  auto manager = PassManager::on<ModuleOp>(context.get());
  buildEqualize(manager, quantize);
  InsertCandidatesOptions candidates;
  candidates.entry = "prefill";
  llvm::append_range(candidates.formats, options.formats);
  candidates.recipe = quantize.recipe;
  candidates.recipeFile = quantize.recipeFile;
  candidates.skip = quantize.skip;
  manager.addPass(createInsertCandidates(candidates));
  buildQuantizeLinears(manager, quantize);
  if (failed(manager.run(*module)))
    return errors.get("cannot quantize the model");
  groups = readCandidates(*module);
  linears = readLinears(*module);
  if (groups.empty())
    return llvm::createStringError(folder +
                                   ": expects a linear that is quantized");
  observeInputs(*module);
  return llvm::Error::success();
}

llvm::Error CompiledCandidateModel::compile(StringRef root,
                                            const CandidateOptions &options) {
  numWorkers =
      llvm::hardware_concurrency(options.threads).compute_thread_count();
  CompileOptions compileOptions;
  compileOptions.target.cpu = options.cpu;
  compileOptions.threads = samples.size() < numWorkers ? numWorkers : 1;
  compileOptions.parameterRoot = root.str();
  compileOptions.codeCache = options.codeCache;
  ErrorCollector errors(context.get());
  auto created = Calibrator::create(*module, "prefill", "", compileOptions);
  if (!created)
    return errors.get(llvm::toString(created.takeError()));
  calibrator = std::move(*created);
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<CandidateModel>>
CandidateModel::create(StringRef folder, TokenSamples samples,
                       const CandidateOptions &options,
                       llvm::function_ref<void(StringRef)> report) {
  if (isPackage(folder))
    return llvm::createStringError(folder +
                                   ": expects a checkpoint, but got a package");
  SmallString<128> temporary;
  if (std::error_code code =
          llvm::sys::fs::createUniqueDirectory("ptq-candidates", temporary))
    return llvm::createStringError(temporary + ": " + code.message());
  // What is mapped stays there without a name.
  llvm::scope_exit remove(
      [&] { llvm::sys::fs::remove_directories(temporary); });
  SmallString<128> parameters(temporary);
  llvm::sys::path::append(parameters, packageParametersFile);

  auto model = std::make_unique<CompiledCandidateModel>();
  model->samples = std::move(samples);
  report("quantizing in all formats");
  if (llvm::Error error = model->prepare(folder, options, parameters))
    return std::move(error);
  report("compiling all formats");
  if (llvm::Error error = model->compile(temporary, options))
    return std::move(error);
  report("running the float model");
  if (llvm::Error error = model->runReference())
    return std::move(error);
  return model;
}

//===----------------------------------------------------------------------===//
// Run
//===----------------------------------------------------------------------===//

llvm::Expected<Buffer> CompiledCandidateModel::run(ArrayRef<Buffer> inputs,
                                                   ArrayRef<int64_t> choices) {
  SmallVector<Buffer> arguments(inputs);
  arguments.push_back(Buffer::copyOf<int64_t>(choices));
  auto results = calibrator->run(arguments, hashInputs(inputs.front()));
  if (!results)
    return results.takeError();
  return results->front();
}

llvm::Error CompiledCandidateModel::runReference() {
  references.resize(samples.size());
  std::vector<int64_t> choices(groups.size());
  return runSamples(
      calibrator->getEntry(), samples, numWorkers,
      [&](size_t index, ArrayRef<Buffer> inputs) -> llvm::Error {
        llvm::Expected<Buffer> logits = run(inputs, choices);
        if (!logits)
          return logits.takeError();
        references[index] = std::move(*logits);
        return llvm::Error::success();
      },
      [](size_t) {});
}

llvm::Expected<CandidateEffect>
CompiledCandidateModel::measure(ArrayRef<int64_t> choices) {
  assert(choices.size() == groups.size() && "a choice for each group");
  (void)calibrator->takeStatistics();
  std::vector<PredictionCounter> counters(samples.size());
  auto add = [&](size_t index, ArrayRef<Buffer> inputs) -> llvm::Error {
    llvm::Expected<Buffer> logits = run(inputs, choices);
    if (!logits)
      return logits.takeError();
    ArrayRef<float> values = logits->getValues<float>(),
                    exact = references[index].getValues<float>();
    size_t size = values.size() / samples[index].size();
    for (size_t i = 1; i < samples[index].size(); ++i)
      counters[index].add(values.slice((i - 1) * size, size),
                          exact.slice((i - 1) * size, size), samples[index][i]);
    return llvm::Error::success();
  };
  if (llvm::Error error = runSamples(calibrator->getEntry(), samples,
                                     numWorkers, add, [](size_t) {}))
    return std::move(error);
  PredictionCounter total;
  for (const PredictionCounter &counter : counters)
    total.merge(counter);
  llvm::Expected<Perplexity> perplexity = total.get();
  if (!perplexity)
    return perplexity.takeError();
  return CandidateEffect{*perplexity, calibrator->takeStatistics()};
}
