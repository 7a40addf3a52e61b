//===- IntegerPatterns.h - Rewrites of quantize and dequantize --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_INTEGERPATTERNS_H
#define PTQ_LIB_QUANTIZE_INTEGERPATTERNS_H

#include "ptq/IR/PTQ.h"

#include "mlir/IR/PatternMatch.h"

namespace mlir::ptq {

/// On a module between `ptq-quantize-linears` and `ptq-propagate-integers`: the
/// mode of the recipe.
constexpr llvm::StringLiteral integerModeAttrName = "ptq.integer";

/// Those that keep every bit: quantize moves up, and dequantize down, through
/// what only moves numbers.
void populateMovePatterns(RewritePatternSet &patterns);

/// All: these, and those that compute with codes.
void populateIntegerPatterns(RewritePatternSet &patterns, RequantizeMode mode);

/// Why a quantize of the result of `op` could not become an op on codes.
std::string refuseBetweenCodes(Operation *op);

/// `factor` as f32, or as `multiplier / 2^shift`; none if it is out of range.
struct Rescaling {
  float factor;
  int32_t multiplier, shift;
};
std::optional<Rescaling> getRescaling(double factor);

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_INTEGERPATTERNS_H
