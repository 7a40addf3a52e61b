//===- LanguageModel.cpp - Language models of the C API -------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Decisions.h"
#include "Handles.h"
#include "Statistics.h"
#include "Tensors.h"

#include "ptq-c/LanguageModel.h"
#include "ptq/Import/Tokenizer.h"
#include "ptq/Run/CodeCache.h"
#include "ptq/Run/LanguageModelGenerate.h"
#include "ptq/Run/LanguageModelPackage.h"
#include "ptq/Run/LanguageModelPerplexity.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cmath>
#include <limits>
#include <mutex>

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Quantize
//===----------------------------------------------------------------------===//

static PtqDecisions *toDecisions(QuantizationSummary &summary) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  constexpr double infinite = std::numeric_limits<double>::infinity();
  auto *decisions = new PtqDecisions();
  for (LinearSummary &linear : summary.linears) {
    bool isFloat = linear.format == "float";
    decisions->list.push_back(
        {std::move(linear.name), std::move(linear.format),
         std::move(linear.reason), linear.bitsPerWeight.value_or(unknown),
         linear.sqnr.value_or(isFloat ? unknown : infinite),
         linear.numWeights});
  }
  return decisions;
}

PtqDecisions *ptqLanguageModelQuantize(const char *folder, const char *output,
                                       const PtqQuantizeOptions *options,
                                       int64_t contextLength,
                                       PtqModelSizes *sizes,
                                       PtqProgressCallback progress,
                                       void *userData, PtqError **error) {
  static const PtqQuantizeOptions defaults = {};
  const PtqQuantizeOptions &given = options ? *options : defaults;
  if (!fromC(given.parameters).empty() || !fromC(given.root).empty() ||
      contextLength < 0) {
    setError(error, "expects no 'parameters', no 'root' and a context length "
                    "of 0 or more");
    return nullptr;
  }
  StatisticsFile statistics;
  if (llvm::Error wrong = statistics.write(given.statistics)) {
    setError(error, std::move(wrong));
    return nullptr;
  }
  QuantizeLanguageModelOptions modelOptions;
  if (!fromC(given.recipe).empty())
    modelOptions.recipe = fromC(given.recipe);
  modelOptions.recipeFile = fromC(given.recipeFile);
  modelOptions.skip = fromC(given.skip);
  modelOptions.scale = fromC(given.scale);
  modelOptions.statistics = statistics.getPath();
  modelOptions.smoothQuant = fromC(given.smoothQuant);
  if (!fromC(given.range).empty())
    modelOptions.range = fromC(given.range);
  modelOptions.failOnFallback = given.failOnFallback;
  modelOptions.context = contextLength;
  std::shared_lock<std::shared_mutex> forkLock(getForkMutex());
  auto report = [&](StringRef step, int64_t done, int64_t total) {
    if (progress)
      progress(toC(step), done, total, userData);
  };
  auto summary = quantizeLanguageModel(
      fromC(folder), fromC(output), modelOptions,
      [&](StringRef step) { report(step, 0, 0); },
      [&](int64_t done, int64_t total) { report("weights", done, total); });
  if (!summary) {
    setError(error, summary.takeError());
    return nullptr;
  }
  if (sizes)
    *sizes = {summary->floatBytes, summary->packageBytes};
  return toDecisions(*summary);
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

struct PtqLanguageModel {
  std::string folder;
  std::unique_ptr<LanguageModel> model;
  /// Absent if the folder has none; the logits need none.
  std::optional<Tokenizer> tokenizer;
  TextFrame frame;
  /// The model holds one sequence.
  std::mutex mutex;
};

static llvm::Error open(PtqLanguageModel &result, StringRef folder,
                        const LanguageModelOptions &options) {
  auto model = LanguageModel::open(folder, options);
  if (!model)
    return model.takeError();
  result.folder = folder.str();
  result.model = std::move(*model);
  SmallString<128> path(folder);
  llvm::sys::path::append(path, "tokenizer.json");
  if (!llvm::sys::fs::exists(path))
    return llvm::Error::success();
  llvm::Expected<Tokenizer> tokenizer = readTokenizer(folder);
  if (!tokenizer)
    return tokenizer.takeError();
  llvm::Expected<TextFrame> frame = TextFrame::read(folder, *tokenizer);
  if (!frame)
    return frame.takeError();
  result.tokenizer.emplace(std::move(*tokenizer));
  result.frame = std::move(*frame);
  return llvm::Error::success();
}

PtqLanguageModel *ptqLanguageModelOpen(const char *folder,
                                       const PtqLanguageModelOptions *options,
                                       PtqError **error) {
  LanguageModelOptions modelOptions;
  if (options) {
    modelOptions.cpu = fromC(options->cpu);
    modelOptions.threads = options->threads;
    modelOptions.context = options->contextLength;
    modelOptions.verifiesAll = options->verifyChecksums;
  }
  modelOptions.codeCache = getCodeCache();
  if (modelOptions.context < 0) {
    setError(error, "expects a context length of 0 or more");
    return nullptr;
  }
  std::shared_lock<std::shared_mutex> forkLock(getForkMutex());
  auto result = std::make_unique<PtqLanguageModel>();
  if (llvm::Error wrong = open(*result, fromC(folder), modelOptions)) {
    setError(error, std::move(wrong));
    return nullptr;
  }
  return result.release();
}

void ptqLanguageModelDestroy(PtqLanguageModel *model) { delete model; }

int64_t ptqLanguageModelGetVocabularySize(const PtqLanguageModel *model) {
  return model->model->getVocabularySize();
}

int64_t ptqLanguageModelGetContextLength(const PtqLanguageModel *model) {
  return model->model->getContextLength();
}

bool ptqLanguageModelForward(PtqLanguageModel *model, const int64_t *tokens,
                             size_t numTokens, int64_t position,
                             PtqTensor *logits, PtqError **error) {
  std::lock_guard<std::mutex> lock(model->mutex);
  if (numTokens == 0 || position < 0 ||
      position > model->model->getContextLength()) {
    setError(error, "expects a token or more, and a position of the sequence");
    return false;
  }
  auto result = model->model->forward({tokens, numTokens}, position);
  if (!result) {
    setError(error, result.takeError());
    return false;
  }
  *logits = toTensor(std::move(*result));
  return true;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// Fails unless `model` has a tokenizer.
static bool checkTokenizer(const PtqLanguageModel &model, PtqError **error) {
  if (model.tokenizer)
    return true;
  setError(error, model.folder + ": expects a tokenizer.json to read text");
  return false;
}

bool ptqLanguageModelTokenize(const PtqLanguageModel *model, PtqStringRef text,
                              PtqTensor *tokens, PtqError **error) {
  if (!checkTokenizer(*model, error))
    return false;
  std::vector<int64_t> encoded = model->tokenizer->encode(fromC(text));
  *tokens = toTensor(Buffer::copyOf<int64_t>(encoded));
  return true;
}

bool ptqLanguageModelDetokenize(const PtqLanguageModel *model,
                                const int64_t *tokens, size_t numTokens,
                                PtqTensor *text, PtqError **error) {
  if (!checkTokenizer(*model, error))
    return false;
  std::string decoded = model->tokenizer->decode({tokens, numTokens});
  auto *bytes = reinterpret_cast<const uint8_t *>(decoded.data());
  *text = toTensor(Buffer::copyOf<uint8_t>(ArrayRef(bytes, decoded.size())));
  return true;
}

struct PtqGeneration {
  Generation generation;
};

PtqGeneration *ptqLanguageModelGenerate(PtqLanguageModel *model,
                                        PtqStringRef prompt,
                                        const PtqGenerateOptions *options,
                                        PtqTextCallback print, void *userData,
                                        PtqError **error) {
  if (!checkTokenizer(*model, error))
    return nullptr;
  double topP = options->topP == 0 ? 1 : options->topP;
  if (options->numTokens < 0 || !(options->temperature >= 0) ||
      std::isinf(options->temperature) || !(topP > 0 && topP <= 1)) {
    setError(error, "expects 0 tokens or more, a finite temperature of 0 or "
                    "more, and top-p in (0, 1]");
    return nullptr;
  }
  std::lock_guard<std::mutex> lock(model->mutex);
  auto generation =
      generate(*model->model, *model->tokenizer, model->frame, fromC(prompt),
               options->numTokens, {options->temperature, topP, options->seed},
               [&](StringRef text) {
                 if (print)
                   print(toC(text), userData);
               });
  if (generation)
    return new PtqGeneration{std::move(*generation)};
  setError(error, generation.takeError());
  return nullptr;
}

PtqStringRef ptqGenerationGetText(const PtqGeneration *generation) {
  return toC(generation->generation.text);
}

const int64_t *ptqGenerationGetTokens(const PtqGeneration *generation,
                                      size_t *numTokens) {
  *numTokens = generation->generation.tokens.size();
  return generation->generation.tokens.data();
}

double ptqGenerationGetPrefillSpeed(const PtqGeneration *generation) {
  return generation->generation.prefillTokensPerSecond;
}

double ptqGenerationGetDecodeSpeed(const PtqGeneration *generation) {
  return generation->generation.decodeTokensPerSecond;
}

void ptqGenerationDestroy(PtqGeneration *generation) { delete generation; }

//===----------------------------------------------------------------------===//
// Perplexity
//===----------------------------------------------------------------------===//

static PtqPerplexity toC(const Perplexity &measured) {
  PtqPerplexity result = {};
  result.perplexity = measured.perplexity;
  result.numTokens = measured.numTokens;
  if (measured.reference) {
    result.referencePerplexity = measured.reference->perplexity;
    result.meanDivergence = measured.reference->meanDivergence;
    result.divergence99 = measured.reference->divergence99;
    result.maxDivergence = measured.reference->maxDivergence;
    result.sameTop1 = measured.reference->sameTop1;
  }
  return result;
}

/// What is wrong with the arguments, empty if nothing is.
static StringRef checkMeasurement(const PtqLanguageModel &model,
                                  const PtqLanguageModel *reference,
                                  int64_t window) {
  if (reference == &model)
    return "expects another model as reference";
  if (window < 0 || window == 1)
    return "expects a window of 2 or more tokens";
  if (!model.frame.begin)
    return "expects a model with a token that begins a text";
  return "";
}

/// Locks both models; `reference` may be null.
static std::pair<std::unique_lock<std::mutex>, std::unique_lock<std::mutex>>
lockBoth(PtqLanguageModel &model, PtqLanguageModel *reference) {
  std::unique_lock<std::mutex> first(model.mutex, std::defer_lock), second;
  if (!reference) {
    first.lock();
  } else {
    second = std::unique_lock<std::mutex>(reference->mutex, std::defer_lock);
    std::lock(first, second);
  }
  return {std::move(first), std::move(second)};
}

bool ptqLanguageModelMeasurePerplexity(PtqLanguageModel *model,
                                       PtqLanguageModel *reference,
                                       PtqStringRef text, int64_t window,
                                       PtqProgressCallback progress,
                                       void *userData, PtqPerplexity *result,
                                       PtqError **error) {
  if (!checkTokenizer(*model, error))
    return false;
  StringRef wrong = checkMeasurement(*model, reference, window);
  if (!wrong.empty()) {
    setError(error, wrong);
    return false;
  }
  auto locks = lockBoth(*model, reference);
  int64_t length = model->model->getContextLength();
  if (reference)
    length = std::min(length, reference->model->getContextLength());
  SmallVector<StringRef> documents = splitDocuments(fromC(text));
  auto measured = measurePerplexity(
      *model->model, reference ? reference->model.get() : nullptr,
      *model->tokenizer, *model->frame.begin, documents,
      window ? window : length, [&](size_t numDone) {
        if (progress)
          progress(toC(StringRef("documents")), numDone, documents.size(),
                   userData);
      });
  if (!measured) {
    setError(error, measured.takeError());
    return false;
  }
  *result = toC(*measured);
  return true;
}
