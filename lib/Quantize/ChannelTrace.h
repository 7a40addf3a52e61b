//===- ChannelTrace.h - Where scales of channels come from ------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_CHANNELTRACE_H
#define PTQ_LIB_QUANTIZE_CHANNELTRACE_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>
#include <vector>

namespace mlir::ptq {

/// A layer of a buffer that keeps values from one call to the next, such as a
/// cache of keys: `operand` passes the buffer, of which the first index is
/// `layer`.
struct ChannelState {
  OpOperand *operand;
  int64_t layer;
};

/// Dividing what the operands `factors` read, along their last dimension, by
/// positive numbers `d` divides channel c of the traced value by
/// `d[channels[c]]`, and changes nothing else but the states, alike.
struct ChannelTrace {
  SmallVector<OpOperand *, 2> factors;
  std::vector<int64_t> channels;
  SmallVector<ChannelState, 1> states;
};

/// Follows the last dimension of what `input` reads to values for which
/// `mayScale` holds: through reshapes, slices, products and quotients with
/// other values, sums of products, and sums of which each term can be scaled;
/// through a call of a private function; and through a buffer that is the
/// argument of a function. For attention with grouped queries several channels
/// come from one:
///
///     v [t, h * d] -> [s, h, d] -> * weights, over s -> [t, h, g, d] -> input
///
/// has `channels[(h * G + g) * D + d] == h * D + d`. Whatever lies between
/// is read by nothing else; who reads the values at both ends, and who else the
/// states, is left to the caller.
std::optional<ChannelTrace>
traceChannels(OpOperand &input, SymbolTableCollection &symbols,
              llvm::function_ref<bool(Value)> mayScale);

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_CHANNELTRACE_H
