//===- EmbeddingGather.cpp - Rows of a table, gathered by linalg ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EmbeddingGather.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::ptq;

template <typename... CastOps>
static Value stripCasts(Value value) {
  while (isa_and_present<CastOps...>(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

/// Whether loops are `(i.., k)`, the input has `(i..)` and the result all.
static bool hasGatherLoops(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 ||
      op.getNumResults() != 1 || op.getNumReductionLoops() != 0 ||
      op.getNumLoops() < 2)
    return false;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  unsigned last = op.getNumLoops() - 1;
  return maps[1].isIdentity() && maps[0] == maps[1].dropResult(last);
}

std::optional<EmbeddingGather> ptq::matchEmbeddingGather(linalg::GenericOp op) {
  if (!hasGatherLoops(op) ||
      !llvm::all_of(*op.getBlock(),
                    [](Operation &inner) { return isPure(&inner); }))
    return std::nullopt;
  Value indices = op.getDpsInputOperand(0)->get();
  auto indexType = dyn_cast<RankedTensorType>(indices.getType());
  auto type = dyn_cast<RankedTensorType>(op.getResult(0).getType());
  if (!indexType || !type)
    return std::nullopt;
  Type index = indexType.getElementType(), element = type.getElementType();
  if (!(index.isInteger(32) || index.isInteger(64) || index.isIndex()) ||
      !(element.isF32() || element.isF16() || element.isBF16()))
    return std::nullopt;

  Value yielded = stripCasts<arith::ExtFOp, arith::TruncFOp>(
      op.getBlock()->getTerminator()->getOperand(0));
  auto extract = yielded.getDefiningOp<tensor::ExtractOp>();
  if (!extract || extract.getIndices().size() != 2 ||
      op->isAncestor(extract.getTensor().getParentRegion()->getParentOp()))
    return std::nullopt;
  Value row =
      stripCasts<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtSIOp,
                 arith::ExtUIOp>(extract.getIndices()[0]);
  auto column = extract.getIndices()[1].getDefiningOp<linalg::IndexOp>();
  if (row != op.getBlock()->getArgument(0) || !column ||
      column.getDim() != op.getNumLoops() - 1)
    return std::nullopt;
  return EmbeddingGather{indices, extract.getTensor()};
}
