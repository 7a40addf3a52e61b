//===- RowSums.h - Sums of the codes of each row ----------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_DIALECTS_ROWSUMS_H
#define PTQ_LIB_IMPORT_DIALECTS_ROWSUMS_H

#include "mlir/IR/Builders.h"

namespace mlir::ptq {

/// The sums in i32 of `group` codes each along the last dimension of `bytes`,
/// of a whole row if `group` is 0: what a contraction subtracts for the zero
/// point of its weights. A group divides the row, which is static then.
Value sumRows(OpBuilder &builder, Location loc, Value bytes, bool isSigned,
              int64_t group);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_DIALECTS_ROWSUMS_H
