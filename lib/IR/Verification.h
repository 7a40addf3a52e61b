//===- Verification.h - Checks that several verifiers share -----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IR_VERIFICATION_H
#define PTQ_LIB_IR_VERIFICATION_H

#include "ptq/IR/PTQ.h"

namespace mlir::ptq {

/// The operands that a format asks for; null where there are none.
struct FormatOperands {
  Value scale, multiplier, zeroPoint;
};

/// The format of a tensor's elements; null if they are not quantized.
QuantType getFormat(Type tensor);

/// `2x?x3`, or `()` without dimensions.
std::string formatShape(ArrayRef<int64_t> shape);

/// Refuses a result whose shape cannot be the input's.
LogicalResult verifySameShape(Operation *op, ShapedType input,
                              ShapedType result);

/// Refuses `operand` unless it is there exactly if `elementType` is not null,
/// has elements of this type, and one of them per block of a tensor of shape
/// `shape`. `name` says in errors what the operand is.
LogicalResult verifyPerBlock(Operation *op, StringRef name, Value operand,
                             Type elementType, ArrayRef<int64_t> shape,
                             ArrayRef<int64_t> block);

/// Refuses operands other than those that `format` (null for a float tensor)
/// asks for beside a tensor of shape `shape`. `side` precedes their names in
/// errors: empty, or such as "lhs ".
LogicalResult verifyFormatOperands(Operation *op, StringRef side,
                                   QuantType format, ArrayRef<int64_t> shape,
                                   const FormatOperands &operands);

} // namespace mlir::ptq

#endif // PTQ_LIB_IR_VERIFICATION_H
