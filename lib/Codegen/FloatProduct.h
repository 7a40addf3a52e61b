//===- FloatProduct.h - Float products with transposed weights --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_FLOATPRODUCT_H
#define PTQ_LIB_CODEGEN_FLOATPRODUCT_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::ptq {

/// `[m, k] x [n, k] -> [m, n]` with f32 rows and results, from zero.
struct FloatProduct {
  Value rows, weights, init;
};

/// `op` as such a product, of weights of f32, f16 or bf16 and static shape.
std::optional<FloatProduct> matchFloatProduct(Operation *op);

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_FLOATPRODUCT_H
