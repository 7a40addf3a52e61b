//===- IntegerOps.h - Float ops that codes can do without floats *- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What an op between two linears is, if it is one that integers can do. The
// passes that observe, that quantize and that rewrite all ask here, so that
// they agree.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_INTEGEROPS_H
#define PTQ_LIB_QUANTIZE_INTEGEROPS_H

#include "ptq/IR/PTQ.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/SymbolTable.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir::ptq {

/// What only moves elements, drops some or adds zeros: reshapes, transposes,
/// slices, casts of shapes, padding with 0, and the largest of windows. Its
/// source; null if `op` is something else.
Value getMoved(Operation *op);

/// The same on codes, `bytes` of one code each: what zeros are added are
/// `zeroPoint`.
Value moveCodes(OpBuilder &builder, Operation *op, Value bytes,
                int64_t zeroPoint);

/// `result[i] = min(max(input[i], low), high)`, either of them infinite.
struct Clamp {
  Value input;
  float low, high;
};
std::optional<Clamp> matchClamp(Operation *op);

/// `result[i] = lhs[i] + rhs[i]`, neither of which is a constant.
struct Addition {
  Value lhs, rhs;
};
std::optional<Addition> matchAddition(Operation *op,
                                      SymbolTableCollection &symbols);

/// `result[.., c, ..] = input[.., c, ..] + values[c]` along one dimension.
struct ChannelBias {
  Value input;
  std::vector<float> values;
};
/// Whether a constant is added at all; `input` alone is set.
std::optional<ChannelBias> matchConstantBias(Operation *op,
                                             SymbolTableCollection &symbols);
/// The same along `channelDim`; fails with a reason if the constant is not one
/// number for each of its indices, or not in the module.
FailureOr<ChannelBias> readChannelBias(Operation *op, int64_t channelDim,
                                       SymbolTableCollection &symbols,
                                       std::string &reason);

/// `result = factor * (sum over windows of input)`: an average.
struct AveragePool {
  Value input;
  Operation *sum;
  int64_t windowSize;
  double factor;
};
std::optional<AveragePool> matchAveragePool(Operation *op);

/// Why integers cannot do `op`; "" if they can.
std::string refuseInteger(Operation *op);

/// What float ops a value of `type` goes through may make of codes: one scale,
/// a constant zero point, signed codes of 8 bits.
bool isIntegerActivation(Type tensor);

/// `format` of one block, for tensors of another rank.
QuantType withRank(QuantType format, int64_t rank);

/// The number that a constant tensor of one element holds.
std::optional<float> getOnlyElement(Value value);

/// A constant tensor of one element and `rank` dimensions.
Value createScale(OpBuilder &builder, Location loc, float scale, int64_t rank);

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_INTEGEROPS_H
