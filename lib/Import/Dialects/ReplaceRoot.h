//===- ReplaceRoot.h - Put a tensor where a formula was ---------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_DIALECTS_REPLACEROOT_H
#define PTQ_LIB_IMPORT_DIALECTS_REPLACEROOT_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::ptq {

/// Whether `replaceRoot` can put elements at `map` of the loops of `root` in
/// its place.
bool canReplaceRoot(Operation *root, AffineMap map);

/// Has the users of `root`, an elementwise op on tensors or a scalar one in the
/// body of a linalg op, read `tensor` at `map` of the loops. A linalg op that
/// does nothing else is replaced as a whole.
void replaceRoot(RewriterBase &rewriter, Operation *root, Value tensor,
                 AffineMap map);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_DIALECTS_REPLACEROOT_H
