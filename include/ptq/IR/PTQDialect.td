//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_DIALECT
#define PTQ_DIALECT

include "mlir/IR/DialectBase.td"

def PTQ_Dialect : Dialect {
  let name = "ptq";
  let cppNamespace = "::mlir::ptq";
  let summary = "Post-training quantization of tensors";
  let description = [{
    A quantized tensor is a builtin tensor whose element type is `!ptq.q`. The
    type holds the *format* (stored integer, expressed float, block shape, type
    of the scales, kind of zero point); the *numbers* (scales, zero points,
    sums) are SSA operands of the ops, so that changing them never changes a
    type, and dynamic quantization is expressible.

    Every op says what it computes, to the bit; `docs/spec.md` collects the
    arithmetic, and `ptq-opt --ptq-evaluate` executes it.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"
  ];
}

#endif // PTQ_DIALECT
