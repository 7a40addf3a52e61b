//===- LanguageModelPackage.h - A quantized model in a folder ---*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A package is a folder with
//
//     model.mlirbc             the quantized module, bytecode
//     parameters.safetensors   its weights, which the module names
//     config.json              of the checkpoint that it was made from
//     tokenizer.json           the same, if there was one
//     manifest.json            versions, recipe, linears, checksums
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_LANGUAGEMODELPACKAGE_H
#define PTQ_RUN_LANGUAGEMODELPACKAGE_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mlir::ptq {

inline constexpr StringLiteral packageModuleFile = "model.mlirbc";
inline constexpr StringLiteral packageParametersFile = "parameters.safetensors";
inline constexpr StringLiteral packageManifestFile = "manifest.json";

/// What became of one linear.
struct LinearSummary {
  std::string name;
  /// As a recipe file spells it, or `float`.
  std::string format;
  /// Why it is `float`; else empty.
  std::string reason;
  /// With scales. Not known of `float`.
  std::optional<double> bitsPerWeight;
  /// Signal to noise ratio of the weight in dB; absent for `float`, and if
  /// there is no noise.
  std::optional<double> sqnr;
  int64_t numWeights = 0;
  /// Fractions of the weights that the range clips, and whose code is the first
  /// or the last one.
  double clipped = 0, saturated = 0;
  /// Codes that no weight has.
  int64_t numUnusedCodes = 0;
};

struct QuantizationSummary {
  std::string recipe;
  std::vector<LinearSummary> linears;
  /// Bytes of all weight files, before and after.
  uint64_t floatBytes = 0, packageBytes = 0;
};

struct QuantizeLanguageModelOptions {
  /// As in `ptq-quantize`.
  std::string recipe = "w8a8", recipeFile, skip, scale;
  std::string statistics, range = "mse", smoothQuant;
  bool failOnFallback = false;
  /// Longest sequence to prepare for; 0 is what the checkpoint was made for.
  int64_t context = 0;
};

/// Quantizes the checkpoint in `folder` and writes the package `output`, which
/// appears complete or not at all. Only a package or an empty folder may be in
/// its place. `report` is told what is going on, and `reportWeights`, which may
/// be null, of the elements of weights that are quantized, and of all there
/// are.
llvm::Expected<QuantizationSummary>
quantizeLanguageModel(StringRef folder, StringRef output,
                      const QuantizeLanguageModelOptions &options,
                      llvm::function_ref<void(StringRef)> report,
                      std::function<void(int64_t, int64_t)> reportWeights = {});

/// `linears`, and `totals`.
llvm::json::Object toJSON(const QuantizationSummary &summary);

/// What the manifest of the package `folder` says, after `verifyPackage`.
llvm::Expected<QuantizationSummary> readPackageSummary(StringRef folder);

/// Whether `folder` has a manifest.
bool isPackage(StringRef folder);

/// Checks the manifest of the package `folder` and the files that it lists:
/// their sizes, and the checksums of all if `verifiesAll`, else of those up to
/// 64 MiB.
llvm::Error verifyPackage(StringRef folder, bool verifiesAll);

} // namespace mlir::ptq

#endif // PTQ_RUN_LANGUAGEMODELPACKAGE_H
