//===- Pipelines.h - The compiler as pipelines ------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_PIPELINE_PIPELINES_H
#define PTQ_PIPELINE_PIPELINES_H

#include "mlir/Pass/PassOptions.h"

#include <functional>

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace mlir::ptq {

/// Options of `ptq-quantize`: those of the pass `ptq-quantize-linears`.
struct QuantizeOptions : PassPipelineOptions<QuantizeOptions> {
  Option<std::string> recipe{
      *this, "recipe",
      llvm::cl::desc("Format of linears that no other rule names"),
      llvm::cl::init("w8a8")};
  Option<std::string> recipeFile{*this, "recipe-file",
                                 llvm::cl::desc("YAML file of rules by name")};
  Option<std::string> skip{
      *this, "skip",
      llvm::cl::desc(
          "Regular expression on the names of linears that stay float")};
  Option<std::string> scale{
      *this, "scale",
      llvm::cl::desc(
          "How scales are found: absmax, signed_max or search (default)")};
  Option<bool> failOnFallback{
      *this, "fail-on-fallback",
      llvm::cl::desc("Fail if a linear stays float though no rule says so")};
  Option<std::string> statistics{
      *this, "statistics",
      llvm::cl::desc("File of statistics, for static activations")};
  Option<std::string> smoothQuant{
      *this, "smoothquant",
      llvm::cl::desc("Move outliers of activations to weights, by the alpha of "
                     "SmoothQuant, 0 to 1, or by the best of each input: "
                     "search; needs statistics")};
  Option<std::string> range{
      *this, "range",
      llvm::cl::desc("How the range of static activations is chosen: minmax, "
                     "moving_average, percentile[:P], entropy or mse"),
      llvm::cl::init("mse")};
  Option<std::string> parameters{
      *this, "parameters",
      llvm::cl::desc("Safetensors file that receives the weights")};
  Option<std::string> root{
      *this, "root",
      llvm::cl::desc("Folder of the files that external parameters name")};
  /// Of programs; null, or told of the elements of weights that are quantized,
  /// and of all there are.
  std::function<void(int64_t, int64_t)> progress;
};

/// Moves scales between float weights; the model stays the same function.
void buildEqualize(OpPassManager &pm, const QuantizeOptions &options);

/// `ptq-quantize-linears` and what cleans up behind it.
void buildQuantizeLinears(OpPassManager &pm, const QuantizeOptions &options);

/// Both, and a check: float `linalg` -> `ptq` ops on quantized weights.
void buildQuantize(OpPassManager &pm, const QuantizeOptions &options);

/// `ptq` ops -> linalg on integers, nothing of the dialect: what a stack
/// without `ptq` can compile, to the same bits.
void buildToLinalg(OpPassManager &pm);

/// Registers `ptq-quantize`, `ptq-to-linalg` and `ptq-to-llvm`.
void registerPipelines();

} // namespace mlir::ptq

#endif // PTQ_PIPELINE_PIPELINES_H
