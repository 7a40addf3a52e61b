//===- IntegerLinear.h - A linear and its bias before rescaling -*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_INTEGERLINEAR_H
#define PTQ_LIB_QUANTIZE_INTEGERLINEAR_H

#include "ptq/IR/PTQ.h"

#include "mlir/IR/Builders.h"

#include <string>
#include <vector>

namespace mlir::ptq {

/// `scales[c] * (accumulators + bias[c])`, a quantized product or convolution
/// whose numbers are known.
struct IntegerLinear {
  Operation *op;
  /// The output channels in the result of `op`.
  int64_t channelDim;
  /// One for each channel, or one for all.
  std::vector<double> scales;
  /// One for each channel, rounded, or none.
  std::vector<int32_t> bias;
};

/// The linear that `value` is the float result of, with biases added, each of
/// which nothing else uses. Fails with a reason if it is a linear, but one that
/// needs floats; without a reason if it is none.
FailureOr<IntegerLinear> matchLinear(Value value, std::string &reason);

/// The same product, or convolution, with a result of i32.
Value createAccumulators(OpBuilder &builder, Operation *op);

/// `sum`, a float sum over windows, of codes and in i32.
Value sumCodes(OpBuilder &builder, Operation *sum, Value codes);

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_INTEGERLINEAR_H
