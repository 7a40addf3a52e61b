//===- FloatProduct.cpp - Float products with transposed weights ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FloatProduct.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

std::optional<FloatProduct> ptq::matchFloatProduct(Operation *operation) {
  if (!isa<linalg::MatmulOp, linalg::ContractOp>(operation))
    return std::nullopt;
  auto op = cast<linalg::LinalgOp>(operation);
  if (op.getNumLoops() != 3 || op.getNumReductionLoops() != 1)
    return std::nullopt;
  AffineExpr m, n, k;
  bindDims(op.getContext(), m, n, k);
  auto getMap = [&](AffineExpr a, AffineExpr b) {
    return AffineMap::get(3, 0, {a, b}, op.getContext());
  };
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  if (maps[0] != getMap(m, k) || maps[1] != getMap(n, k) ||
      maps[2] != getMap(m, n))
    return std::nullopt;
  Value rows = op.getDpsInputs()[0], weights = op.getDpsInputs()[1];
  auto weightType = cast<ShapedType>(weights.getType());
  Value init = op.getDpsInits()[0];
  if (!getElementTypeOrSelf(rows).isF32() ||
      !getElementTypeOrSelf(init).isF32() ||
      !isa<Float32Type, Float16Type, BFloat16Type>(
          weightType.getElementType()) ||
      !weightType.hasStaticShape() || weightType.getNumElements() == 0 ||
      !isa<RankedTensorType>(init.getType()))
    return std::nullopt;
  auto fill = init.getDefiningOp<linalg::FillOp>();
  if (!fill || !matchPattern(fill.getInputs()[0], m_PosZeroFloat()))
    return std::nullopt;
  return FloatProduct{rows, weights, init};
}
