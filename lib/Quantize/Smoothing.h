//===- Smoothing.h - What can absorb the scales of channels -----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_SMOOTHING_H
#define PTQ_LIB_QUANTIZE_SMOOTHING_H

#include "LinearPlan.h"

#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::ptq {

/// Of a module whose channels were scaled: a record for each group of linears,
/// and the hash that the model had before.
constexpr StringLiteral smoothedAttrName = "ptq.smoothed";
constexpr StringLiteral modelHashAttrName = "ptq.model_hash";

/// Linears whose input is the product, channel by channel, of something and a
/// global that nothing else reads, or and what a linear with such a weight
/// computes: dividing the channels of the one and multiplying the other changes
/// no result.
struct SmoothingGroup {
  Location loc;
  /// `[channels]`, or the weight `[channels, inputs]` of the linear before.
  ml_program::GlobalOp producer;
  /// `[outputs, channels]`, in the order of the module, and their formats.
  llvm::SetVector<ml_program::GlobalOp> weights;
  std::vector<LinearFormat> formats;
  std::vector<std::string> linears;
  /// Why the channels cannot be scaled; empty if they can.
  std::string refusal;

  explicit SmoothingGroup(Location loc) : loc(loc) {}
};

/// All groups of the linears that `recipe` quantizes.
std::vector<SmoothingGroup> findSmoothingGroups(ModuleOp module,
                                                const Recipe &recipe);

/// The inputs of `group` were divided by `2^exponents`.
Attribute makeSmoothingRecord(MLIRContext *context, const SmoothingGroup &group,
                              ArrayRef<int32_t> exponents);

/// The exponents of the input of a linear; none if it was not smoothed.
std::optional<ArrayRef<int32_t>> findExponents(ModuleOp module,
                                               StringRef linear);

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_SMOOTHING_H
