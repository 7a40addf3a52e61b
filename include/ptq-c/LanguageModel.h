//===- LanguageModel.h - Language models: quantize, generate ------*- C -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model is a folder: a Hugging Face checkpoint of a Llama, Mistral or Qwen2,
// or a package that `ptqLanguageModelQuantize` made of one.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_C_LANGUAGEMODEL_H
#define PTQ_C_LANGUAGEMODEL_H

#include "ptq-c/Quantize.h"
#include "ptq-c/Tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

//===----------------------------------------------------------------------===//
// Quantize
//===----------------------------------------------------------------------===//

/// Says how far long work has come: a word for the step, or a count, of which
/// `total` is 0 if it is not known. Must not call functions of this API.
typedef void (*PtqProgressCallback)(PtqStringRef step, size_t done,
                                    size_t total, void *userData);

/// Bytes of all weight files.
typedef struct PtqModelSizes {
  uint64_t floatBytes, packageBytes;
} PtqModelSizes;

/// Quantizes the checkpoint in `folder` into the package `output`, which is
/// replaced if it is a package, and else must not exist or be empty. Of
/// `options`, which may be NULL, `parameters` and `root` have to be empty.
/// `contextLength` is that of `ptqModuleImportLlama`. Gives the decisions,
/// which the caller has to destroy. `sizes` and `progress` may be NULL.
PTQ_EXPORTED PtqDecisions *ptqLanguageModelQuantize(
    const char *folder, const char *output, const PtqQuantizeOptions *options,
    int64_t contextLength, PtqModelSizes *sizes, PtqProgressCallback progress,
    void *userData, PtqError **error);

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

typedef struct PtqLanguageModelOptions {
  /// As LLVM names it; default this machine's.
  const char *cpu;
  /// 0 is one for each processor.
  unsigned threads;
  /// Longest sequence to import a checkpoint for; 0 is what it was made for.
  int64_t contextLength;
  /// Check the checksums of a package's large files, too.
  bool verifyChecksums;
} PtqLanguageModelOptions;

/// A compiled model, its tokenizer, and the state of one sequence.
typedef struct PtqLanguageModel PtqLanguageModel;

/// Compiles the model in `folder`. `options` may be NULL.
PTQ_EXPORTED PtqLanguageModel *
ptqLanguageModelOpen(const char *folder, const PtqLanguageModelOptions *options,
                     PtqError **error);

PTQ_EXPORTED void ptqLanguageModelDestroy(PtqLanguageModel *model);

PTQ_EXPORTED int64_t
ptqLanguageModelGetVocabularySize(const PtqLanguageModel *model);

/// Number of tokens that a sequence may have.
PTQ_EXPORTED int64_t
ptqLanguageModelGetContextLength(const PtqLanguageModel *model);

/// The logits after each of `tokens`, which come behind the first `position`
/// tokens of the sequence: `[tokens, vocabulary]`, f32. Position 0 starts a new
/// sequence. `logits` has to be released.
PTQ_EXPORTED bool ptqLanguageModelForward(PtqLanguageModel *model,
                                          const int64_t *tokens,
                                          size_t numTokens, int64_t position,
                                          PtqTensor *logits, PtqError **error);

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// The tokens of `text`, without any that mark its beginning or end: an array
/// of i64 that has to be released.
PTQ_EXPORTED bool ptqLanguageModelTokenize(const PtqLanguageModel *model,
                                           PtqStringRef text, PtqTensor *tokens,
                                           PtqError **error);

/// The bytes that `tokens` spell: an array of `PTQ_UINT8` that has to be
/// released.
PTQ_EXPORTED bool ptqLanguageModelDetokenize(const PtqLanguageModel *model,
                                             const int64_t *tokens,
                                             size_t numTokens, PtqTensor *text,
                                             PtqError **error);

typedef struct PtqGenerateOptions {
  /// Tokens to generate at most.
  int64_t numTokens;
  /// 0 takes the most likely token.
  double temperature;
  /// Sample from the most likely tokens that have this probability together, in
  /// (0, 1]; 0 is 1.
  double topP;
  uint64_t seed;
} PtqGenerateOptions;

/// Receives text as it is generated. Must not call functions of this API.
typedef void (*PtqTextCallback)(PtqStringRef text, void *userData);

typedef struct PtqGeneration PtqGeneration;

/// Continues `prompt`. `print` may be NULL.
PTQ_EXPORTED PtqGeneration *
ptqLanguageModelGenerate(PtqLanguageModel *model, PtqStringRef prompt,
                         const PtqGenerateOptions *options,
                         PtqTextCallback print, void *userData,
                         PtqError **error);

/// The prompt and what follows it, without special tokens.
PTQ_EXPORTED PtqStringRef ptqGenerationGetText(const PtqGeneration *generation);

/// What was generated; the memory is the generation's.
PTQ_EXPORTED const int64_t *
ptqGenerationGetTokens(const PtqGeneration *generation, size_t *numTokens);

PTQ_EXPORTED double
ptqGenerationGetPrefillSpeed(const PtqGeneration *generation);

/// Tokens in a second; 0 if no token was decoded.
PTQ_EXPORTED double
ptqGenerationGetDecodeSpeed(const PtqGeneration *generation);

PTQ_EXPORTED void ptqGenerationDestroy(PtqGeneration *generation);

/// How well a model predicts a text. What compares with a reference is 0
/// without one.
typedef struct PtqPerplexity {
  double perplexity;
  /// Number of predicted tokens.
  int64_t numTokens;
  double referencePerplexity;
  /// Of the distributions of the next token, reference || model, in nats.
  double meanDivergence, divergence99, maxDivergence;
  /// Fraction of tokens for which both models expect the same one most.
  double sameTop1;
} PtqPerplexity;

/// Measures on the documents of `text`, which blank lines separate as in
/// `ptq-llm perplexity`, in sequences of `window` tokens; 0 is the context
/// length. `reference` and `progress`, which counts documents, may be NULL.
PTQ_EXPORTED bool ptqLanguageModelMeasurePerplexity(
    PtqLanguageModel *model, PtqLanguageModel *reference, PtqStringRef text,
    int64_t window, PtqProgressCallback progress, void *userData,
    PtqPerplexity *result, PtqError **error);

#ifdef __cplusplus
}
#endif

#endif // PTQ_C_LANGUAGEMODEL_H
