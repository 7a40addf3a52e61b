//===- ConstantView.h - A constant tensor seen by its views -----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_CONSTANTVIEW_H
#define PTQ_LIB_QUANTIZE_CONSTANTVIEW_H

#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/SmallVector.h"

namespace mlir::ptq {

/// `size` indices, `stride` elements of the source apart. Stride 0 repeats.
struct Stride {
  int64_t size, stride;
  bool operator==(const Stride &other) const {
    return size == other.size && stride == other.stride;
  }
};

/// One dimension of a view: nested strides, the outermost first. A dimension
/// needs several when reshapes and transposes mix.
using ViewDimension = SmallVector<Stride, 2>;

/// A float tensor whose elements are those of a constant, in another order.
/// Element `[i, j, ..]` is source element `offset + strides of i, j, ..`.
struct ConstantView {
  /// Elements (inline), or `#ptq.external`.
  Attribute source;
  /// The global that holds the source; null for a constant.
  ml_program::GlobalOp global;
  /// Shape and element type of the source.
  RankedTensorType sourceType;
  /// Casts on the way round each element to this type; null without any.
  FloatType roundedTo;
  int64_t offset = 0;
  SmallVector<ViewDimension> dims;

  /// Number of indices of dimension `dim`.
  int64_t getSize(unsigned dim) const;
  /// Whether every index of `dim` shows the same elements.
  bool isRepeated(unsigned dim) const;
};

/// Appends to `dims` what follows it, and merges strides that are one.
void appendDimension(ViewDimension &dim, const ViewDimension &inner);

/// What `op` shows in another order or float type; null if it is no such view.
Value getViewed(Operation *op);

/// Follows `value` through transposes, reshapes, slices, broadcasts and float
/// casts to the constant or the immutable global that it comes from. Fails
/// with a reason if it comes from something else.
FailureOr<ConstantView>
traceConstant(Value value, SymbolTableCollection &symbols, std::string &reason);

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_CONSTANTVIEW_H
