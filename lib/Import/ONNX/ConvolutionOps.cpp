//===- ConvolutionOps.cpp - Convolutions ----------------------------------===//
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
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

/// No stride, dilation or pad of a model is larger.
static constexpr int64_t maxStep = int64_t(1) << 24;

static FailureOr<SmallVector<int64_t>> getSteps(OnnxNode &n, StringRef name,
                                                size_t count, int64_t value,
                                                int64_t min) {
  SmallVector<int64_t> steps =
      n.getInts(name).value_or(SmallVector<int64_t>(count, value));
  if (steps.size() != count || llvm::any_of(steps, [&](int64_t step) {
        return step < min || step > maxStep;
      }))
    return n.fail("attribute '" + name + "': expects " + Twine(count) +
                  " numbers of " + Twine(min) + " to 2^24");
  return steps;
}

/// Positions that a window of this size covers.
static OpFoldResult getExtent(OnnxBuilder &b, OpFoldResult kernel,
                              int64_t dilation) {
  return b.add(b.mul(b.sub(kernel, b.constant(1)), b.constant(dilation)),
               b.constant(1));
}

/// Pads so that there are ceil(size / stride) windows.
static void padToSame(OnnxBuilder &b, Window &window, unsigned i,
                      OpFoldResult size, bool isLower) {
  OpFoldResult stride = b.constant(window.strides[i]);
  window.output[i] = b.ceilDiv(size, stride);
  OpFoldResult extent = getExtent(b, window.kernel[i], window.dilations[i]);
  OpFoldResult reach =
      b.add(b.mul(b.sub(window.output[i], b.constant(1)), stride), extent);
  OpFoldResult total = b.max(b.sub(reach, size), b.constant(0));
  OpFoldResult half = b.div(total, b.constant(2));
  OpFoldResult rest = b.sub(total, half);
  window.low[i] = isLower ? rest : half;
  window.high[i] = isLower ? half : rest;
}

/// Counts the windows, or with `roundsUp` those that start inside.
static LogicalResult countWindows(OnnxNode &n, Window &window, unsigned i,
                                  OpFoldResult size, bool roundsUp) {
  OnnxBuilder &b = n.b;
  OpFoldResult stride = b.constant(window.strides[i]), one = b.constant(1);
  OpFoldResult extent = getExtent(b, window.kernel[i], window.dilations[i]);
  OpFoldResult padded = b.add(b.add(window.low[i], size), window.high[i]);
  OpFoldResult room = b.sub(padded, extent);
  if (getConstantIntValue(room).value_or(0) < 0)
    return n.fail("expects windows that fit " + toString({padded}) +
                  " positions, but got " + toString({extent}));
  if (!getConstantIntValue(room))
    room = b.max(room, b.constant(0));
  window.output[i] =
      b.add(roundsUp ? b.ceilDiv(room, stride) : b.div(room, stride), one);
  if (!roundsUp)
    return success();
  OpFoldResult lastStart = b.mul(b.sub(window.output[i], one), stride);
  window.output[i] =
      b.select(arith::CmpIPredicate::sge, lastStart, b.add(window.low[i], size),
               b.sub(window.output[i], one), window.output[i]);
  OpFoldResult reach =
      b.add(b.mul(b.sub(window.output[i], one), stride), extent);
  window.surplus[i] = b.max(b.sub(reach, padded), b.constant(0));
  window.high[i] = b.add(window.high[i], window.surplus[i]);
  return success();
}

FailureOr<Window> ptq::getWindow(OnnxNode &n, OnnxTensor &x, Sizes kernel) {
  OnnxBuilder &b = n.b;
  size_t count = kernel.size();
  if (x.sizes.size() != count + 2)
    return n.fail("expects " + Twine(count) +
                  " dimensions of positions, but got " + toString(x.sizes));
  for (OpFoldResult size : kernel)
    if (getConstantIntValue(size).value_or(1) < 1)
      return n.fail("expects a window, but got " + toString(kernel));
  auto strides = getSteps(n, "strides", count, 1, 1);
  auto dilations = getSteps(n, "dilations", count, 1, 1);
  auto pads = getSteps(n, "pads", 2 * count, 0, 0);
  if (failed(strides) || failed(dilations) || failed(pads))
    return failure();
  std::string mode = n.getString("auto_pad", "NOTSET");
  bool isSame = mode == "SAME_UPPER" || mode == "SAME_LOWER";
  if (!isSame && mode != "NOTSET" && mode != "VALID")
    return n.fail("attribute 'auto_pad': expects NOTSET, SAME_UPPER, "
                  "SAME_LOWER or VALID, but got '" +
                  Twine(mode) + "'");
  bool roundsUp = n.getBool("ceil_mode", false);
  Sizes zeros(count, b.constant(0));
  Window window{
      std::move(kernel), *strides, *dilations, zeros, zeros, zeros, zeros};
  for (unsigned i = 0; i < count; ++i) {
    if (isSame) {
      padToSame(b, window, i, x.sizes[i + 2], mode == "SAME_LOWER");
      continue;
    }
    if (mode == "NOTSET") {
      window.low[i] = b.constant((*pads)[i]);
      window.high[i] = b.constant((*pads)[count + i]);
    }
    if (failed(countWindows(n, window, i, x.sizes[i + 2], roundsUp)))
      return failure();
  }
  return window;
}

OnnxTensor ptq::padPositions(OnnxBuilder &b, OnnxTensor &x,
                             const Window &window, TypedAttr padding) {
  Sizes low(2, b.constant(0)), high(2, b.constant(0));
  low.append(window.low);
  high.append(window.high);
  return b.pad(x, low, high, padding);
}

SmallVector<AffineExpr> ptq::getWindowExprs(OnnxBuilder &b,
                                            const Window &window,
                                            unsigned firstOutput,
                                            unsigned firstKernel) {
  SmallVector<AffineExpr> exprs;
  for (unsigned i = 0; i < window.strides.size(); ++i)
    exprs.push_back(b.getAffineDimExpr(firstOutput + i) * window.strides[i] +
                    b.getAffineDimExpr(firstKernel + i) * window.dilations[i]);
  return exprs;
}

//===----------------------------------------------------------------------===//
// Conv
//===----------------------------------------------------------------------===//

/// The op that upstream has a name for: one group, one to three dimensions.
static Value createNamed(OnnxBuilder &b, const Window &window, Value x,
                         Value weights, Value init) {
  auto type =
      RankedTensorType::get({int64_t(window.strides.size())}, b.getI64Type());
  auto strides =
      DenseIntElementsAttr::get(type, ArrayRef<int64_t>(window.strides));
  auto dilations =
      DenseIntElementsAttr::get(type, ArrayRef<int64_t>(window.dilations));
  SmallVector<Value> inputs = {x, weights};
  switch (window.strides.size()) {
  case 1:
    return linalg::Conv1DNcwFcwOp::create(b, init.getType(), inputs, init,
                                          strides, dilations)
        .getResult(0);
  case 2:
    return linalg::Conv2DNchwFchwOp::create(b, init.getType(), inputs, init,
                                            strides, dilations)
        .getResult(0);
  default:
    return linalg::Conv3DNcdhwFcdhwOp::create(b, init.getType(), inputs, init,
                                              strides, dilations)
        .getResult(0);
  }
}

/// Loops (n, g, f, o.., c, k..): x[n, g, c, o * s + k * d], w[g, f, c, k],
/// result[n, g, f, o].
static Value createGrouped(OnnxBuilder &b, const Window &window, Value x,
                           Value weights, Value init) {
  unsigned count = window.strides.size(), numLoops = 4 + 2 * count;
  auto dim = [&](unsigned i) { return b.getAffineDimExpr(i); };
  unsigned firstOutput = 3, channel = 3 + count, firstKernel = 4 + count;
  SmallVector<AffineExpr> from = {dim(0), dim(1), dim(channel)};
  llvm::append_range(from, getWindowExprs(b, window, firstOutput, firstKernel));
  SmallVector<AffineExpr> of = {dim(1), dim(2), dim(channel)};
  SmallVector<AffineExpr> to = {dim(0), dim(1), dim(2)};
  for (unsigned i = 0; i < count; ++i) {
    of.push_back(dim(firstKernel + i));
    to.push_back(dim(firstOutput + i));
  }
  auto getMap = [&](ArrayRef<AffineExpr> exprs) {
    return AffineMap::get(numLoops, 0, exprs, b.getContext());
  };
  bool isFloat = isa<FloatType>(getElementTypeOrSelf(init.getType()));
  return b.createGeneric({getMap(from), getMap(of), getMap(to)}, {x, weights},
                         init, [&](ImplicitLocOpBuilder &inner, ValueRange v) {
                           ScalarMath m(inner, isFloat ? OnnxType::Float
                                                       : OnnxType::Int32);
                           return m.add(v[2], m.mul(v[0], v[1]));
                         });
}

FailureOr<OnnxTensor> ptq::convolve(OnnxNode &n, OnnxTensor &x,
                                    OnnxTensor &weights, OnnxType type) {
  OnnxBuilder &b = n.b;
  int64_t rank = x.getRank(), groups = n.getInt("group", 1);
  if (rank < 3 || weights.getRank() != rank)
    return n.fail("expects tensors of one rank of 3 or more, but got " +
                  toString(x.sizes) + " and " + toString(weights.sizes));
  OpFoldResult channels = x.sizes[1], filters = weights.sizes[0];
  std::optional<int64_t> numChannels = getConstantIntValue(channels);
  std::optional<int64_t> numFilters = getConstantIntValue(filters);
  std::optional<int64_t> depth = getConstantIntValue(weights.sizes[1]);
  if (groups < 1 || groups > maxStep ||
      (numChannels && *numChannels % groups != 0) ||
      (numFilters && *numFilters % groups != 0) ||
      (numChannels && depth && *numChannels / groups != *depth))
    return n.fail("expects channels for " + Twine(groups) +
                  " groups, but got " + toString(x.sizes) + " and weights " +
                  toString(weights.sizes));
  Sizes kernel(ArrayRef(weights.sizes).drop_front(2));
  if (auto shape = n.getInts("kernel_shape"))
    if (ArrayRef<int64_t>(*shape) != ArrayRef<int64_t>(getShape(kernel)) &&
        countElements(kernel))
      return n.fail("expects 'kernel_shape' to be that of the weights " +
                    toString(weights.sizes));
  FailureOr<Window> window = getWindow(n, x, kernel);
  if (failed(window))
    return failure();
  OnnxTensor padded =
      padPositions(b, x, *window, b.getNumber(b.getElementType(x.type), 0));
  OnnxType wide = getWideType(type);
  TypedAttr zero = b.getNumber(b.getElementType(wide), 0);
  Sizes sizes = {x.sizes[0], filters};
  sizes.append(window->output);
  if (failed(n.checkSizes(sizes)) || failed(n.checkSizes(padded.sizes)))
    return failure();
  OnnxTensor result;
  if (groups == 1 && rank <= 5) {
    Value value = createNamed(b, *window, b.getValue(padded),
                              b.getValue(weights), b.createFilled(sizes, zero));
    result = b.makeTensor(value, wide, sizes);
  } else {
    OpFoldResult count = b.constant(groups);
    auto split = [&](OnnxTensor &tensor, unsigned at, OpFoldResult size) {
      Sizes parts = tensor.sizes;
      parts[at] = size;
      parts.insert(parts.begin() + at, count);
      return b.reshape(tensor, parts);
    };
    OnnxTensor parts = split(padded, 1, weights.sizes[1]);
    OnnxTensor filterParts = split(weights, 0, b.div(filters, count));
    Sizes groupedSizes = sizes;
    groupedSizes[1] = filterParts.sizes[1];
    groupedSizes.insert(groupedSizes.begin() + 1, count);
    Value value =
        createGrouped(b, *window, b.getValue(parts), b.getValue(filterParts),
                      b.createFilled(groupedSizes, zero));
    OnnxTensor grouped = b.makeTensor(value, wide, groupedSizes);
    result = b.reshape(grouped, sizes);
  }
  return b.castTo(result, type);
}

OnnxTensor ptq::alignChannels(OnnxBuilder &b, OnnxTensor &x, int64_t rank) {
  Sizes sizes(rank - 1, b.constant(1));
  sizes[0] = x.getRank() == 0 ? b.constant(1) : x.sizes[0];
  return b.reshape(x, sizes);
}

static LogicalResult buildConv(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  if (failed(n.expectFloat(0)) || failed(n.expectSameType(1, 0)))
    return failure();
  OnnxType type = n.input(0).type;
  FailureOr<OnnxTensor> result = convolve(n, n.input(0), n.input(1), type);
  if (failed(result))
    return failure();
  if (!n.hasInput(2))
    return n.set(*result);
  if (failed(n.expectRank(2, 1)) || failed(n.expectSameType(2, 0)))
    return failure();
  OnnxTensor bias = alignChannels(b, n.input(2), result->getRank());
  if (failed(b.broadcastSizes({result->sizes, bias.sizes})))
    return n.fail("expects a bias per filter, but got " +
                  toString(n.input(2).sizes));
  return n.set(
      b.createElementwise({&*result, &bias}, result->sizes, type,
                          [&](ImplicitLocOpBuilder &inner, ValueRange v) {
                            return ScalarMath(inner, type).add(v[0], v[1]);
                          }));
}

ArrayRef<OnnxOp> ptq::getConvolutionOps() {
  static constexpr OnnxOp ops[] = {{"Conv", buildConv, 2, 3}};
  return ops;
}
