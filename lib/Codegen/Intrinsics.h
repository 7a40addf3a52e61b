//===- Intrinsics.h - What microkernels are built of ------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_INTRINSICS_H
#define PTQ_LIB_CODEGEN_INTRINSICS_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::ptq {

/// `name(operands)`, an LLVM intrinsic.
Value callIntrinsic(ImplicitLocOpBuilder &b, StringRef name, Type type,
                    ValueRange operands);

/// `value` as a vector of `element` of the same size.
Value bitcastTo(ImplicitLocOpBuilder &b, Value value, Type element);

/// The low halves of `bytes`, and the high ones: unsigned codes of 4 bits.
SmallVector<Value> separateHalves(ImplicitLocOpBuilder &b, Value bytes);

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_INTRINSICS_H
