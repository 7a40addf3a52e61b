//===- Reductions.h - Reductions that several ops share ---------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_ONNX_REDUCTIONS_H
#define PTQ_LIB_IMPORT_ONNX_REDUCTIONS_H

#include "OnnxBuilder.h"
#include "ScalarMath.h"

namespace mlir::ptq {

/// What combines elements, and with which number it starts.
enum class Reduction { Sum, Product, Max, Min };

/// Reduces `map(x)` over `axes`, which stay with size 1. Sums of halves are
/// accumulated in f32, and stay f32: the result has `getWideType(x.type)`.
OnnxTensor reduce(OnnxBuilder &b, OnnxTensor &x, ArrayRef<int64_t> axes,
                  Reduction kind,
                  llvm::function_ref<Value(ScalarMath &, Value)> map = nullptr);

/// Float for halves, else the type itself.
OnnxType getWideType(OnnxType type);

/// The mean over `axes`, which stay with size 1; float for halves.
OnnxTensor reduceMean(OnnxBuilder &b, OnnxTensor &x, ArrayRef<int64_t> axes);

/// The number that changes nothing, of the type of an element.
TypedAttr getNeutral(Builder &b, OnnxType type, Reduction kind);

Value combine(ScalarMath &m, Reduction kind, Value x, Value y);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_ONNX_REDUCTIONS_H
