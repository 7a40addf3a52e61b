//===- ConstantTensors.h - Shapes of tensors, of constants too --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights stay constants: what only moves elements of a constant, inline or in
// a resource, makes another constant and no op.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_DIALECTS_CONSTANTTENSORS_H
#define PTQ_LIB_IMPORT_DIALECTS_CONSTANTTENSORS_H

#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/IR/Builders.h"

namespace mlir::ptq {

/// The elements of `value` if it is a constant that is loaded; null otherwise.
ElementsAttr getConstantElements(Value value);

/// Dimension `i` of the result is dimension `permutation[i]` of `value`.
Value transposeTensor(OpBuilder &builder, Location loc, Value value,
                      ArrayRef<int64_t> permutation);

/// Joins the dimensions of each group.
Value collapseTensor(OpBuilder &builder, Location loc, Value value,
                     ArrayRef<ReassociationIndices> groups);

/// Drops all dimensions, of one index each, but `kept`.
Value dropUnitDims(OpBuilder &builder, Location loc, Value value,
                   ArrayRef<int64_t> kept);

/// A tensor of rank `rank` whose dimensions `dims` are those of `value`, the
/// others of one index.
Value addUnitDims(OpBuilder &builder, Location loc, Value value,
                  ArrayRef<int64_t> dims, int64_t rank);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_DIALECTS_CONSTANTTENSORS_H
