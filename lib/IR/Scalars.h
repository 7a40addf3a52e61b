//===- Scalars.h - The exact arithmetic of one element ----------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Emits what Reference.cpp computes, as `arith` and `math` on scalars (or on
// vectors of them).
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IR_SCALARS_H
#define PTQ_LIB_IR_SCALARS_H

#include "ptq/IR/PTQ.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::ptq {

/// The bits of `value` in `width` bits, whatever its sign.
IntegerAttr getBitsAttr(IntegerType type, int64_t value);

/// `f32(value)`, exact, of a float of 32 bits or fewer.
Value extendToF32(ImplicitLocOpBuilder &builder, Value value);

/// An f32 rounded to `type`: f32, f16 or bf16.
Value roundFromF32(ImplicitLocOpBuilder &builder, Value value, Type type);

/// The scale rule: an f32 that is not negative rounded to its storage type; 1
/// if that is zero or an f32 subnormal.
Value roundScale(ImplicitLocOpBuilder &builder, Value scale, Type type);

/// A stored code or zero point as i32.
Value extendCode(ImplicitLocOpBuilder &builder, Value code, bool isSigned);

/// `int(clamp(rne(value * factor) + zeroPoint, min, max))`. `zeroPoint` is i32,
/// null for 0. A NaN gives min. The result is a stored code.
Value quantizeValue(ImplicitLocOpBuilder &builder, Value value, Value factor,
                    Value zeroPoint, QuantType format);

/// `int(clamp(value, min, max))`, as a stored code; a NaN gives min.
Value clampToCode(ImplicitLocOpBuilder &builder, Value value, QuantType format);

/// `multiplier * (code - zeroPoint)` in i32 of stored operands. `multiplier`
/// may be null, `zeroPoint` too if it is not an operand.
Value centerCode(ImplicitLocOpBuilder &builder, Value code, Value multiplier,
                 Value zeroPoint, QuantType format);

/// The zero point in i32: the stored operand `zeroPoint`, or the constant of
/// the format, or null if that is 0.
Value getZeroPoint(ImplicitLocOpBuilder &builder, Value zeroPoint,
                   QuantType format);

} // namespace mlir::ptq

#endif // PTQ_LIB_IR_SCALARS_H
