//===- ValueBounds.cpp - Sizes of results, for bound analyses -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ValueBounds.h"

#include "ptq/IR/PTQ.h"

#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// dim(result, i) == dim(input, i)
template <typename OpTy>
struct SameShape
    : ValueBoundsOpInterface::ExternalModel<SameShape<OpTy>, OpTy> {
  void populateBoundsForShapedValueDim(Operation *op, Value value, int64_t dim,
                                       ValueBoundsConstraintSet &cstr) const {
    cstr.bound(value)[dim] == cstr.getExpr(cast<OpTy>(op).getInput(), dim);
  }
};

/// dim(result, i) == dim(lhs, i)
struct ShapeOfLhs : ValueBoundsOpInterface::ExternalModel<ShapeOfLhs, AddOp> {
  void populateBoundsForShapedValueDim(Operation *op, Value value, int64_t dim,
                                       ValueBoundsConstraintSet &cstr) const {
    cstr.bound(value)[dim] == cstr.getExpr(cast<AddOp>(op).getLhs(), dim);
  }
};

/// dim(scale, i) == ceildiv(dim(input, i), block[i]), sums likewise
struct PerBlock
    : ValueBoundsOpInterface::ExternalModel<PerBlock, DynamicQuantizeOp> {
  void populateBoundsForShapedValueDim(Operation *op, Value value, int64_t dim,
                                       ValueBoundsConstraintSet &cstr) const {
    auto quantize = cast<DynamicQuantizeOp>(op);
    AffineExpr size = cstr.getExpr(quantize.getInput(), dim);
    if (value == quantize.getResult()) {
      cstr.bound(value)[dim] == size;
      return;
    }
    auto format =
        cast<QuantType>(quantize.getResult().getType().getElementType());
    ArrayRef<int64_t> block = value == quantize.getScale()
                                  ? format.getBlock()
                                  : *quantize.getSumsBlock();
    if (block[dim] == 0)
      cstr.bound(value)[dim] == 1;
    else
      cstr.bound(value)[dim] == size.ceilDiv(block[dim]);
  }
};

/// Only rows of static length are packed, so that no dynamic size differs.
struct SameDynamicSizes
    : ValueBoundsOpInterface::ExternalModel<SameDynamicSizes, StorageCastOp> {
  void populateBoundsForShapedValueDim(Operation *op, Value value, int64_t dim,
                                       ValueBoundsConstraintSet &cstr) const {
    auto cast = llvm::cast<StorageCastOp>(op);
    if (cast.getPacked() && dim == cast.getType().getRank() - 1)
      return;
    cstr.bound(value)[dim] == cstr.getExpr(cast.getInput(), dim);
  }
};

} // namespace

void ptq::attachValueBounds(MLIRContext &context) {
  QuantizeOp::attachInterface<SameShape<QuantizeOp>>(context);
  DequantizeOp::attachInterface<SameShape<DequantizeOp>>(context);
  FakeQuantizeOp::attachInterface<SameShape<FakeQuantizeOp>>(context);
  RequantizeOp::attachInterface<SameShape<RequantizeOp>>(context);
  AddOp::attachInterface<ShapeOfLhs>(context);
  DynamicQuantizeOp::attachInterface<PerBlock>(context);
  StorageCastOp::attachInterface<SameDynamicSizes>(context);
}
