//===- QuantizableModels.h - Contractions as linears ------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_QUANTIZE_QUANTIZABLEMODELS_H
#define PTQ_QUANTIZE_QUANTIZABLEMODELS_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace mlir::ptq {

/// Attaches `QuantizableOpInterface` to the contractions of `linalg`: matmul,
/// batch_matmul, batch_reduce_matmul, matvec, vecmat, their batched forms, dot,
/// mmt4d, contract, and generic; and to its convolutions, of which it refuses
/// those that are not over two dimensions without groups.
void registerQuantizableModels(DialectRegistry &registry);

} // namespace mlir::ptq

#endif // PTQ_QUANTIZE_QUANTIZABLEMODELS_H
