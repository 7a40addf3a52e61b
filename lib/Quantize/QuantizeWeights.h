//===- QuantizeWeights.h - Codes and scales of the weights ------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_QUANTIZEWEIGHTS_H
#define PTQ_LIB_QUANTIZE_QUANTIZEWEIGHTS_H

#include "LinearPlan.h"

#include "ptq/IR/Parameters.h"
#include "ptq/Quantize/Passes.h"

namespace mlir::ptq {

/// What a `WeightJob` becomes.
struct QuantizedWeight {
  /// Names that no other tensor has, such as `layers.0.q_proj.codes`.
  std::string codesName, scalesName, multipliersName;
  /// The bytes of `ptq.storage_cast`, the scales and multipliers of the format;
  /// the last of these is null, and so are its values, if there are none.
  RankedTensorType codesType, scalesType, multipliersType;
  /// `dense_resource`, or `#ptq.external` in the parameter file.
  Attribute codes, scales, multipliers;
  double sqnr = 0;
  /// Fractions of the values that the range clips, and whose code is the first
  /// or the last one; codes that no value has.
  double clipped = 0, saturated = 0;
  int64_t numUnusedCodes = 0;
};

/// A global that stays float, and what it becomes.
struct KeptParameter {
  ml_program::GlobalOp global;
  ExternalAttr value;
};

/// Quantizes the weights of a plan, one after the other, each on all threads of
/// the context. Without `path` the results are `dense_resource`. With `path`
/// they go to this safetensors file as they come, followed by the tensors of
/// `kept`, which then refer to it; it appears when all of it is written. At any
/// time one weight is in memory. `progress`, which may be null, is told of
/// each. Reports what fails.
FailureOr<std::vector<QuantizedWeight>>
quantizeWeights(const LinearPlan &plan, Parameters &parameters, StringRef path,
                MutableArrayRef<KeptParameter> kept, Location loc,
                const QuantizeProgress &progress);

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_QUANTIZEWEIGHTS_H
