//===- Candidates.h - Each linear in several formats at once ----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// After `ptq-insert-candidates`, one compiled function computes each linear in
// the format that its last argument says, so that the effect of one format on
// one linear, or of any mixture, is measured by a call and not by a
// compilation.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_QUANTIZE_CANDIDATES_H
#define PTQ_QUANTIZE_CANDIDATES_H

#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace mlir::ptq {

/// Of the module: what the choices choose from.
constexpr llvm::StringLiteral candidatesAttrName = "ptq.candidates";

/// A format, and the bytes that codes and scales take in it.
struct CandidateFormat {
  std::string name;
  int64_t bytes;
};

/// Linears that share a weight, and so a choice: 0 is float, `i + 1` is
/// `formats[i]`. The first format is that of the recipe.
struct CandidateGroup {
  std::vector<std::string> linears;
  /// Those of them that only look rows up.
  std::vector<std::string> embeddings;
  /// `[N, K]` or `[B, N, K]`.
  std::vector<int64_t> shape;
  int64_t floatBytes = 0;
  std::vector<CandidateFormat> formats;
  /// What decided on the first format.
  std::string reason;

  int64_t getNumWeights() const {
    int64_t count = 1;
    for (int64_t size : shape)
      count *= size;
    return count;
  }
};

/// The groups of a module that `ptq-insert-candidates` has changed, in the
/// order of the choices.
std::vector<CandidateGroup> readCandidates(ModuleOp module);

/// Name of the statistics with the output error of a linear in a format.
std::string getCandidateError(StringRef linear, StringRef format);

} // namespace mlir::ptq

#endif // PTQ_QUANTIZE_CANDIDATES_H
