//===- ProductIdiom.cpp - Integer products and the scale behind them ------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConstantTensors.h"
#include "Idioms.h"
#include "RowSums.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Analysis
//===----------------------------------------------------------------------===//

/// Whether `maps` are those of `lhs[b.., m, k] * rhs[b.., k, n]` or of the same
/// with `rhs[b.., n, k]`; none if they are neither.
static std::optional<bool> isRhsTransposed(ArrayRef<AffineMap> maps) {
  AffineMap result = maps[2];
  unsigned rank = result.getNumResults();
  if (!result.isProjectedPermutation() || rank < 2 ||
      maps[0].getNumResults() != rank || maps[1].getNumResults() != rank ||
      maps[0].getNumDims() != rank + 1)
    return std::nullopt;
  AffineExpr m = result.getResult(rank - 2), n = result.getResult(rank - 1);
  AffineExpr k = maps[0].getResult(rank - 1);
  SmallVector<AffineExpr> batch(result.getResults().drop_back(2));
  auto hasResults = [&](AffineMap map, AffineExpr first, AffineExpr second) {
    SmallVector<AffineExpr> expected(batch);
    expected.append({first, second});
    return map.getResults() == ArrayRef(expected);
  };
  if (k == m || k == n || !hasResults(maps[0], m, k))
    return std::nullopt;
  if (hasResults(maps[1], k, n))
    return true;
  if (hasResults(maps[1], n, k))
    return false;
  return std::nullopt;
}

/// The integer product that makes the tensor `sums`; its zero points are 0
/// unless the op has some.
static FailureOr<ProductIdiom> readProduct(Value sums, std::string &reason) {
  auto op = dyn_cast_if_present<linalg::LinalgOp>(sums.getDefiningOp());
  if (!op || !isa<linalg::QuantizedMatmulOp, linalg::QuantizedBatchMatmulOp,
                  linalg::MatmulOp, linalg::BatchMatmulOp>(op))
    return failure();
  ProductIdiom idiom;
  idiom.product = op;
  idiom.lhs = op.getDpsInputs()[0];
  idiom.rhs = op.getDpsInputs()[1];
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  std::optional<bool> transposed =
      isRhsTransposed({maps[0], maps[1], maps.back()});
  for (Value side : {idiom.lhs, idiom.rhs}) {
    auto type = dyn_cast<RankedTensorType>(side.getType());
    if (!type || !type.getElementType().isSignlessInteger(8))
      transposed.reset();
  }
  if (!transposed) {
    reason = "expects a product of tensors of i8 as matmuls index them";
    return failure();
  }
  idiom.isRhsTransposed = *transposed;
  auto cast = op->getAttrOfType<linalg::TypeFnAttr>("cast");
  if (cast && cast.getValue() == linalg::TypeFn::cast_unsigned) {
    reason = "multiplies unsigned integers";
    return failure();
  }
  idiom.lhsZeroPoint = idiom.rhsZeroPoint = 0;
  if (op.getNumDpsInputs() != 4)
    return idiom;
  APInt lhs, rhs;
  if (!matchPattern(op.getDpsInputs()[2], m_ConstantInt(&lhs)) ||
      !matchPattern(op.getDpsInputs()[3], m_ConstantInt(&rhs)) ||
      !lhs.isSignedIntN(8) || !rhs.isSignedIntN(8)) {
    reason = "expects constant zero points in [-128, 127]";
    return failure();
  }
  idiom.lhsZeroPoint = lhs.getSExtValue();
  idiom.rhsZeroPoint = rhs.getSExtValue();
  return idiom;
}

static bool isZero(Value init) {
  if (auto fill = init.getDefiningOp<linalg::FillOp>())
    return matchPattern(fill.getInputs()[0], m_Zero());
  return matchPattern(init, m_Zero());
}

/// What a `ptq.matmul` of i8 cannot do.
static LogicalResult checkProduct(const ProductIdiom &idiom,
                                  std::string &reason) {
  auto op = cast<linalg::LinalgOp>(idiom.product);
  if (!isZero(op.getDpsInits()[0])) {
    reason = "adds the product to integers that are not 0";
    return failure();
  }
  ArrayRef<int64_t> lhs =
      cast<RankedTensorType>(idiom.lhs.getType()).getShape();
  ArrayRef<int64_t> rhs =
      cast<RankedTensorType>(idiom.rhs.getType()).getShape();
  int64_t k = lhs.back();
  if (ShapedType::isDynamic(k))
    k = rhs[rhs.size() - (idiom.isRhsTransposed ? 2 : 1)];
  auto largest = [](int64_t zeroPoint) {
    return std::max(zeroPoint + 128, 127 - zeroPoint);
  };
  int64_t product = largest(idiom.lhsZeroPoint) * largest(idiom.rhsZeroPoint);
  if (ShapedType::isDynamic(k) ||
      k > std::numeric_limits<int32_t>::max() / product) {
    reason = "expects a static K that keeps the sums below 2^31";
    return failure();
  }
  return success();
}

/// The scales of the product `sums`: one, or one per index of its last
/// dimension.
static LogicalResult setScales(Element element, const BlockedTensor &sums,
                               ProductIdiom &idiom, std::string &reason) {
  if (std::optional<APFloat> number = element.getConstantFloat()) {
    idiom.scales.constant = FloatAttr::get(element.getType(), *number);
    idiom.scales.block.assign(sums.getType().getRank(), 0);
  } else {
    FailureOr<BlockNumbers> scales = findBlocks(element, sums, reason);
    if (failed(scales))
      return failure();
    idiom.scales = *scales;
  }
  idiom.scales.type = element.getType();
  ArrayRef<int64_t> block = idiom.scales.block;
  if (llvm::all_of(block.drop_back(), [](int64_t size) { return size == 0; }) &&
      block.back() <= 1)
    return success();
  reason = "expects a scale, or one per column of the product";
  return failure();
}

FailureOr<ProductIdiom> ptq::matchProduct(Operation *root,
                                          std::string &reason) {
  Element product = Element::atRoot(root->getResult(0));
  Type resultType = product.getType();
  if (isa<arith::TruncFOp>(root))
    product = product.getOperand(0);
  if (!product.getOp<arith::MulFOp>() || !product.getType().isF32() ||
      !isa<Float32Type, Float16Type, BFloat16Type>(resultType))
    return failure();
  for (unsigned side : {0u, 1u}) {
    Element converted = product.getOperand(side);
    if (!converted.getOp<arith::SIToFPOp>() ||
        !converted.getOperand(0).getType().isInteger(32))
      continue;
    FailureOr<BlockedTensor> sums =
        getBlockedTensor(converted.getOperand(0).getSource());
    if (failed(sums) || !sums->map.isPermutation())
      continue;
    FailureOr<ProductIdiom> idiom = readProduct(sums->tensor, reason);
    if (failed(idiom) || failed(checkProduct(*idiom, reason)) ||
        failed(setScales(product.getOperand(1 - side), *sums, *idiom, reason)))
      return failure();
    idiom->sums = *sums;
    idiom->resultType = cast<FloatType>(resultType);
    return *idiom;
  }
  return failure();
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

static Value castBytes(OpBuilder &builder, Location loc, Value bytes,
                       ArrayRef<int64_t> block, int64_t zeroPoint) {
  FloatType f32 = builder.getF32Type();
  Attribute zeroPointAttr;
  if (zeroPoint != 0)
    zeroPointAttr = builder.getI64IntegerAttr(zeroPoint);
  QuantType format = QuantType::get(8, /*isSigned=*/true, -128, 127, f32, block,
                                    f32, zeroPointAttr);
  return StorageCastOp::create(
      builder, loc, cast<RankedTensorType>(bytes.getType()).clone(format),
      bytes, /*packed=*/false);
}

Value ptq::build(OpBuilder &builder, Location loc, const ProductIdiom &idiom) {
  int64_t rank = idiom.sums.getType().getRank();
  Value rhs = idiom.rhs;
  if (idiom.isRhsTransposed) {
    SmallVector<int64_t> permutation =
        llvm::to_vector(llvm::seq<int64_t>(0, rank));
    std::swap(permutation[rank - 1], permutation[rank - 2]);
    rhs = transposeTensor(builder, loc, rhs, permutation);
  }
  // Columns of the product are rows of the weights.
  SmallVector<int64_t> lhsBlock(rank, 0), rhsBlock(rank, 0);
  rhsBlock[rank - 2] = idiom.scales.block.back();
  BlockNumbers scales = idiom.scales;
  scales.block = rhsBlock;
  for (int64_t &dim : scales.dims)
    dim = dim < 0 ? dim : rank - 2;
  BlockedTensor weights = {rhs, builder.getMultiDimIdentityMap(rank)};
  Value rhsScale = arrangeNumbers(builder, loc, scales, weights, rhsBlock);
  auto oneType = RankedTensorType::get(SmallVector<int64_t>(rank, 1),
                                       builder.getF32Type());
  Value lhsScale = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(oneType, 1.0f));
  Value lhsSums;
  if (idiom.rhsZeroPoint != 0)
    lhsSums = sumRows(builder, loc, idiom.lhs, /*isSigned=*/true,
                      /*group=*/0);
  Value lhsCodes =
      castBytes(builder, loc, idiom.lhs, lhsBlock, idiom.lhsZeroPoint);
  Value rhsCodes = castBytes(builder, loc, rhs, rhsBlock, idiom.rhsZeroPoint);
  Value init = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, idiom.sums.tensor),
      idiom.resultType);
  auto create = [&](auto tag) -> Value {
    return decltype(tag)::create(
        builder, loc, init.getType(), lhsCodes, rhsCodes, lhsScale,
        /*lhsZeroPoint=*/Value(), lhsSums, rhsScale, /*rhsMultiplier=*/Value(),
        /*rhsZeroPoint=*/Value(), init);
  };
  return rank == 3 ? create(BatchMatmulOp()) : create(MatmulOp());
}
