//===- NormalizationOps.cpp - Softmax and normalizations ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxOps.h"
#include "Reductions.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::ptq;

using Body = llvm::function_ref<Value(ScalarMath &, ValueRange)>;

/// `body` of elements that broadcast to the sizes of the first operand.
static OnnxTensor mapElements(OnnxBuilder &b, ArrayRef<OnnxTensor *> inputs,
                              OnnxType type, Body body) {
  return b.createElementwise(inputs, inputs[0]->sizes, type,
                             [&](ImplicitLocOpBuilder &inner, ValueRange v) {
                               ScalarMath m(inner, type);
                               return body(m, v);
                             });
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// exp(x - max) / sum, or its logarithm, over the axes.
static OnnxTensor softmax(OnnxBuilder &b, OnnxTensor &x, ArrayRef<int64_t> axes,
                          bool isLog) {
  OnnxTensor max = reduce(b, x, axes, Reduction::Max);
  OnnxType type = max.type;
  OnnxTensor shifted =
      mapElements(b, {&x, &max}, type, [](ScalarMath &m, ValueRange v) {
        return m.sub(v[0], v[1]);
      });
  OnnxTensor powers =
      mapElements(b, {&shifted}, type,
                  [](ScalarMath &m, ValueRange v) { return m.exp(v[0]); });
  OnnxTensor sum = reduce(b, powers, axes, Reduction::Sum);
  OnnxTensor result =
      isLog ? mapElements(b, {&shifted, &sum}, type,
                          [](ScalarMath &m, ValueRange v) {
                            return m.sub(v[0], m.call<math::LogOp>(v[1]));
                          })
            : mapElements(b, {&powers, &sum}, type,
                          [](ScalarMath &m, ValueRange v) {
                            return m.div(v[0], v[1]);
                          });
  return b.castTo(result, x.type);
}

/// The axis, before version 13 all from it on.
static FailureOr<SmallVector<int64_t>> getSoftmaxAxes(OnnxNode &n) {
  int64_t rank = n.input(0).getRank();
  if (failed(n.expectFloat(0)))
    return failure();
  FailureOr<int64_t> axis =
      n.getAxis(n.getInt("axis", n.opset < 13 ? 1 : -1), rank);
  if (failed(axis))
    return failure();
  return llvm::to_vector(
      llvm::seq<int64_t>(*axis, n.opset < 13 ? rank : *axis + 1));
}

template <bool isLog>
static LogicalResult buildSoftmax(OnnxNode &n) {
  auto axes = getSoftmaxAxes(n);
  if (failed(axes))
    return failure();
  return n.set(softmax(n.b, n.input(0), *axes, isLog));
}

//===----------------------------------------------------------------------===//
// Normalizations
//===----------------------------------------------------------------------===//

namespace {
struct Moments {
  OnnxTensor mean, variance;
};
} // namespace

static Moments getMoments(OnnxBuilder &b, OnnxTensor &x,
                          ArrayRef<int64_t> axes) {
  OnnxTensor mean = reduceMean(b, x, axes);
  OnnxTensor squares =
      mapElements(b, {&x, &mean}, mean.type, [](ScalarMath &m, ValueRange v) {
        Value difference = m.sub(v[0], v[1]);
        return m.mul(difference, difference);
      });
  OnnxTensor variance = reduceMean(b, squares, axes);
  return {mean, variance};
}

/// 1 / sqrt(x + epsilon)
static OnnxTensor invert(OnnxBuilder &b, OnnxTensor &x, double epsilon) {
  return mapElements(b, {&x}, x.type, [&](ScalarMath &m, ValueRange v) {
    Value root = m.call<math::SqrtOp>(m.add(v[0], m.number(v[0], epsilon)));
    return m.div(m.number(root, 1), root);
  });
}

/// (x - mean) * inverse * scale + bias; mean and bias may be left out.
static OnnxTensor normalize(OnnxBuilder &b, OnnxTensor &x, OnnxTensor *mean,
                            OnnxTensor &inverse, OnnxTensor *scale,
                            OnnxTensor *bias) {
  SmallVector<OnnxTensor *> inputs = {&x, &inverse};
  for (OnnxTensor *input : {mean, scale, bias})
    if (input)
      inputs.push_back(input);
  return mapElements(b, inputs, x.type, [&](ScalarMath &m, ValueRange v) {
    unsigned next = 2;
    Value y = mean ? m.sub(v[0], v[next++]) : v[0];
    y = m.mul(y, v[1]);
    if (scale)
      y = m.mul(y, v[next++]);
    return bias ? m.add(y, v[next]) : y;
  });
}

/// Fails unless operands `first` and on are left out, or broadcast to `sizes`.
static LogicalResult expectParameters(OnnxNode &n, unsigned first,
                                      unsigned last, const Sizes &sizes) {
  for (unsigned i = first; i <= last; ++i) {
    OnnxTensor *tensor = n.optionalInput(i);
    if (!tensor)
      continue;
    if (failed(n.expectFloat(i)))
      return failure();
    FailureOr<Sizes> common = n.b.broadcastSizes({sizes, tensor->sizes});
    if (failed(common) || getShape(*common) != getShape(sizes))
      return n.fail("expects parameters that broadcast to " + toString(sizes) +
                    ", but got " + toString(tensor->sizes));
  }
  return success();
}

static LogicalResult buildLayerNormalization(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  FailureOr<int64_t> axis = n.getAxis(n.getInt("axis", -1), x.getRank());
  if (failed(axis) || failed(n.expectFloat(0)))
    return failure();
  if (failed(expectParameters(n, 1, 2, x.sizes)))
    return failure();
  SmallVector<int64_t> axes =
      llvm::to_vector(llvm::seq<int64_t>(*axis, x.getRank()));
  double epsilon = n.getFloat("epsilon", 1e-5f);
  // Without a mean: the norm is that of the values, as in RMSNormalization.
  bool isRootMeanSquare = n.getOpType() != "LayerNormalization";
  if (isRootMeanSquare) {
    OnnxTensor squares = mapElements(
        b, {&x}, getWideType(x.type),
        [](ScalarMath &m, ValueRange v) { return m.mul(v[0], v[0]); });
    OnnxTensor power = reduceMean(b, squares, axes);
    OnnxTensor inverse = invert(b, power, epsilon);
    if (n.hasOutput(1))
      return n.fail("expects one output");
    return n.set(normalize(b, x, nullptr, inverse, &n.input(1), nullptr));
  }
  Moments moments = getMoments(b, x, axes);
  OnnxTensor inverse = invert(b, moments.variance, epsilon);
  OnnxTensor result =
      normalize(b, x, &moments.mean, inverse, &n.input(1), n.optionalInput(2));
  if (failed(n.set(result)))
    return failure();
  if (n.hasOutput(1) && failed(n.set(1, moments.mean)))
    return failure();
  return n.hasOutput(2) ? n.set(2, inverse) : success();
}

/// `x` of one number per channel, as [C, 1, ..] to broadcast over positions.
static OnnxTensor perChannel(OnnxBuilder &b, OnnxTensor &x, int64_t rank) {
  Sizes sizes(rank - 1, b.constant(1));
  sizes[0] = x.sizes[0];
  return b.reshape(x, sizes);
}

static LogicalResult expectChannels(OnnxNode &n, unsigned first,
                                    unsigned last) {
  if (failed(n.expectRank(0, 2, maxOnnxRank)) || failed(n.expectFloat(0)))
    return failure();
  for (unsigned i = first; i <= last; ++i) {
    if (failed(n.expectRank(i, 1)) || failed(n.expectFloat(i)))
      return failure();
    std::optional<int64_t> own = getConstantIntValue(n.input(i).sizes[0]);
    std::optional<int64_t> channels = getConstantIntValue(n.input(0).sizes[1]);
    if (own && channels && *own != *channels)
      return n.fail("expects " + Twine(*channels) +
                    " numbers, one per channel, but got " + Twine(*own));
  }
  return success();
}

static LogicalResult buildBatchNormalization(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  if (failed(expectChannels(n, 1, 4)))
    return failure();
  double epsilon = n.getFloat("epsilon", 1e-5f);
  bool isTraining = n.getBool("training_mode", false);
  if (!isTraining && (n.hasOutput(1) || n.hasOutput(2)))
    return n.fail("expects one output, as in inference");
  OnnxTensor scale = perChannel(b, n.input(1), x.getRank());
  OnnxTensor bias = perChannel(b, n.input(2), x.getRank());
  OnnxTensor mean = perChannel(b, n.input(3), x.getRank());
  OnnxTensor variance = perChannel(b, n.input(4), x.getRank());
  if (isTraining) {
    SmallVector<int64_t> axes =
        llvm::to_vector(llvm::seq<int64_t>(1, x.getRank()));
    axes[0] = 0;
    for (unsigned i = 1; i < axes.size(); ++i)
      axes[i] = i + 1;
    Moments moments = getMoments(b, x, axes);
    double momentum = n.getFloat("momentum", 0.9f);
    OnnxTensor *olds[] = {&n.input(3), &n.input(4)};
    OnnxTensor *news[] = {&moments.mean, &moments.variance};
    for (unsigned i : {0, 1}) {
      OnnxTensor flat = b.reshape(*news[i], olds[i]->sizes);
      OnnxTensor running = mapElements(
          b, {olds[i], &flat}, olds[i]->type, [&](ScalarMath &m, ValueRange v) {
            return m.add(m.mul(v[0], m.number(v[0], momentum)),
                         m.mul(v[1], m.number(v[1], 1 - momentum)));
          });
      if (n.hasOutput(1 + i) && failed(n.set(1 + i, running)))
        return failure();
    }
    mean = moments.mean;
    variance = moments.variance;
  }
  OnnxTensor inverse = invert(b, variance, epsilon);
  return n.set(normalize(b, x, &mean, inverse, &scale, &bias));
}

static LogicalResult buildInstanceNormalization(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  if (failed(expectChannels(n, 1, 2)) ||
      failed(n.expectRank(0, 3, maxOnnxRank)))
    return failure();
  SmallVector<int64_t> axes =
      llvm::to_vector(llvm::seq<int64_t>(2, x.getRank()));
  Moments moments = getMoments(b, x, axes);
  OnnxTensor inverse =
      invert(b, moments.variance, n.getFloat("epsilon", 1e-5f));
  OnnxTensor scale = perChannel(b, n.input(1), x.getRank());
  OnnxTensor bias = perChannel(b, n.input(2), x.getRank());
  return n.set(normalize(b, x, &moments.mean, inverse, &scale, &bias));
}

ArrayRef<OnnxOp> ptq::getNormalizationOps() {
  static constexpr OnnxOp ops[] = {
      {"BatchNormalization", buildBatchNormalization, 5, 5},
      {"InstanceNormalization", buildInstanceNormalization, 3, 3},
      {"LayerNormalization", buildLayerNormalization, 2, 3},
      {"LogSoftmax", buildSoftmax<true>, 1, 1},
      {"RMSNormalization", buildLayerNormalization, 2, 2},
      // Exporters put it into the default domain.
      {"SimplifiedLayerNormalization", buildLayerNormalization, 2, 2},
      {"Softmax", buildSoftmax<false>, 1, 1},
  };
  return ops;
}
