//===- Calibrate.h - Observe activations, and their statistics ----*- C -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_C_CALIBRATE_H
#define PTQ_C_CALIBRATE_H

#include "ptq-c/LanguageModel.h"
#include "ptq-c/Module.h"
#include "ptq-c/Tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

/// What the inputs of the linears of one model were like.
typedef struct PtqStatistics PtqStatistics;

/// Reads and writes the safetensors files of `ptq-llm calibrate`. The same
/// statistics give the same bytes.
PTQ_EXPORTED PtqStatistics *ptqStatisticsLoad(const char *path,
                                              PtqError **error);
PTQ_EXPORTED bool ptqStatisticsSave(const PtqStatistics *statistics,
                                    const char *path, PtqError **error);

/// Adds what was seen in another run on the same model. Shards of whole
/// samples, merged in any order, give the bits of one run.
PTQ_EXPORTED bool ptqStatisticsMerge(PtqStatistics *statistics,
                                     const PtqStatistics *other,
                                     PtqError **error);

PTQ_EXPORTED void ptqStatisticsDestroy(PtqStatistics *statistics);

/// The hash of the model.
PTQ_EXPORTED PtqStringRef
ptqStatisticsGetModel(const PtqStatistics *statistics);

/// Fails unless these are of `module`, before it was quantized. `root` is the
/// folder of its external parameters, NULL that of the module.
PTQ_EXPORTED bool ptqStatisticsCheckModule(const PtqStatistics *statistics,
                                           const PtqModule *module,
                                           const char *root, PtqError **error);

/// Number of observed tensors.
PTQ_EXPORTED size_t ptqStatisticsGetSize(const PtqStatistics *statistics);

/// One observed tensor, seen as rows of channels.
typedef struct PtqObservedTensor {
  PtqStringRef name;
  /// As an option spells them: `minmax,gram`.
  PtqStringRef observers;
  size_t numLinears;
  /// 0 if only observers of the whole tensor watch it.
  int64_t numChannels;
  uint64_t samples;
  /// Rows that the observers saw, and values in them.
  uint64_t tokens, values;
  /// Rows that were left out: at the start of samples; with a value that is not
  /// finite; masked.
  uint64_t skippedRows, nonFiniteRows, maskedRows;
} PtqObservedTensor;

/// Expect `index` to be in range. `linear` counts those whose input it is.
PTQ_EXPORTED PtqObservedTensor ptqStatisticsGet(const PtqStatistics *statistics,
                                                size_t index);
PTQ_EXPORTED PtqStringRef ptqStatisticsGetLinear(
    const PtqStatistics *statistics, size_t index, size_t linear);

/// What one observer found; `values` has to be released. Fails if it did not
/// watch, or saw nothing.
///
/// | observer                            | values                             |
/// |-------------------------------------|------------------------------------|
/// | `minmax`, `moving_average`          | f32 [2], smallest and largest      |
/// | `absmax`                            | f32 []                             |
/// | `channel_absmax`                    | f32 [channels]                     |
/// | `token_absmax`                      | i64 [64], rows in each octave      |
/// | `mean`, `mean_abs`, `mean_square`   | f64 [channels]                     |
/// | `histogram`, `histogram_edges`      | i64 [bins], f64 [bins + 1]         |
/// | `gram`                              | f64 [channels, channels], the mean |
PTQ_EXPORTED bool ptqStatisticsGetValues(const PtqStatistics *statistics,
                                         size_t index, const char *observer,
                                         PtqTensor *values, PtqError **error);

//===----------------------------------------------------------------------===//
// Calibrate
//===----------------------------------------------------------------------===//

typedef struct PtqCalibrateOptions {
  /// `all` (the default), or some of those above, with commas between.
  const char *observers;
  /// Say which linears are quantized, and so observed, as in
  /// `PtqQuantizeOptions`.
  const char *recipe, *recipeFile, *skip;
  /// Positions left out at the start of each sample.
  int64_t skipPositions;
  /// Weight of a sample in the moving average; 0 is 0.01.
  double momentum;
  /// As in `PtqCompileOptions`.
  const char *cpu, *root;
  unsigned threads;
} PtqCalibrateOptions;

/// A function compiled with observers on the inputs of its linears.
typedef struct PtqCalibrator PtqCalibrator;

/// Compiles the public function `name` of `module`, which stays as it is; NULL
/// is the only one. `options` may be NULL.
PTQ_EXPORTED PtqCalibrator *
ptqCalibratorCreate(const PtqModule *module, const char *name,
                    const PtqCalibrateOptions *options, PtqError **error);

/// Calls the function on one sample, and drops its results. Inputs are as in
/// `ptqFunctionCall`.
PTQ_EXPORTED bool ptqCalibratorRun(PtqCalibrator *calibrator,
                                   const PtqTensor *inputs, size_t numInputs,
                                   PtqError **error);

/// What was seen so far. The caller has to destroy it.
PTQ_EXPORTED PtqStatistics *
ptqCalibratorCopyStatistics(PtqCalibrator *calibrator);

PTQ_EXPORTED void ptqCalibratorDestroy(PtqCalibrator *calibrator);

/// Which sequences of a text a language model is calibrated on.
typedef struct PtqTextSamples {
  /// Documents, which blank lines separate.
  PtqStringRef text;
  /// Tokens of a sequence; 0 is 512.
  int64_t length;
  /// Sequences to take; 0 takes all.
  size_t numSamples;
  /// Of their choice.
  uint64_t seed;
} PtqTextSamples;

/// Runs the checkpoint in `folder` on sequences of a text. `options` and
/// `progress` may be NULL; `root` has to be empty.
PTQ_EXPORTED PtqStatistics *
ptqLanguageModelCalibrate(const char *folder, const PtqTextSamples *samples,
                          const PtqCalibrateOptions *options,
                          PtqProgressCallback progress, void *userData,
                          PtqError **error);

#ifdef __cplusplus
}
#endif

#endif // PTQ_C_CALIBRATE_H
