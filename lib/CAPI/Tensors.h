//===- Tensors.h - Between tensors and buffers ---------------- -*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CAPI_TENSORS_H
#define PTQ_LIB_CAPI_TENSORS_H

#include "ptq-c/Tensor.h"
#include "ptq/Run/Buffer.h"

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"

namespace mlir::ptq {

/// The array that `tensor`, input `index` of a call, describes. Its memory is
/// used if it is dense and aligned; else it is copied or, if it is to be
/// changed `inPlace`, refused.
llvm::Expected<Buffer> toBuffer(const PtqTensor &tensor, size_t index,
                                bool inPlace);

/// A tensor that owns what `buffer` does.
PtqTensor toTensor(Buffer buffer);

} // namespace mlir::ptq

#endif // PTQ_LIB_CAPI_TENSORS_H
