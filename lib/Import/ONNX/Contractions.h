//===- Contractions.h - Products and windows that ops share -----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_ONNX_CONTRACTIONS_H
#define PTQ_LIB_IMPORT_ONNX_CONTRACTIONS_H

#include "OnnxNode.h"

namespace mlir::ptq {

/// The product of two matrices, or of stacks of them that broadcast, as NumPy's
/// matmul. Halves are accumulated in f32; the result is `type`.
FailureOr<OnnxTensor> multiplyMatrices(OnnxNode &n, OnnxTensor &lhs,
                                       OnnxTensor &rhs, OnnxType type);

/// How a window moves over the positions of a tensor [N, C, positions..].
struct Window {
  Sizes kernel;
  SmallVector<int64_t> strides, dilations;
  /// What the positions are padded with, before and after.
  Sizes low, high;
  /// The part of `high` that no attribute asks for: windows that do not fit
  /// count in `ceil_mode`.
  Sizes surplus;
  /// Number of positions of the window.
  Sizes output;
};

/// Reads `pads`, `auto_pad`, `strides`, `dilations` and `ceil_mode`.
FailureOr<Window> getWindow(OnnxNode &n, OnnxTensor &x, Sizes kernel);

/// `x` with `padding` around its positions, for windows that all fit.
OnnxTensor padPositions(OnnxBuilder &b, OnnxTensor &x, const Window &window,
                        TypedAttr padding);

/// Indices of what the window holds: expressions `o * stride + k * dilation`
/// of the loops that start at `firstOutput` and `firstKernel`.
SmallVector<AffineExpr> getWindowExprs(OnnxBuilder &b, const Window &window,
                                       unsigned firstOutput,
                                       unsigned firstKernel);

/// The cross-correlation of `x` [N, C, ..] and `weights` [F, C / groups, ..],
/// without bias. Halves are accumulated in f32; the result is `type`.
FailureOr<OnnxTensor> convolve(OnnxNode &n, OnnxTensor &x, OnnxTensor &weights,
                               OnnxType type);

/// `x` of one number per output channel, [C, 1, ..], to broadcast over the
/// positions of a tensor of this rank.
OnnxTensor alignChannels(OnnxBuilder &b, OnnxTensor &x, int64_t rank);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_ONNX_CONTRACTIONS_H
