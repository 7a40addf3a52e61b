//===- MatmulOps.cpp - Products of matrices -------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Contractions.h"
#include "OnnxOps.h"
#include "Reductions.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::ptq;

/// `linalg.contract` over loops, by the loops that index each operand.
static OnnxTensor contract(OnnxNode &n, OnnxTensor &lhs, OnnxTensor &rhs,
                           ArrayRef<unsigned> lhsLoops,
                           ArrayRef<unsigned> rhsLoops,
                           ArrayRef<unsigned> loops, unsigned numLoops,
                           Sizes sizes, OnnxType type) {
  OnnxBuilder &b = n.b;
  OnnxType wide = getWideType(type);
  Value init = b.createFilled(sizes, b.getNumber(b.getElementType(wide), 0));
  auto getMap = [&](ArrayRef<unsigned> targets) {
    return AffineMap::getMultiDimMapWithTargets(numLoops, targets,
                                                b.getContext());
  };
  ArrayAttr maps = b.getAffineMapArrayAttr(
      {getMap(lhsLoops), getMap(rhsLoops), getMap(loops)});
  SmallVector<NamedAttribute> attributes;
  if (!n.getName().empty())
    attributes.push_back(
        b.getNamedAttr("ptq.name", b.getStringAttr(n.getName())));
  Value result =
      linalg::ContractOp::create(b, init.getType(),
                                 ValueRange{b.getValue(lhs), b.getValue(rhs)},
                                 init, maps, attributes)
          .getResult(0);
  OnnxTensor product = b.makeTensor(result, wide, std::move(sizes));
  return b.castTo(product, type);
}

static bool mayEqual(OpFoldResult a, OpFoldResult b) {
  std::optional<int64_t> x = getConstantIntValue(a), y = getConstantIntValue(b);
  return !x || !y || *x == *y;
}

/// Drops the leading dimensions of size 1 that broadcast, and repeats those
/// that may; returns the loops of the rest. `first` is the loop of the first
/// dimension of `tensor`.
static SmallVector<unsigned> alignBatch(OnnxBuilder &b, OnnxTensor &tensor,
                                        ArrayRef<OpFoldResult> batch,
                                        unsigned numMatrix) {
  unsigned numOwn = tensor.getRank() - numMatrix;
  ArrayRef<OpFoldResult> common = batch.take_back(numOwn);
  SmallVector<unsigned> loops;
  Sizes kept, repeated;
  for (unsigned i = 0; i < numOwn; ++i) {
    OpFoldResult size = tensor.sizes[i];
    if (isConstantIntValue(size, 1) && size != common[i])
      continue;
    loops.push_back(batch.size() - numOwn + i);
    kept.push_back(size);
    repeated.push_back(common[i]);
  }
  ArrayRef<OpFoldResult> matrix = ArrayRef(tensor.sizes).take_back(numMatrix);
  kept.append(matrix.begin(), matrix.end());
  repeated.append(matrix.begin(), matrix.end());
  tensor = b.reshape(tensor, kept);
  if (kept != repeated)
    tensor = b.broadcastTo(tensor, repeated);
  return loops;
}

FailureOr<OnnxTensor> ptq::multiplyMatrices(OnnxNode &n, OnnxTensor &left,
                                            OnnxTensor &right, OnnxType type) {
  OnnxTensor lhs = left, rhs = right;
  if (lhs.getRank() == 0 || rhs.getRank() == 0)
    return n.fail("expects vectors or matrices, but got " +
                  toString(lhs.sizes) + " and " + toString(rhs.sizes));
  unsigned numLeft = std::min<int64_t>(lhs.getRank(), 2);
  unsigned numRight = std::min<int64_t>(rhs.getRank(), 2);
  OpFoldResult lhsDepth = lhs.sizes.back();
  OpFoldResult rhsDepth = rhs.sizes[rhs.getRank() - numRight];
  Sizes lhsBatch(ArrayRef(lhs.sizes).drop_back(numLeft));
  Sizes rhsBatch(ArrayRef(rhs.sizes).drop_back(numRight));
  FailureOr<Sizes> batch = n.b.broadcastSizes({lhsBatch, rhsBatch});
  if (!mayEqual(lhsDepth, rhsDepth) || failed(batch))
    return n.fail("expects matrices that can be multiplied, but got " +
                  toString(lhs.sizes) + " and " + toString(rhs.sizes));

  Sizes sizes = *batch;
  SmallVector<unsigned> lhsLoops = alignBatch(n.b, lhs, *batch, numLeft);
  SmallVector<unsigned> rhsLoops = alignBatch(n.b, rhs, *batch, numRight);
  SmallVector<unsigned> loops =
      llvm::to_vector(llvm::seq<unsigned>(0, batch->size()));
  unsigned next = batch->size();
  if (numLeft == 2) {
    sizes.push_back(lhs.sizes[lhs.getRank() - 2]);
    lhsLoops.push_back(next);
    loops.push_back(next++);
  }
  unsigned columns = numRight == 2 ? next++ : 0;
  lhsLoops.push_back(next);
  rhsLoops.push_back(next);
  if (numRight == 2) {
    sizes.push_back(rhs.sizes.back());
    rhsLoops.push_back(columns);
    loops.push_back(columns);
  }
  return contract(n, lhs, rhs, lhsLoops, rhsLoops, loops, next + 1, sizes,
                  type);
}

static LogicalResult buildMatMul(OnnxNode &n) {
  if (failed(n.expectNumber(0)) || failed(n.expectSameType(1, 0)))
    return failure();
  FailureOr<OnnxTensor> product =
      multiplyMatrices(n, n.input(0), n.input(1), n.input(0).type);
  return failed(product) ? failure() : n.set(*product);
}

/// alpha * A * B + beta * C, either matrix transposed.
static LogicalResult buildGemm(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &lhs = n.input(0), &rhs = n.input(1);
  if (failed(n.expectFloat(0)) || failed(n.expectSameType(1, 0)) ||
      failed(n.expectRank(0, 2)) || failed(n.expectRank(1, 2)))
    return failure();
  unsigned lhsRow = n.getBool("transA", false),
           rhsRow = n.getBool("transB", false);
  if (!mayEqual(lhs.sizes[1 - lhsRow], rhs.sizes[rhsRow]))
    return n.fail("expects matrices that can be multiplied, but got " +
                  toString(lhs.sizes) + " and " + toString(rhs.sizes));
  Sizes sizes = {lhs.sizes[lhsRow], rhs.sizes[1 - rhsRow]};
  SmallVector<unsigned> lhsLoops = {0, 2}, rhsLoops = {2, 1};
  if (lhsRow)
    std::swap(lhsLoops[0], lhsLoops[1]);
  if (rhsRow)
    std::swap(rhsLoops[0], rhsLoops[1]);
  OnnxTensor product =
      contract(n, lhs, rhs, lhsLoops, rhsLoops, {0, 1}, 3, sizes, lhs.type);
  double alpha = n.getFloat("alpha", 1), beta = n.getFloat("beta", 1);
  SmallVector<OnnxTensor *> inputs = {&product};
  if (OnnxTensor *bias = n.optionalInput(2)) {
    if (failed(n.expectSameType(2, 0)))
      return failure();
    FailureOr<Sizes> common = b.broadcastSizes({sizes, bias->sizes});
    if (failed(common) || getShape(*common) != getShape(sizes))
      return n.fail("expects C to broadcast to " + toString(sizes) +
                    ", but got " + toString(bias->sizes));
    inputs.push_back(bias);
  }
  if (alpha == 1 && inputs.size() == 1)
    return n.set(product);
  OnnxType type = lhs.type;
  return n.set(b.createElementwise(
      inputs, sizes, type, [&](ImplicitLocOpBuilder &inner, ValueRange v) {
        ScalarMath m(inner, type);
        Value y = alpha == 1 ? v[0] : m.mul(v[0], m.number(v[0], alpha));
        if (v.size() == 1)
          return y;
        return m.add(y, beta == 1 ? v[1] : m.mul(v[1], m.number(v[1], beta)));
      }));
}

ArrayRef<OnnxOp> ptq::getMatmulOps() {
  static constexpr OnnxOp ops[] = {
      {"Gemm", buildGemm, 2, 3},
      {"MatMul", buildMatMul, 2, 2},
  };
  return ops;
}
