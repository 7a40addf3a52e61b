//===- BinaryMap.h - A function of two tensors' elements --------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_ONNX_BINARYMAP_H
#define PTQ_LIB_IMPORT_ONNX_BINARYMAP_H

#include "OnnxNode.h"
#include "ScalarMath.h"

namespace mlir::ptq {

using BinaryBody = llvm::function_ref<Value(ScalarMath &, Value, Value)>;

/// The result of the node: `body` of each pair of elements of its two operands,
/// which broadcast, of `type`.
LogicalResult buildBinaryMap(OnnxNode &n, OnnxType type, BinaryBody body);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_ONNX_BINARYMAP_H
