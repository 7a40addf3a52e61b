//===- LinearStructure.h - A contraction seen as a linear -------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IR_LINEARSTRUCTURE_H
#define PTQ_IR_LINEARSTRUCTURE_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>

namespace mlir::ptq {

/// How the dimensions of a float contraction play the parts of
/// `result[B.., M.., N] = sum over K of lhs[B.., M.., K] * rhs[B.., N, K]`.
/// Positions are dimensions of the respective tensor.
struct LinearStructure {
  /// One position per operand and result; -1 where the tensor lacks it.
  struct Dimension {
    int64_t lhs, rhs, result;
  };
  OpOperand *lhs = nullptr;
  OpOperand *rhs = nullptr;
  OpOperand *init = nullptr;
  SmallVector<Dimension> batch;      // in lhs, rhs and result
  SmallVector<Dimension> lhsFree;    // in lhs and result: M
  SmallVector<Dimension> rhsFree;    // in rhs and result: N
  SmallVector<Dimension> contracted; // in lhs and rhs: K

  /// How the windows of a convolution move over the lhs. Its contracted
  /// dimensions are those of a window, its free ones the images and the output
  /// channels; these are channels of lhs, too, if it is depthwise.
  struct Window {
    SmallVector<int64_t, 2> strides, dilations;
    bool channelsFirst, isDepthwise;
  };
  std::optional<Window> window;
};

} // namespace mlir::ptq

#endif // PTQ_IR_LINEARSTRUCTURE_H
