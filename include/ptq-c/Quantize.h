//===- Quantize.h - Recipes, and what became of each linear -------*- C -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_C_QUANTIZE_H
#define PTQ_C_QUANTIZE_H

#include "ptq-c/Module.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Options of the pipeline `ptq-quantize`.
typedef struct PtqQuantizeOptions {
  /// `w8a8` (the default), `w8a8-static`, `w8a8-integer`, `w8a8-integer-fixed`,
  /// `w8a16`, `w4a16-gN`, `w4a8-gN`; N is the size of groups.
  const char *recipe;
  /// YAML file of rules by name, which go before `recipe`.
  const char *recipeFile;
  /// Regular expression on the names of linears that stay float.
  const char *skip;
  /// How scales are found: `absmax`, `signed_max` or `search` (the
  /// default).
  const char *scale;
  /// Fail if a linear stays float though no rule says so.
  bool failOnFallback;
  /// Safetensors file that receives the weights. By default they are constants
  /// of the module.
  const char *parameters;
  /// Folder of the files that external parameters name. By default that of the
  /// module.
  const char *root;
  /// Of the module's activations, or NULL; they must be of this module. Recipes
  /// of static activations and `smoothQuant` need them.
  const struct PtqStatistics *statistics;
  /// How the range of static activations is chosen: `minmax`,
  /// `moving_average`, `percentile`, `percentile:P`, `entropy` or `mse` (the
  /// default).
  const char *range;
  /// Moves outliers of activations to weights: the alpha of SmoothQuant, a
  /// number from 0 to 1. By default they stay.
  const char *smoothQuant;
} PtqQuantizeOptions;

//===----------------------------------------------------------------------===//
// Decisions
//===----------------------------------------------------------------------===//

typedef struct PtqDecision {
  PtqStringRef name;
  /// As a recipe file spells it: `w8a8`, `w4a8-g32`, ..., or `float`.
  PtqStringRef format;
  /// Why it is `float`; else empty.
  PtqStringRef reason;
  /// With scales; NaN for `float`.
  double bitsPerWeight;
  /// Signal to quantization noise ratio of the weight in dB: infinite if there
  /// is no noise, NaN for `float`.
  double sqnr;
  /// 0 for `float`.
  int64_t numWeights;
} PtqDecision;

/// Decisions on the linears of a module, in its order.
typedef struct PtqDecisions PtqDecisions;

PTQ_EXPORTED size_t ptqDecisionsGetSize(const PtqDecisions *decisions);

/// Expects `index` to be in range.
PTQ_EXPORTED PtqDecision ptqDecisionsGet(const PtqDecisions *decisions,
                                         size_t index);

PTQ_EXPORTED void ptqDecisionsDestroy(PtqDecisions *decisions);

/// Quantizes the linears of a float module in place. Gives the decisions on all
/// its linears, which the caller has to destroy; NULL, and the module as it
/// was, if it fails. `options` may be NULL.
PTQ_EXPORTED PtqDecisions *ptqModuleQuantize(PtqModule *module,
                                             const PtqQuantizeOptions *options,
                                             PtqError **error);

/// What `ptqModuleQuantize` decided in the past; empty if it did not run. The
/// caller has to destroy it.
PTQ_EXPORTED PtqDecisions *ptqModuleGetDecisions(const PtqModule *module);

//===----------------------------------------------------------------------===//
// Recipes
//===----------------------------------------------------------------------===//

/// Which linear gets which format, without a module.
typedef struct PtqRecipe PtqRecipe;

/// Reads `recipe`, `recipeFile`, `skip` and `scale` of `options`, which may be
/// NULL.
PTQ_EXPORTED PtqRecipe *ptqRecipeCreate(const PtqQuantizeOptions *options,
                                        PtqError **error);

/// The format of a linear of this name: `w8a8`, ..., or `float`. `isTable`: its
/// weight is the table of an embedding, too. The caller has to destroy it.
PTQ_EXPORTED char *ptqRecipeGetFormat(const PtqRecipe *recipe,
                                      const char *linear, bool isTable);

PTQ_EXPORTED void ptqRecipeDestroy(PtqRecipe *recipe);

#ifdef __cplusplus
}
#endif

#endif // PTQ_C_QUANTIZE_H
