//===- LlamaFunctions.h - What a Llama does between its linears -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_LLAMAFUNCTIONS_H
#define PTQ_LIB_IMPORT_LLAMAFUNCTIONS_H

#include "LinalgBuilder.h"
#include "LlamaConfig.h"
#include "RotaryTables.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::ptq {

/// The private functions of one entry point: every layer calls the same ones,
/// so they are compiled once. Each is built when it is first asked for.
class LlamaFunctions {
public:
  /// `prefix` is the name of the entry point; `numTokens` may be dynamic.
  LlamaFunctions(ModuleOp module, const LlamaConfig &config,
                 RotaryTables tables, StringRef prefix, int64_t numTokens)
      : module(module), config(config), tables(tables), prefix(prefix),
        numTokens(numTokens) {}

  /// `(x, weight) -> x / sqrt(mean(x^2) + epsilon) * weight`, row by row.
  func::FuncOp getRmsNorm(Type weightElementType);

  /// `(gate, up) -> gate * sigmoid(gate) * up`
  func::FuncOp getSiluMultiply();

  /// `(query, key, value, position, layer, keys, values) -> context`
  ///
  /// Rotates queries and keys, writes keys and values of the tokens at
  /// `position` and behind into the caches of the layer, and attends to
  /// everything in the caches up to each token.
  func::FuncOp getAttention();

  /// Type of both caches: layers x capacity x key-value heads x channels.
  static MemRefType getCacheType(const LlamaConfig &config,
                                 MLIRContext *context);

private:
  ModuleOp module;
  const LlamaConfig &config;
  RotaryTables tables;
  std::string prefix;
  int64_t numTokens;
  llvm::SmallDenseMap<Type, func::FuncOp> rmsNorms;
  func::FuncOp siluMultiply;
  func::FuncOp attention;
};

/// Starts a function and puts `builder` into its body, whose arguments are
/// called `names`. The function goes to the end of `module`.
func::FuncOp startFunction(ModuleOp module, LinalgBuilder &builder,
                           StringRef name, TypeRange inputs, Type result,
                           ArrayRef<StringRef> names);

/// Fills the body of the attention function, where `builder` is. `arguments`
/// are those of `LlamaFunctions::getAttention`.
void buildAttention(LinalgBuilder &builder, const LlamaConfig &config,
                    const RotaryTables &tables, ValueRange arguments);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_LLAMAFUNCTIONS_H
