//===- MicrosoftOps.cpp - Ops of the domain com.microsoft -----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxOps.h"
#include "Quantization.h"
#include "Reductions.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// MatMulNBits
//===----------------------------------------------------------------------===//

namespace {
/// Attributes of a MatMulNBits: weights [N, K] of `bits` bits in blocks of
/// `blockSize` along K, each block in whole bytes.
struct NBits {
  int64_t bits, blockSize, rows, depth;

  int64_t getNumBlocks() const { return llvm::divideCeil(depth, blockSize); }
  int64_t getBytesPerBlock() const { return blockSize * bits / 8; }
  int64_t getRowBytes() const { return depth * bits / 8; }
};
} // namespace

static FailureOr<NBits> getNBits(OnnxNode &n) {
  NBits weights{n.getInt("bits", 4), n.getInt("block_size", 0),
                n.getInt("N", 0), n.getInt("K", 0)};
  constexpr int64_t limit = int64_t(1) << 31;
  if (weights.bits != 2 && weights.bits != 4 && weights.bits != 8)
    return n.fail("attribute 'bits': expects 2, 4 or 8, but got " +
                  Twine(weights.bits));
  if (weights.blockSize < 16 || weights.blockSize > limit ||
      !llvm::isPowerOf2_64(weights.blockSize))
    return n.fail("attribute 'block_size': expects a power of two of 16 or "
                  "more, but got " +
                  Twine(weights.blockSize));
  if (weights.rows < 1 || weights.rows > limit || weights.depth < 1 ||
      weights.depth > limit)
    return n.fail("expects attributes 'N' and 'K' of 1 to 2^31, but got " +
                  Twine(weights.rows) + " and " + Twine(weights.depth));
  if (weights.depth * weights.bits % 8 != 0)
    return n.fail("expects rows of whole bytes, but got " +
                  Twine(weights.depth) + " codes of " + Twine(weights.bits) +
                  " bits");
  return weights;
}

static LogicalResult expectCount(OnnxNode &n, unsigned index, int64_t count) {
  if (countElements(n.input(index).sizes) == count)
    return success();
  return n.fail("expects " + Twine(count) + " elements of '" +
                n.getInputName(index) + "', but got " +
                toString(n.input(index).sizes));
}

/// Rows of bytes without those of a last block beyond K.
static OnnxTensor cutRows(OnnxBuilder &b, OnnxTensor &bytes,
                          const NBits &weights) {
  int64_t padded = weights.getNumBlocks() * weights.getBytesPerBlock();
  OnnxTensor rows =
      b.reshape(bytes, {b.constant(weights.rows), b.constant(padded)});
  if (padded == weights.getRowBytes())
    return rows;
  SmallVector<OpFoldResult> offsets(2, b.constant(0));
  return b.slice(rows, offsets,
                 {b.constant(weights.rows), b.constant(weights.getRowBytes())});
}

/// One zero point per block, from rows of bytes that hold several.
static OnnxTensor unpackZeroPoints(OnnxBuilder &b, OnnxTensor &packed,
                                   const NBits &weights) {
  int64_t perByte = 8 / weights.bits;
  int64_t rowBytes = llvm::divideCeil(weights.getNumBlocks(), perByte);
  OnnxTensor rows =
      b.reshape(packed, {b.constant(weights.rows), b.constant(rowBytes)});
  if (perByte == 1)
    return rows;
  Value source = b.getValue(rows);
  return b.generate(
      {b.constant(weights.rows), b.constant(weights.getNumBlocks())},
      OnnxType::UInt8, [&](ImplicitLocOpBuilder &inner, ValueRange at) {
        Value count = arith::ConstantIndexOp::create(inner, perByte);
        Value byte = tensor::ExtractOp::create(
            inner, source,
            ValueRange{at[0], arith::DivUIOp::create(inner, at[1], count)});
        Value position = arith::RemUIOp::create(inner, at[1], count);
        Value shift = arith::MulIOp::create(
            inner,
            arith::IndexCastOp::create(inner, inner.getI8Type(), position),
            arith::ConstantOp::create(inner,
                                      inner.getI8IntegerAttr(weights.bits)));
        Value mask = arith::ConstantOp::create(
            inner, inner.getI8IntegerAttr((1 << weights.bits) - 1));
        Value code = arith::ShRUIOp::create(inner, byte, shift);
        return arith::AndIOp::create(inner, code, mask).getResult();
      });
}

/// The format of the weights, and their zero points if these are an operand.
static FailureOr<std::pair<QuantType, Value>>
getWeightFormat(OnnxNode &n, const NBits &weights, OnnxTensor &scale) {
  OnnxBuilder &b = n.b;
  Attribute zeroPoint = b.getI64IntegerAttr(int64_t(1) << (weights.bits - 1));
  Value operand;
  if (n.hasInput(3)) {
    if (n.input(3).type != OnnxType::UInt8)
      return n.fail("expects zero points of uint8, but got " +
                    getOnnxTypeName(n.input(3).type));
    int64_t perByte = 8 / weights.bits;
    if (failed(expectCount(
            n, 3,
            weights.rows * llvm::divideCeil(weights.getNumBlocks(), perByte))))
      return failure();
    OnnxTensor points = unpackZeroPoints(b, n.input(3), weights);
    operand = b.getValue(points);
    zeroPoint = TypeAttr::get(b.getI8Type());
  }
  auto format = QuantType::get(
      weights.bits, /*isSigned=*/false, 0, (1 << weights.bits) - 1,
      b.getF32Type(), {1, weights.blockSize},
      cast<FloatType>(b.getElementType(scale.type)), zeroPoint);
  return std::make_pair(format, operand);
}

/// A [.., K] times the transpose of weights [N, K] of few bits.
static LogicalResult buildMatMulNBits(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor a = n.input(0);
  FailureOr<NBits> weights = getNBits(n);
  if (failed(weights) || failed(n.expectFloat(0)) ||
      failed(n.expectRank(0, 1, maxOnnxRank)) || failed(n.expectFloat(2)) ||
      failed(n.expectType(1, {OnnxType::UInt8})))
    return failure();
  if (a.type == OnnxType::Double || n.input(2).type == OnnxType::Double)
    return n.fail("expects floats of up to 32 bits, but got double");
  if (n.hasInput(4))
    return n.fail("expects no 'g_idx', but got '" + n.getInputName(4) + "'");
  int64_t depth = getConstantIntValue(a.sizes.back()).value_or(weights->depth);
  if (depth != weights->depth)
    return n.fail("expects rows of " + Twine(weights->depth) +
                  " elements, but got " + toString(a.sizes));
  int64_t numScales = weights->rows * weights->getNumBlocks();
  if (failed(expectCount(n, 1, numScales * weights->getBytesPerBlock())) ||
      failed(expectCount(n, 2, numScales)))
    return failure();
  if (!getConstantIntValue(a.sizes.back())) {
    a.sizes.back() = b.constant(weights->depth);
    a = b.makeTensor(b.getValue(a), a.type, a.sizes);
  }
  Sizes sizes = a.sizes;
  sizes.back() = b.constant(weights->rows);
  a = b.reshape(a, {b.product(ArrayRef(a.sizes).drop_back()), a.sizes.back()});

  OnnxTensor scale =
      b.reshape(n.input(2), {b.constant(weights->rows),
                             b.constant(weights->getNumBlocks())});
  auto format = getWeightFormat(n, *weights, scale);
  if (failed(format))
    return failure();
  OnnxTensor rows = cutRows(b, n.input(1), *weights);
  Value codes = StorageCastOp::create(
      b, RankedTensorType::get({weights->rows, weights->depth}, format->first),
      b.getValue(rows), /*packed=*/weights->bits < 8);
  Sizes matrix = a.sizes;
  matrix.back() = b.constant(weights->rows);
  Value init = b.createEmpty(matrix, b.getElementType(a.type));
  auto matmul = MatmulOp::create(
      b, init.getType(), b.getValue(a), codes, /*lhsScale=*/nullptr,
      /*lhsZeroPoint=*/nullptr, /*lhsSums=*/nullptr, b.getValue(scale),
      /*rhsMultiplier=*/nullptr, format->second, init);
  if (!n.getName().empty())
    matmul->setAttr("ptq.name", b.getStringAttr(n.getName()));
  OnnxTensor result = b.makeTensor(matmul.getResult(), a.type, matrix);
  if (n.hasInput(5)) {
    if (failed(n.expectSameType(5, 0)) ||
        failed(expectCount(n, 5, weights->rows)))
      return failure();
    OnnxTensor bias = b.reshape(n.input(5), {b.constant(weights->rows)});
    result = b.createElementwise(
        {&result, &bias}, matrix, a.type,
        [](ImplicitLocOpBuilder &inner, ValueRange v) {
          return arith::AddFOp::create(inner, v[0], v[1]).getResult();
        });
  }
  return n.set(b.reshape(result, sizes));
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

/// x / 2 * (1 + erf(x / sqrt 2)); FastGelu uses tanh, and adds a bias first.
template <bool isFast>
static LogicalResult buildGelu(OnnxNode &n) {
  if (failed(n.expectFloat(0)))
    return failure();
  SmallVector<OnnxTensor *> inputs = {&n.input(0)};
  if (n.hasInput(1)) {
    if (failed(n.expectSameType(1, 0)))
      return failure();
    inputs.push_back(&n.input(1));
  }
  FailureOr<Sizes> sizes = n.broadcastSizes(inputs);
  if (failed(sizes))
    return failure();
  OnnxType type = n.input(0).type;
  return n.set(n.b.createElementwise(
      inputs, *sizes, type, [&](ImplicitLocOpBuilder &b, ValueRange v) {
        ScalarMath m(b, type);
        Value x = v.size() == 2 ? m.add(v[0], v[1]) : v[0], y;
        if (isFast) {
          Value cube = m.mul(m.mul(x, x), x);
          Value sum = m.add(x, m.mul(cube, m.number(x, 0.044715)));
          double factor = std::sqrt(2 / llvm::numbers::pi);
          y = m.call<math::TanhOp>(m.mul(sum, m.number(x, factor)));
        } else {
          y = m.call<math::ErfOp>(
              m.mul(x, m.number(x, llvm::numbers::sqrt2 / 2)));
        }
        return m.mul(m.mul(x, m.number(x, 0.5)), m.add(m.number(x, 1), y));
      }));
}

ArrayRef<OnnxOp> ptq::getMicrosoftOps() {
  static constexpr OnnxOp ops[] = {
      {"BiasGelu", buildGelu<false>, 2, 2},
      {"FastGelu", buildGelu<true>, 1, 2},
      {"Gelu", buildGelu<false>, 1, 1},
      {"MatMulNBits", buildMatMulNBits, 3, 6},
  };
  return ops;
}
