//===- PoolingOps.cpp - Pooling -------------------------------------------===//
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

static FailureOr<Window> getPoolWindow(OnnxNode &n) {
  auto shape = n.getInts("kernel_shape");
  if (!shape)
    return n.fail("expects the attribute 'kernel_shape'");
  Sizes kernel = getAsIndexOpFoldResult(n.b.getContext(), *shape);
  if (failed(n.checkSizes(kernel)))
    return failure();
  return getWindow(n, n.input(0), kernel);
}

namespace {
/// Loops (n, c, o.., k..) over windows, and the maps of their operands.
struct PoolLoops {
  PoolLoops(OnnxBuilder &b, const Window &window, unsigned numLeading) {
    unsigned count = window.strides.size();
    numLoops = numLeading + 2 * count;
    SmallVector<AffineExpr> leading;
    for (unsigned i = 0; i < numLeading; ++i)
      leading.push_back(b.getAffineDimExpr(i));
    SmallVector<AffineExpr> from = leading, of, to = leading;
    llvm::append_range(
        from, getWindowExprs(b, window, numLeading, numLeading + count));
    for (unsigned i = 0; i < count; ++i) {
      to.push_back(b.getAffineDimExpr(numLeading + i));
      of.push_back(b.getAffineDimExpr(numLeading + count + i));
    }
    auto getMap = [&](ArrayRef<AffineExpr> exprs) {
      return AffineMap::get(numLoops, 0, exprs, b.getContext());
    };
    maps = {getMap(from), getMap(of), getMap(to)};
  }
  unsigned numLoops;
  SmallVector<AffineMap> maps;
};
} // namespace

/// Combines the elements of each window of `x`, which is padded, and whose
/// dimensions are `numLeading` and the positions.
static OnnxTensor pool(OnnxBuilder &b, OnnxTensor &x, const Window &window,
                       unsigned numLeading, Reduction kind) {
  OnnxType type = getWideType(x.type);
  Sizes sizes(ArrayRef(x.sizes).take_front(numLeading));
  sizes.append(window.output);
  PoolLoops loops(b, window, numLeading);
  Value extent = b.createEmpty(window.kernel, b.getI1Type());
  Value init = b.createFilled(sizes, getNeutral(b, type, kind));
  Value result =
      b.createGeneric(loops.maps, {b.getValue(x), extent}, init,
                      [&](ImplicitLocOpBuilder &inner, ValueRange v) {
                        ScalarMath m(inner, type);
                        return combine(m, kind, v[2], v[0]);
                      });
  return b.makeTensor(result, type, sizes);
}

//===----------------------------------------------------------------------===//
// MaxPool
//===----------------------------------------------------------------------===//

/// The position of the first maximum of each window, counted through all of
/// the tensor without padding, rows first or columns first.
static OnnxTensor findMaxima(OnnxNode &n, const Window &window,
                             OnnxTensor &padded, OnnxTensor &maxima) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  bool columnsFirst = n.getBool("storage_order", false);
  unsigned rank = x.getRank(), count = rank - 2;
  PoolLoops loops(b, window, 2);
  Value extent = b.createEmpty(window.kernel, b.getI1Type());
  Value init = b.createFilled(maxima.sizes, b.getI64IntegerAttr(INT64_MAX));
  // What one step along each dimension of `x` adds to the count.
  SmallVector<Value> steps(rank), lows(rank);
  OpFoldResult step = b.constant(1);
  for (unsigned i = 0; i < count; ++i) {
    unsigned d = columnsFirst ? 2 + i : rank - 1 - i;
    steps[d] = b.asValue(step);
    lows[d] = b.asValue(window.low[d - 2]);
    step = b.mul(step, x.sizes[d]);
  }
  steps[1] = b.asValue(step);
  steps[0] = b.asValue(b.mul(step, x.sizes[1]));
  SmallVector<AffineMap> maps = {loops.maps[0], loops.maps[1], loops.maps[2],
                                 loops.maps[2]};
  OnnxType type = x.type;
  Value result = b.createGeneric(
      maps, {b.getValue(padded), extent, b.getValue(maxima)}, init,
      [&](ImplicitLocOpBuilder &inner, ValueRange v) {
        ScalarMath m(inner, type);
        Value position = arith::ConstantIndexOp::create(inner, 0);
        for (unsigned d = 0; d < rank; ++d) {
          Value index = linalg::IndexOp::create(inner, d);
          if (d >= 2) {
            Value stride =
                arith::ConstantIndexOp::create(inner, window.strides[d - 2]);
            Value dilation =
                arith::ConstantIndexOp::create(inner, window.dilations[d - 2]);
            Value within = linalg::IndexOp::create(inner, d + count);
            index = arith::AddIOp::create(
                inner, arith::MulIOp::create(inner, index, stride),
                arith::MulIOp::create(inner, within, dilation));
            index = arith::SubIOp::create(inner, index, lows[d]);
          }
          position = arith::AddIOp::create(
              inner, position, arith::MulIOp::create(inner, index, steps[d]));
        }
        Value number =
            arith::IndexCastOp::create(inner, inner.getI64Type(), position);
        Value isMaximum = m.compare(ScalarMath::Order::Equal, v[0], v[2]);
        Value first = arith::MinSIOp::create(inner, v[3], number);
        return m.select(isMaximum, first, v[3]);
      });
  return b.makeTensor(result, OnnxType::Int64, maxima.sizes);
}

static LogicalResult buildMaxPool(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  FailureOr<Window> window = getPoolWindow(n);
  if (failed(window) || failed(n.expectNumber(0)))
    return failure();
  OnnxTensor padded =
      padPositions(b, x, *window, getNeutral(b, x.type, Reduction::Max));
  OnnxTensor maxima = pool(b, padded, *window, 2, Reduction::Max);
  if (n.hasOutput(1) &&
      failed(n.set(1, findMaxima(n, *window, padded, maxima))))
    return failure();
  return n.set(b.castTo(maxima, x.type));
}

//===----------------------------------------------------------------------===//
// AveragePool
//===----------------------------------------------------------------------===//

static LogicalResult buildAveragePool(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  FailureOr<Window> window = getPoolWindow(n);
  if (failed(window) || failed(n.expectFloat(0)))
    return failure();
  bool countsPads = n.getBool("count_include_pad", false);
  TypedAttr zero = b.getNumber(b.getElementType(x.type), 0);
  OnnxTensor padded = padPositions(b, x, *window, zero);
  OnnxTensor sum = pool(b, padded, *window, 2, Reduction::Sum);
  OnnxType type = sum.type;
  // How many elements a window averages: a sum over windows of ones.
  Sizes positions(ArrayRef(x.sizes).drop_front(2));
  Sizes low = window->low, high = window->high;
  if (countsPads)
    for (unsigned i = 0; i < positions.size(); ++i) {
      OpFoldResult asked = b.sub(high[i], window->surplus[i]);
      positions[i] = b.add(b.add(low[i], positions[i]), asked);
      low[i] = b.constant(0);
      high[i] = window->surplus[i];
    }
  Type elementType = b.getElementType(type);
  OnnxTensor ones = b.makeTensor(
      b.createFilled(positions, b.getNumber(elementType, 1)), type, positions);
  OnnxTensor counted = b.pad(ones, low, high, b.getNumber(elementType, 0));
  OnnxTensor counts = pool(b, counted, *window, 0, Reduction::Sum);
  OnnxTensor result =
      b.createElementwise({&sum, &counts}, sum.sizes, type,
                          [&](ImplicitLocOpBuilder &inner, ValueRange v) {
                            return ScalarMath(inner, type).div(v[0], v[1]);
                          });
  return n.set(b.castTo(result, x.type));
}

//===----------------------------------------------------------------------===//
// Global pooling
//===----------------------------------------------------------------------===//

template <bool isMax>
static LogicalResult buildGlobalPool(OnnxNode &n) {
  OnnxTensor &x = n.input(0);
  if (failed(n.expectFloat(0)) || failed(n.expectRank(0, 3, maxOnnxRank)))
    return failure();
  SmallVector<int64_t> axes =
      llvm::to_vector(llvm::seq<int64_t>(2, x.getRank()));
  OnnxTensor result =
      isMax ? reduce(n.b, x, axes, Reduction::Max) : reduceMean(n.b, x, axes);
  return n.set(n.b.castTo(result, x.type));
}

ArrayRef<OnnxOp> ptq::getPoolingOps() {
  static constexpr OnnxOp ops[] = {
      {"AveragePool", buildAveragePool, 1, 1},
      {"GlobalAveragePool", buildGlobalPool<false>, 1, 1},
      {"GlobalMaxPool", buildGlobalPool<true>, 1, 1},
      {"MaxPool", buildMaxPool, 1, 1},
  };
  return ops;
}
