//===- IntegerOps.cpp - Products of integers ------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Contractions.h"
#include "OnnxOps.h"
#include "Quantization.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::ptq;

static LogicalResult expectCodes(OnnxNode &n, unsigned index) {
  return n.expectType(index, {OnnxType::Int8, OnnxType::UInt8});
}

/// A parameter of one number, or of one per index of `axis`, to broadcast with
/// a tensor of this rank. One of the same rank broadcasts as it is.
static FailureOr<OnnxTensor> alignParameter(OnnxNode &n, OnnxTensor &tensor,
                                            int64_t axis, int64_t rank) {
  OnnxBuilder &b = n.b;
  if (countElements(tensor.sizes) == 1)
    return b.reshape(tensor, {});
  if (tensor.getRank() > 1 && tensor.getRank() <= rank)
    return tensor;
  if (tensor.getRank() != 1 || axis < 0)
    return n.fail("expects one number, or one per row, column or channel, but "
                  "got " +
                  toString(tensor.sizes));
  Sizes sizes(rank - axis, b.constant(1));
  sizes[0] = tensor.sizes[0];
  return b.reshape(tensor, sizes);
}

FailureOr<OnnxTensor> ptq::center(OnnxNode &n, OnnxTensor &x, unsigned index,
                                  int64_t axis) {
  SmallVector<OnnxTensor *> inputs = {&x};
  OnnxTensor zeroPoint;
  if (n.hasInput(index)) {
    if (n.input(index).type != x.type)
      return n.fail("expects a zero point of " + getOnnxTypeName(x.type) +
                    ", but got " + getOnnxTypeName(n.input(index).type));
    FailureOr<OnnxTensor> aligned =
        alignParameter(n, n.input(index), axis, x.getRank());
    if (failed(aligned))
      return failure();
    zeroPoint = *aligned;
    inputs.push_back(&zeroPoint);
  }
  FailureOr<Sizes> common = n.broadcastSizes(inputs);
  if (failed(common))
    return failure();
  if (getShape(*common) != getShape(x.sizes))
    return n.fail("expects a zero point that broadcasts to " +
                  toString(x.sizes));
  OnnxType type = x.type;
  return n.b.createElementwise(
      inputs, x.sizes, OnnxType::Int32,
      [&](ImplicitLocOpBuilder &b, ValueRange v) {
        Value code = castScalar(b, v[0], type, OnnxType::Int32);
        if (v.size() == 1)
          return code;
        Value zero = castScalar(b, v[1], type, OnnxType::Int32);
        return arith::SubIOp::create(b, code, zero).getResult();
      });
}

//===----------------------------------------------------------------------===//
// MatMulInteger, ConvInteger
//===----------------------------------------------------------------------===//

/// The exact product of centred codes, in i32.
static FailureOr<OnnxTensor> multiplyCodes(OnnxNode &n, unsigned lhsIndex,
                                           unsigned rhsIndex,
                                           unsigned lhsZeroPoint,
                                           unsigned rhsZeroPoint) {
  OnnxTensor &lhs = n.input(lhsIndex), &rhs = n.input(rhsIndex);
  if (failed(expectCodes(n, lhsIndex)) || failed(expectCodes(n, rhsIndex)))
    return failure();
  FailureOr<OnnxTensor> a = center(n, lhs, lhsZeroPoint, lhs.getRank() - 2);
  FailureOr<OnnxTensor> b = center(n, rhs, rhsZeroPoint, rhs.getRank() - 1);
  if (failed(a) || failed(b))
    return failure();
  return multiplyMatrices(n, *a, *b, OnnxType::Int32);
}

static LogicalResult buildMatMulInteger(OnnxNode &n) {
  FailureOr<OnnxTensor> product = multiplyCodes(n, 0, 1, 2, 3);
  return failed(product) ? failure() : n.set(*product);
}

/// Padding is that of centred codes: 0 stands for the zero point.
static FailureOr<OnnxTensor> convolveCodes(OnnxNode &n, unsigned xIndex,
                                           unsigned wIndex, unsigned xZeroPoint,
                                           unsigned wZeroPoint) {
  if (failed(expectCodes(n, xIndex)) || failed(expectCodes(n, wIndex)))
    return failure();
  FailureOr<OnnxTensor> x = center(n, n.input(xIndex), xZeroPoint, -1);
  FailureOr<OnnxTensor> w = center(n, n.input(wIndex), wZeroPoint, 0);
  if (failed(x) || failed(w))
    return failure();
  return convolve(n, *x, *w, OnnxType::Int32);
}

static LogicalResult buildConvInteger(OnnxNode &n) {
  FailureOr<OnnxTensor> product = convolveCodes(n, 0, 1, 2, 3);
  return failed(product) ? failure() : n.set(*product);
}

//===----------------------------------------------------------------------===//
// QLinearMatMul, QLinearConv
//===----------------------------------------------------------------------===//

namespace {
/// Operands of the scales of both factors and of the result, and of its zero
/// point; the axes that scales of one dimension are along.
struct Rescale {
  unsigned lhsScale, rhsScale, scale, zeroPoint;
  int64_t lhsAxis, rhsAxis;
};
} // namespace

/// `(lhs scale * rhs scale) / scale`
static FailureOr<OnnxTensor> getMultiplier(OnnxNode &n, const Rescale &rescale,
                                           int64_t rank) {
  for (unsigned i : {rescale.lhsScale, rescale.rhsScale, rescale.scale})
    if (failed(n.expectType(i, {OnnxType::Float})))
      return failure();
  auto lhs =
      alignParameter(n, n.input(rescale.lhsScale), rescale.lhsAxis, rank);
  auto rhs =
      alignParameter(n, n.input(rescale.rhsScale), rescale.rhsAxis, rank);
  auto own = alignParameter(n, n.input(rescale.scale), rescale.lhsAxis, rank);
  if (failed(lhs) || failed(rhs) || failed(own))
    return failure();
  FailureOr<Sizes> sizes = n.broadcastSizes({&*lhs, &*rhs, &*own});
  if (failed(sizes))
    return failure();
  return n.b.createElementwise({&*lhs, &*rhs, &*own}, *sizes, OnnxType::Float,
                               [](ImplicitLocOpBuilder &b, ValueRange v) {
                                 ScalarMath m(b, OnnxType::Float);
                                 return m.div(m.mul(v[0], v[1]), v[2]);
                               });
}

/// `int(clamp(rne(f32(sum) * multiplier) + zp))`, as `ptq.requantize` rounds.
static LogicalResult requantize(OnnxNode &n, OnnxTensor &sum,
                                const Rescale &rescale) {
  OnnxBuilder &b = n.b;
  int64_t rank = sum.getRank();
  if (rank == 0)
    return n.fail("expects matrices, but got two vectors");
  if (failed(expectCodes(n, rescale.zeroPoint)))
    return failure();
  FailureOr<OnnxTensor> multiplier = getMultiplier(n, rescale, rank);
  if (failed(multiplier))
    return failure();
  FailureOr<OnnxTensor> zeroPoint =
      alignParameter(n, n.input(rescale.zeroPoint), rescale.lhsAxis, rank);
  if (failed(zeroPoint))
    return failure();
  FailureOr<Sizes> common =
      b.broadcastSizes({multiplier->sizes, zeroPoint->sizes});
  FailureOr<Sizes> all = b.broadcastSizes({sum.sizes, multiplier->sizes});
  if (failed(common) || failed(all) || getShape(*all) != getShape(sum.sizes))
    return n.fail("expects scales and zero points that broadcast to " +
                  toString(sum.sizes) + ", but got " +
                  toString(multiplier->sizes) + " and " +
                  toString(zeroPoint->sizes));
  // One number per block: a dimension is one block, or one per index.
  Sizes blocks(rank - common->size(), b.constant(1));
  blocks.append(*common);
  QuantParameters parameters;
  for (OpFoldResult size : blocks)
    parameters.block.push_back(isConstantIntValue(size, 1) ? 0 : 1);
  auto align = [&](OnnxTensor &tensor) {
    OnnxTensor repeated =
        tensor.sizes == *common ? tensor : b.broadcastTo(tensor, *common);
    return b.reshape(repeated, blocks);
  };
  OnnxType storage = zeroPoint->type;
  parameters.scale = align(*multiplier);
  parameters.zeroPoint = *zeroPoint;
  QuantType format = getFormat(b, storage, OnnxType::Float, parameters);
  if (format.hasZeroPointOperand())
    parameters.zeroPoint = align(*zeroPoint);
  SmallVector<int64_t> shape = getShape(sum.sizes);
  Value codes = RequantizeOp::create(
      b, RankedTensorType::get(shape, format), b.getValue(sum),
      RequantizeMode::Float, b.getValue(parameters.scale), /*shift=*/nullptr,
      getZeroPointOperand(b, format, parameters));
  Value bytes = StorageCastOp::create(
      b, RankedTensorType::get(shape, b.getI8Type()), codes);
  return n.set(b.makeTensor(bytes, storage, sum.sizes));
}

static LogicalResult buildQLinearMatMul(OnnxNode &n) {
  FailureOr<OnnxTensor> sum = multiplyCodes(n, 0, 3, 2, 5);
  if (failed(sum))
    return failure();
  return requantize(n, *sum,
                    {1, 4, 6, 7, sum->getRank() - 2, sum->getRank() - 1});
}

static LogicalResult buildQLinearConv(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  FailureOr<OnnxTensor> sum = convolveCodes(n, 0, 3, 2, 5);
  if (failed(sum))
    return failure();
  if (n.hasInput(8)) {
    if (failed(n.expectRank(8, 1)) ||
        failed(n.expectType(8, {OnnxType::Int32})))
      return failure();
    OnnxTensor bias = alignChannels(b, n.input(8), sum->getRank());
    if (failed(n.broadcastSizes({&*sum, &bias})))
      return failure();
    sum = b.createElementwise(
        {&*sum, &bias}, sum->sizes, OnnxType::Int32,
        [](ImplicitLocOpBuilder &inner, ValueRange v) {
          return arith::AddIOp::create(inner, v[0], v[1]).getResult();
        });
  }
  return requantize(n, *sum, {1, 4, 6, 7, -1, 1});
}

ArrayRef<OnnxOp> ptq::getIntegerOps() {
  static constexpr OnnxOp ops[] = {
      {"ConvInteger", buildConvInteger, 2, 4},
      {"MatMulInteger", buildMatMulInteger, 2, 4},
      {"QLinearConv", buildQLinearConv, 8, 9},
      {"QLinearMatMul", buildQLinearMatMul, 8, 8},
  };
  return ops;
}
