//===- Quantization.h - Formats of ONNX's quantized values ------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_ONNX_QUANTIZATION_H
#define PTQ_LIB_IMPORT_ONNX_QUANTIZATION_H

#include "OnnxNode.h"

#include "ptq/IR/PTQ.h"

namespace mlir::ptq {

/// Scales and zero points of a tensor, in the shape of their blocks.
struct QuantParameters {
  SmallVector<int64_t> block;
  OnnxTensor scale;
  /// Not there: zero.
  std::optional<OnnxTensor> zeroPoint;
};

/// The parameters that operands `scale` and `zeroPoint` of the node are for a
/// tensor of `sizes`: one number, one per index of `axis`, or one per block of
/// `blockSize` indices of it.
FailureOr<QuantParameters> getParameters(OnnxNode &n,
                                         ArrayRef<OpFoldResult> sizes,
                                         unsigned scale, unsigned zeroPoint,
                                         int64_t axis, int64_t blockSize);

/// The format of codes of `storage` with `parameters`, for values of
/// `expressed`. A constant zero point that is the same everywhere is in it.
QuantType getFormat(OnnxBuilder &b, OnnxType storage, OnnxType expressed,
                    const QuantParameters &parameters);

/// The operand that goes with `format`; null if it has none.
Value getZeroPointOperand(OnnxBuilder &b, QuantType format,
                          QuantParameters &parameters);

/// `int(clamp(rne(x / scale) + zp))`, with the division in the type of `x`.
OnnxTensor quantize(OnnxBuilder &b, OnnxTensor &x, QuantParameters &parameters,
                    OnnxType storage);

/// `x` in i32 without its zero point, which is operand `index`, or none: one
/// number, or one per index of `axis`.
FailureOr<OnnxTensor> center(OnnxNode &n, OnnxTensor &x, unsigned index,
                             int64_t axis);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_ONNX_QUANTIZATION_H
