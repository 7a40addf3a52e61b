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

/// Linears whose input is scaled by globals that nothing else reads: those of a
/// norm, or the weight (and bias) of the linear in front. Dividing these by
/// powers of two, and multiplying the columns of the linears, changes no
/// result.
struct SmoothingGroup {
  Location loc;
  /// `[scales]`, or the weight `[scales, inputs]` of the linear before.
  llvm::SetVector<ml_program::GlobalOp> producers;
  /// Of each channel of the input, the index of its scale: heads of queries
  /// share those of the values that they read.
  std::vector<int64_t> channels;
  /// `[outputs, channels]`, in the order of the module, and their formats.
  llvm::SetVector<ml_program::GlobalOp> weights;
  std::vector<LinearFormat> formats;
  std::vector<std::string> linears;
  /// Why the channels cannot be scaled; empty if they can.
  std::string refusal;

  explicit SmoothingGroup(Location loc) : loc(loc) {}

  int64_t getNumScales() const;
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
