//===- PackedStorage.h - Streams of bits as tensors of codes ----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IR_PACKEDSTORAGE_H
#define PTQ_IR_PACKEDSTORAGE_H

#include "ptq/IR/PTQ.h"

namespace mlir::ptq {

/// The codes, one per i8, of rows of packed bits. `type` is that of the
/// quantized tensor. The linalg of `ptq.storage_cast packed` from bytes.
Value unpackCodes(OpBuilder &builder, Location loc, Value bytes,
                  RankedTensorType type);

/// The inverse: `codes` has one code of `format` per i8.
Value packCodes(OpBuilder &builder, Location loc, Value codes,
                QuantType format);

} // namespace mlir::ptq

#endif // PTQ_IR_PACKEDSTORAGE_H
