//===- Decompose.h - Parts that several decompositions share ----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IR_DECOMPOSE_H
#define PTQ_LIB_IR_DECOMPOSE_H

#include "ptq/IR/PTQ.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::ptq {

/// The numbers that go with codes, as an op holds them: null what the format
/// does not have.
struct QuantOperands {
  Value scale;
  Value multiplier;
  Value zeroPoint;
};

/// The codes of a quantized tensor, one per i8 or i16.
Value getCodes(ImplicitLocOpBuilder &builder, Value quantized);

/// Codes seen as the quantized tensor that they are.
Value getQuantized(ImplicitLocOpBuilder &builder, Value codes,
                   QuantType format);

/// `multiplier * (code - zeroPoint)` of every code: signed, in the smallest
/// integer that holds it.
Value centerCodes(ImplicitLocOpBuilder &builder, Value codes,
                  const QuantOperands &operands, QuantType format);

/// `f32(multiplier * (code - zeroPoint)) * scale` rounded to `resultType`.
Value dequantizeCodes(ImplicitLocOpBuilder &builder, Value codes,
                      const QuantOperands &operands, QuantType format,
                      Type resultType);

} // namespace mlir::ptq

#endif // PTQ_LIB_IR_DECOMPOSE_H
