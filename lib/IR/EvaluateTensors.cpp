//===- EvaluateTensors.cpp - Known results of ops that move numbers -------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What lies between the ops of the dialect in a module of integers: codes are
// reshaped, padded, joined, transposed, and the largest of a window is taken.
// None of it rounds.
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::ptq;
using namespace mlir::ptq::reference;

using Results = SmallVector<HostValue>;

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

/// The shape of a reshape of `shape` to `type`, of which each group of
/// dimensions has at most one that is dynamic.
static std::optional<SmallVector<int64_t>> getReshaped(ArrayRef<int64_t> shape,
                                                       RankedTensorType type) {
  SmallVector<int64_t> result(type.getShape());
  int64_t numKnown = 1;
  for (int64_t size : result)
    if (ShapedType::isStatic(size))
      numKnown *= size;
  int64_t numElements = ShapedType::getNumElements(shape);
  if (llvm::count_if(result, ShapedType::isDynamic) > 1)
    return std::nullopt;
  for (int64_t &size : result)
    if (ShapedType::isDynamic(size)) {
      if (numKnown == 0)
        return std::nullopt;
      size = numElements / numKnown;
    }
  if (ShapedType::getNumElements(result) != numElements)
    return std::nullopt;
  return result;
}

static Results reshape(Value source, RankedTensorType type, LookupFn lookup) {
  const HostValue *known = lookup(source);
  auto shape = known ? getReshaped(getShape(*known), type) : std::nullopt;
  if (!shape)
    return {};
  HostValue result = *known;
  std::visit([&](auto &tensor) { tensor.shape = *shape; }, result);
  return {result};
}

/// `result[i] = source[getSource(i)]` over indices of `shape`.
static HostValue
gather(const HostValue &source, ArrayRef<int64_t> shape,
       function_ref<SmallVector<int64_t>(ArrayRef<int64_t>)> getSource) {
  SmallVector<int64_t> strides = computeSuffixProduct(shape);
  SmallVector<int64_t> sourceStrides = computeSuffixProduct(getShape(source));
  return std::visit(
      [&](const auto &tensor) {
        auto result = std::decay_t<decltype(tensor)>(shape);
        for (int64_t i = 0, e = result.getNumElements(); i < e; ++i)
          result.values[i] = tensor.values[linearize(
              getSource(delinearize(i, strides)), sourceStrides)];
        return HostValue(std::move(result));
      },
      source);
}

static Results moveKnown(linalg::TransposeOp op, LookupFn lookup) {
  const HostValue *known =
      op.hasPureTensorSemantics() ? lookup(op.getInput()) : nullptr;
  if (!known)
    return {};
  ArrayRef<int64_t> permutation = op.getPermutation();
  SmallVector<int64_t> shape = applyPermutation(getShape(*known), permutation);
  return {gather(*known, shape, [&](ArrayRef<int64_t> index) {
    SmallVector<int64_t> from(index.size());
    for (auto [dim, position] : llvm::enumerate(permutation))
      from[position] = index[dim];
    return from;
  })};
}

static Results moveKnown(tensor::ExtractSliceOp op, LookupFn lookup) {
  const HostValue *known = lookup(op.getSource());
  RankedTensorType type = op.getType();
  if (!known || !type.hasStaticShape() ||
      llvm::any_of(op.getStaticOffsets(), ShapedType::isDynamic) ||
      llvm::any_of(op.getStaticSizes(), ShapedType::isDynamic) ||
      llvm::any_of(op.getStaticStrides(), ShapedType::isDynamic))
    return {};
  HostValue slice =
      gather(*known, op.getStaticSizes(), [&](ArrayRef<int64_t> index) {
        SmallVector<int64_t> from(index);
        for (auto [i, offset, stride] : llvm::zip_equal(
                 from, op.getStaticOffsets(), op.getStaticStrides()))
          i = offset + i * stride;
        return from;
      });
  SmallVector<int64_t> shape(type.getShape());
  std::visit([&](auto &tensor) { tensor.shape = shape; }, slice);
  return {slice};
}

/// The number that `value`, a constant scalar, is; none of a quantized type.
static std::optional<HostValue> getScalar(Value value) {
  TypedAttr scalar;
  if (!value || !matchPattern(value, m_Constant(&scalar)))
    return std::nullopt;
  auto type = RankedTensorType::get({}, scalar.getType());
  FailureOr<HostValue> decoded =
      decodeConstant(SplatElementsAttr::get(type, Attribute(scalar)));
  if (failed(decoded))
    return std::nullopt;
  return std::move(*decoded);
}

static Results moveKnown(tensor::PadOp op, LookupFn lookup) {
  const HostValue *known = lookup(op.getSource());
  std::optional<HostValue> padding = getScalar(op.getConstantPaddingValue());
  if (!known || !padding || padding->index() != known->index() ||
      llvm::any_of(op.getStaticLow(), ShapedType::isDynamic) ||
      llvm::any_of(op.getStaticHigh(), ShapedType::isDynamic))
    return {};
  ArrayRef<int64_t> low = op.getStaticLow(), source = getShape(*known);
  SmallVector<int64_t> shape(source);
  for (auto [size, before, after] :
       llvm::zip_equal(shape, low, op.getStaticHigh()))
    size += before + after;
  HostValue result = *known;
  std::visit(
      [&](auto &tensor) {
        using TensorTy = std::decay_t<decltype(tensor)>;
        const TensorTy &from = std::get<TensorTy>(*known);
        tensor = TensorTy(shape);
        llvm::fill(tensor.values, std::get<TensorTy>(*padding).values.front());
        SmallVector<int64_t> strides = computeSuffixProduct(shape);
        SmallVector<int64_t> sourceStrides = computeSuffixProduct(source);
        for (int64_t i = 0, e = from.getNumElements(); i < e; ++i) {
          SmallVector<int64_t> to = delinearize(i, sourceStrides);
          for (auto [index, before] : llvm::zip_equal(to, low))
            index += before;
          tensor.values[linearize(to, strides)] = from.values[i];
        }
      },
      result);
  return {result};
}

static Results moveKnown(tensor::ConcatOp op, LookupFn lookup) {
  int64_t dim = op.getDim();
  SmallVector<const HostValue *> inputs;
  SmallVector<int64_t> shape;
  for (Value value : op.getInputs()) {
    const HostValue *known = lookup(value);
    if (!known || (!inputs.empty() && inputs[0]->index() != known->index()))
      return {};
    inputs.push_back(known);
    if (shape.empty())
      shape.assign(getShape(*known).begin(), getShape(*known).end());
    else
      shape[dim] += ptq::getShape(*known)[dim];
  }
  HostValue result = *inputs.front();
  std::visit(
      [&](auto &tensor) {
        using TensorTy = std::decay_t<decltype(tensor)>;
        TensorTy joined(shape);
        int64_t numRows =
            ShapedType::getNumElements(ArrayRef(shape).take_front(dim));
        auto next = joined.values.begin();
        for (int64_t row = 0; row < numRows; ++row)
          for (const HostValue *input : inputs) {
            const TensorTy &part = std::get<TensorTy>(*input);
            int64_t length = numRows ? part.getNumElements() / numRows : 0;
            auto begin = part.values.begin() + row * length;
            next = std::copy(begin, begin + length, next);
          }
        tensor = std::move(joined);
      },
      result);
  return {result};
}

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

/// `result[n, y, x, c] = combine over i, j of (init[n, y, x, c],
/// source[n, y * sy + i * dy, x * sx + j * dx, c])`, height at `heightDim`.
template <typename OpTy>
static Results pool(OpTy op, int64_t heightDim, LookupFn lookup,
                    function_ref<int64_t(int64_t, int64_t)> combine) {
  if (!op.hasPureTensorSemantics())
    return {};
  const HostValue *known = lookup(op.getInputs()[0]);
  const HostValue *initial = lookup(op.getOutputs()[0]);
  auto windowType = cast<RankedTensorType>(op.getInputs()[1].getType());
  const auto *source = known ? std::get_if<Tensor<int64_t>>(known) : nullptr;
  const auto *init = initial ? std::get_if<Tensor<int64_t>>(initial) : nullptr;
  if (!source || !init || !windowType.hasStaticShape())
    return {};
  auto strides = llvm::to_vector(op.getStrides().template getValues<int64_t>());
  auto dilations =
      llvm::to_vector(op.getDilations().template getValues<int64_t>());
  SmallVector<int64_t> sourceStrides = computeSuffixProduct(source->shape);
  SmallVector<int64_t> resultStrides = computeSuffixProduct(init->shape);
  Tensor<int64_t> result = *init;
  for (int64_t i = 0, e = result.getNumElements(); i < e; ++i)
    for (int64_t row = 0; row < windowType.getDimSize(0); ++row)
      for (int64_t column = 0; column < windowType.getDimSize(1); ++column) {
        SmallVector<int64_t> from = delinearize(i, resultStrides);
        from[heightDim] = from[heightDim] * strides[0] + row * dilations[0];
        from[heightDim + 1] =
            from[heightDim + 1] * strides[1] + column * dilations[1];
        if (from[heightDim] >= source->shape[heightDim] ||
            from[heightDim + 1] >= source->shape[heightDim + 1])
          return {};
        result.values[i] = combine(
            result.values[i], source->values[linearize(from, sourceStrides)]);
      }
  return {result};
}

/// The largest of integers of either sign.
static Results poolMax(Operation *op, LookupFn lookup) {
  auto largest = [](int64_t a, int64_t b) { return std::max(a, b); };
  if (auto nhwc = dyn_cast<linalg::PoolingNhwcMaxOp>(op))
    return pool(nhwc, 1, lookup, largest);
  return pool(cast<linalg::PoolingNchwMaxOp>(op), 2, lookup, largest);
}

/// Sums in i32, modulo 2^32, of integers that are sign-extended.
static Results poolSum(Operation *op, LookupFn lookup) {
  if (!getElementTypeOrSelf(op->getResult(0).getType()).isInteger(32))
    return {};
  auto add = [](int64_t a, int64_t b) -> int64_t {
    return static_cast<int32_t>(a + b);
  };
  if (auto nhwc = dyn_cast<linalg::PoolingNhwcSumOp>(op))
    return pool(nhwc, 1, lookup, add);
  return pool(cast<linalg::PoolingNchwSumOp>(op), 2, lookup, add);
}

Results ptq::evaluateTensorOp(Operation *op, LookupFn lookup) {
  return TypeSwitch<Operation *, Results>(op)
      .Case<tensor::CollapseShapeOp>([&](auto op) {
        return reshape(op.getSrc(), op.getResultType(), lookup);
      })
      .Case<tensor::ExpandShapeOp>([&](auto op) {
        return reshape(op.getSrc(), op.getResultType(), lookup);
      })
      .Case<tensor::ConcatOp, tensor::ExtractSliceOp, tensor::PadOp,
            linalg::TransposeOp>([&](auto op) { return moveKnown(op, lookup); })
      .Case<linalg::PoolingNhwcMaxOp, linalg::PoolingNchwMaxOp>(
          [&](auto op) { return poolMax(op, lookup); })
      .Case<linalg::PoolingNhwcSumOp, linalg::PoolingNchwSumOp>(
          [&](auto op) { return poolSum(op, lookup); })
      .Default([](Operation *) { return Results(); });
}
