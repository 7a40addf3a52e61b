//===- RowSums.cpp - Sums of the codes of each row ------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RowSums.h"

#include "ConstantTensors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ptq;

/// The sums along the last dimension, without it.
static Value sumLastDimension(OpBuilder &builder, Location loc, Value bytes,
                              bool isSigned) {
  int64_t rank = cast<RankedTensorType>(bytes.getType()).getRank();
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, bytes);
  sizes.pop_back();
  Value zero =
      arith::ConstantIntOp::create(builder, loc, builder.getI32Type(), 0);
  Value empty =
      tensor::EmptyOp::create(builder, loc, sizes, builder.getI32Type());
  Value init = linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
  AffineMap identity = builder.getMultiDimIdentityMap(rank);
  SmallVector<AffineMap> maps = {identity, identity.dropResult(rank - 1)};
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators.back() = utils::IteratorType::reduction;
  auto add = [&](OpBuilder &b, Location loc, ValueRange args) {
    Value code;
    if (isSigned)
      code = arith::ExtSIOp::create(b, loc, b.getI32Type(), args[0]);
    else
      code = arith::ExtUIOp::create(b, loc, b.getI32Type(), args[0]);
    Value sum = arith::AddIOp::create(b, loc, args[1], code);
    linalg::YieldOp::create(b, loc, sum);
  };
  return linalg::GenericOp::create(builder, loc, init.getType(), bytes, init,
                                   maps, iterators, add)
      .getResult(0);
}

Value ptq::sumRows(OpBuilder &builder, Location loc, Value bytes, bool isSigned,
                   int64_t group) {
  auto type = cast<RankedTensorType>(bytes.getType());
  int64_t rank = type.getRank();
  if (group == 0)
    return addUnitDims(builder, loc,
                       sumLastDimension(builder, loc, bytes, isSigned),
                       llvm::to_vector(llvm::seq<int64_t>(0, rank - 1)), rank);
  SmallVector<int64_t> shape(type.getShape());
  shape.back() /= group;
  shape.push_back(group);
  SmallVector<ReassociationIndices> groups;
  for (int64_t dim = 0; dim < rank; ++dim)
    groups.push_back({dim});
  groups.back().push_back(rank);
  Value grouped = tensor::ExpandShapeOp::create(builder, loc, type.clone(shape),
                                                bytes, groups);
  return sumLastDimension(builder, loc, grouped, isSigned);
}
