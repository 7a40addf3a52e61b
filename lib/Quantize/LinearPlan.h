//===- LinearPlan.h - What becomes of each linear of a module ---*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_LINEARPLAN_H
#define PTQ_LIB_QUANTIZE_LINEARPLAN_H

#include "ConstantView.h"
#include "EmbeddingGather.h"
#include "IntegerAnchors.h"

#include "ptq/IR/LinearStructure.h"
#include "ptq/IR/PTQ.h"
#include "ptq/Quantize/Recipe.h"

#include "mlir/IR/BuiltinOps.h"

namespace mlir::ptq {

/// Of an op: its format, `float` or such as `w8a8`, whatever the recipe says.
constexpr StringLiteral formatAttrName = "ptq.format";

/// A weight to be quantized once, however many ops use it: a matrix of rows
/// that share scales, gathered from its source.
struct WeightJob {
  /// Of the first linear that uses it, and where that is.
  std::string name;
  Location loc;
  ConstantView view;
  /// Indices of the source along the rows, batches outermost, and in a row.
  ViewDimension rows, columns;
  /// `[N, K]` or `[B, N, K]`.
  RankedTensorType type;
  ScaleMethod scale = ScaleMethod::AbsMax;

  WeightJob(Location loc, ConstantView view)
      : loc(loc), view(std::move(view)) {}

  QuantType getFormat() const { return cast<QuantType>(type.getElementType()); }
  int64_t getNumColumns() const { return type.getShape().back(); }
  int64_t getNumRows() const { return type.getNumElements() / getNumColumns(); }

  /// Codes of fewer than 8 bits are packed, see `ptq.storage_cast`.
  bool isPacked() const { return getFormat().getStorageWidth() < 8; }
  /// The bytes of `ptq.storage_cast`, and the scales of the format.
  RankedTensorType getCodesType() const;
  RankedTensorType getScalesType() const;
  /// Null if the format has no multipliers.
  RankedTensorType getMultipliersType() const;
  /// Bytes of codes, scales and multipliers, padding included.
  int64_t getQuantizedBytes() const;
  double getBitsPerWeight() const {
    return getQuantizedBytes() * 8.0 / type.getNumElements();
  }
};

/// One op that computes a linear.
struct LinearUse {
  Operation *op;
  /// Of a contraction; its rhs is the weight.
  LinearStructure structure;
  /// Of an embedding.
  std::optional<EmbeddingGather> gather;
};

enum class LinearOutcome {
  Quantized,
  Skipped,    // the recipe says that it stays float
  Refused,    // it has a weight that cannot be quantized: a warning
  Activations // it has no weight
};

/// A linear: one name, one weight, one decision; one op per function that
/// computes it.
struct Linear {
  std::string name;
  SmallVector<LinearUse, 2> uses;
  LinearOutcome outcome = LinearOutcome::Quantized;
  /// What decided: a rule of the recipe, or what refuses the linear.
  std::string reason;
  LinearFormat format;
  /// `[N, K]` or `[B, N, K]` as it is in float; null if it has no weight, or
  /// one that cannot be quantized.
  RankedTensorType source;
  /// Index of its weight in the plan, if it is quantized.
  size_t weight = 0;
  /// Of its input, if the format is static and the scale has been chosen.
  float activationScale = 0;
  /// The same, if the format is integer.
  int64_t activationZeroPoint = 0;
};

struct LinearPlan {
  std::vector<Linear> linears;
  std::vector<WeightJob> weights;
  /// Values to be held as codes, if there are linears of integer formats.
  std::vector<IntegerAnchor> anchors;
};

/// Emits an error for the first op of `module` whose `ptq.format` is neither
/// `float` nor the name of a format. `planLinears` takes such an op for one
/// that stays float.
LogicalResult verifyFormatAttrs(ModuleOp module);

/// Decides on every linear of `module`, which it does not change.
LinearPlan planLinears(ModuleOp module, const Recipe &recipe);

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_LINEARPLAN_H
