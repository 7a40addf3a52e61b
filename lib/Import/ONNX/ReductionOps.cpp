//===- ReductionOps.cpp - Sums, means and extremes ------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxOps.h"
#include "Reductions.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// What several ops share
//===----------------------------------------------------------------------===//

OnnxType ptq::getWideType(OnnxType type) {
  bool isHalf = type == OnnxType::Float16 || type == OnnxType::BFloat16;
  return isHalf ? OnnxType::Float : type;
}

TypedAttr ptq::getNeutral(Builder &b, OnnxType type, Reduction kind) {
  Type elementType = getElementType(type, b.getContext());
  bool isExtreme = kind == Reduction::Max || kind == Reduction::Min;
  if (auto floatType = dyn_cast<FloatType>(elementType)) {
    if (isExtreme)
      return b.getFloatAttr(floatType,
                            APFloat::getInf(floatType.getFloatSemantics(),
                                            kind == Reduction::Max));
    return b.getFloatAttr(floatType, kind == Reduction::Product ? 1 : 0);
  }
  if (isExtreme)
    return b.getIntegerAttr(elementType, kind == Reduction::Max
                                             ? getOnnxMin(type)
                                             : getOnnxMax(type));
  return b.getIntegerAttr(elementType, kind == Reduction::Product ? 1 : 0);
}

Value ptq::combine(ScalarMath &m, Reduction kind, Value x, Value y) {
  switch (kind) {
  case Reduction::Sum:
    return m.add(x, y);
  case Reduction::Product:
    return m.mul(x, y);
  case Reduction::Max:
    return m.max(x, y);
  case Reduction::Min:
    return m.min(x, y);
  }
  llvm_unreachable("all kinds are handled");
}

OnnxTensor ptq::reduce(OnnxBuilder &b, OnnxTensor &x, ArrayRef<int64_t> axes,
                       Reduction kind,
                       llvm::function_ref<Value(ScalarMath &, Value)> map) {
  OnnxType type = getWideType(x.type);
  Sizes kept, all = x.sizes;
  SmallVector<AffineExpr> results;
  for (auto [i, size] : llvm::enumerate(x.sizes)) {
    if (llvm::is_contained(axes, int64_t(i))) {
      all[i] = b.constant(1);
    } else {
      kept.push_back(size);
      results.push_back(b.getAffineDimExpr(i));
    }
  }
  unsigned rank = x.getRank();
  Value init = b.createFilled(kept, getNeutral(b, type, kind));
  Value result = b.createGeneric(
      {b.getMultiDimIdentityMap(rank),
       AffineMap::get(rank, 0, results, b.getContext())},
      b.getValue(x), init, [&](ImplicitLocOpBuilder &inner, ValueRange values) {
        ScalarMath m(inner, type);
        return combine(m, kind, values[1], map ? map(m, values[0]) : values[0]);
      });
  OnnxTensor reduced = b.makeTensor(result, type, kept);
  return b.reshape(reduced, all);
}

OnnxTensor ptq::reduceMean(OnnxBuilder &b, OnnxTensor &x,
                           ArrayRef<int64_t> axes) {
  OnnxTensor sum = reduce(b, x, axes, Reduction::Sum);
  OpFoldResult number = b.constant(1);
  for (int64_t axis : axes)
    number = b.mul(number, x.sizes[axis]);
  OnnxType type = sum.type;
  Value count = castScalar(
      b, b.createOrFold<arith::IndexCastOp>(b.getI64Type(), b.asValue(number)),
      OnnxType::Int64, type);
  return b.createElementwise({&sum}, sum.sizes, type,
                             [&](ImplicitLocOpBuilder &inner, ValueRange v) {
                               return ScalarMath(inner, type).div(v[0], count);
                             });
}

//===----------------------------------------------------------------------===//
// Reduce ops
//===----------------------------------------------------------------------===//

namespace {

/// Which axes a reduction takes, and whether they stay.
struct ReducedAxes {
  SmallVector<int64_t> axes;
  bool areKept;
};

} // namespace

static FailureOr<ReducedAxes> getReducedAxes(OnnxNode &n) {
  int64_t rank = n.input(0).getRank();
  auto given = n.getConstants(1, "axes");
  if (failed(given))
    return failure();
  ReducedAxes result;
  result.areKept = n.getBool("keepdims", true);
  if (*given && !(*given)->empty()) {
    FailureOr<SmallVector<int64_t>> known = n.getAxes(**given, rank);
    if (failed(known))
      return failure();
    result.axes = *known;
  } else if (!n.getBool("noop_with_empty_axes", false)) {
    result.axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  }
  return result;
}

static LogicalResult setReduced(OnnxNode &n, OnnxTensor reduced,
                                const ReducedAxes &reduction, OnnxType type) {
  if (!reduction.areKept) {
    Sizes sizes;
    for (auto [i, size] : llvm::enumerate(reduced.sizes))
      if (!llvm::is_contained(reduction.axes, int64_t(i)))
        sizes.push_back(size);
    reduced = n.b.reshape(reduced, sizes);
  }
  return n.set(n.b.castTo(reduced, type));
}

using Map = Value (*)(ScalarMath &, Value);

static Value square(ScalarMath &m, Value x) { return m.mul(x, x); }

static Value magnitude(ScalarMath &m, Value x) {
  if (isFloat(m.type))
    return m.call<math::AbsFOp>(x);
  return isUnsigned(m.type) ? x : m.call<math::AbsIOp>(x);
}

static Value squareRoot(ScalarMath &m, Value x) {
  if (isFloat(m.type))
    return m.call<math::SqrtOp>(x);
  Value wide = castScalar(m.b, x, m.type, OnnxType::Double);
  return castScalar(m.b, m.call<math::SqrtOp>(wide), OnnxType::Double, m.type);
}

static Value logarithm(ScalarMath &m, Value x) {
  return isFloat(m.type) ? m.call<math::LogOp>(x) : x;
}

/// `after(reduction of before(x))`
template <Reduction kind, Map before = nullptr, Map after = nullptr>
static LogicalResult buildReduce(OnnxNode &n) {
  OnnxTensor &x = n.input(0);
  if (failed(n.expectNumber(0)) ||
      (after == logarithm && failed(n.expectFloat(0))))
    return failure();
  FailureOr<ReducedAxes> axes = getReducedAxes(n);
  if (failed(axes))
    return failure();
  OnnxTensor reduced;
  if constexpr (before != nullptr)
    reduced = reduce(n.b, x, axes->axes, kind, before);
  else
    reduced = reduce(n.b, x, axes->axes, kind);
  if constexpr (after != nullptr) {
    OnnxType type = reduced.type;
    reduced =
        n.b.createElementwise({&reduced}, reduced.sizes, type,
                              [&](ImplicitLocOpBuilder &b, ValueRange values) {
                                ScalarMath m(b, type);
                                return after(m, values[0]);
                              });
  }
  return setReduced(n, reduced, *axes, x.type);
}

static LogicalResult buildReduceMean(OnnxNode &n) {
  FailureOr<ReducedAxes> axes = getReducedAxes(n);
  if (failed(axes) || failed(n.expectFloat(0)))
    return failure();
  return setReduced(n, reduceMean(n.b, n.input(0), axes->axes), *axes,
                    n.input(0).type);
}

/// log(sum of exp(x)), from the greatest element down, which does not overflow.
static LogicalResult buildReduceLogSumExp(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  FailureOr<ReducedAxes> axes = getReducedAxes(n);
  if (failed(axes) || failed(n.expectFloat(0)))
    return failure();
  OnnxTensor max = reduce(b, x, axes->axes, Reduction::Max);
  OnnxType type = max.type;
  OnnxTensor below =
      b.createElementwise({&x, &max}, x.sizes, type,
                          [&](ImplicitLocOpBuilder &inner, ValueRange values) {
                            ScalarMath m(inner, type);
                            return m.exp(m.sub(values[0], values[1]));
                          });
  OnnxTensor sum = reduce(b, below, axes->axes, Reduction::Sum);
  OnnxTensor result = b.createElementwise(
      {&sum, &max}, sum.sizes, type,
      [&](ImplicitLocOpBuilder &inner, ValueRange values) {
        ScalarMath m(inner, type);
        return m.add(m.call<math::LogOp>(values[0]), values[1]);
      });
  return setReduced(n, result, *axes, x.type);
}

//===----------------------------------------------------------------------===//
// Positions, running sums
//===----------------------------------------------------------------------===//

/// The position of the extreme along an axis: the first, or the last, of equal
/// elements.
template <bool isMax>
static LogicalResult buildArg(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  FailureOr<int64_t> axis = n.getAxis(n.getInt("axis", 0), x.getRank());
  if (failed(axis) || failed(n.expectNumber(0)))
    return failure();
  bool takesLast = n.getBool("select_last_index", false);
  Reduction kind = isMax ? Reduction::Max : Reduction::Min;
  OnnxTensor extreme = reduce(b, x, *axis, kind);
  // Where an element is the extreme, its position; then the extreme of those.
  OnnxType type = x.type;
  OnnxTensor positions = b.createElementwise(
      {&x, &extreme}, x.sizes, OnnxType::Int64,
      [&](ImplicitLocOpBuilder &inner, ValueRange values) {
        ScalarMath m(inner, type);
        Value isExtreme =
            m.compare(ScalarMath::Order::Equal, values[0], values[1]);
        Value position = arith::IndexCastOp::create(
            inner, inner.getI64Type(),
            linalg::IndexOp::create(inner, unsigned(*axis)));
        Value other = m.number(position, 0);
        if (!takesLast)
          other = arith::ConstantOp::create(inner,
                                            inner.getI64IntegerAttr(INT64_MAX));
        return m.select(isExtreme, position, other);
      });
  OnnxTensor result =
      reduce(b, positions, *axis, takesLast ? Reduction::Max : Reduction::Min);
  return setReduced(n, result, {{*axis}, n.getBool("keepdims", true)},
                    OnnxType::Int64);
}

/// result[i] = sum of x[j] over j <= i, or j < i, or from the end.
static LogicalResult buildCumSum(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  auto elements = b.getElements(n.input(1));
  if (!elements || elements->size() != 1)
    return n.fail("expects one axis, but got " + toString(n.input(1).sizes));
  if (failed(n.expectNumber(0)))
    return failure();
  bool excludes = n.getBool("exclusive", false);
  bool fromEnd = n.getBool("reverse", false);
  OnnxType type = getWideType(x.type);
  // Loops: those of the result, and one over the elements of the axis. The
  // axis may be known at run time only: elements are read by computed indices.
  Value axis = b.asValue(b.wrap(elements->front(), b.constant(x.getRank())));
  OpFoldResult length = b.constant(1);
  for (auto [i, size] : llvm::enumerate(x.sizes))
    length = b.select(arith::CmpIPredicate::eq, getAsOpFoldResult(axis),
                      b.constant(i), size, length);
  unsigned rank = x.getRank();
  Value source = b.getValue(x);
  Value extent = b.createEmpty({length}, b.getI1Type());
  Value init = b.createFilled(x.sizes, getNeutral(b, type, Reduction::Sum));
  AffineMap loops = b.getMultiDimIdentityMap(rank + 1);
  Value result = b.createGeneric(
      {loops.getMinorSubMap(1), loops.getMajorSubMap(rank)}, extent, init,
      [&](ImplicitLocOpBuilder &inner, ValueRange values) {
        ScalarMath m(inner, type);
        Value along = linalg::IndexOp::create(inner, rank);
        Value takes = arith::ConstantOp::create(inner, inner.getBoolAttr(true));
        SmallVector<Value> from;
        using I = arith::CmpIPredicate;
        I order = fromEnd ? (excludes ? I::sgt : I::sge)
                          : (excludes ? I::slt : I::sle);
        for (unsigned i = 0; i < rank; ++i) {
          Value index = linalg::IndexOp::create(inner, i);
          Value number = arith::ConstantIndexOp::create(inner, i);
          Value isAxis = arith::CmpIOp::create(inner, I::eq, axis, number);
          Value inSum = arith::CmpIOp::create(inner, order, along, index);
          takes = m.select(isAxis, inSum, takes);
          from.push_back(m.select(isAxis, along, index));
        }
        Value element = extractElement(inner, source, from);
        return m.select(takes, m.add(values[1], element), values[1]);
      });
  OnnxTensor sums = b.makeTensor(result, type, x.sizes);
  return n.set(b.castTo(sums, x.type));
}

ArrayRef<OnnxOp> ptq::getReductionOps() {
  using R = Reduction;
  static constexpr OnnxOp ops[] = {
      {"ArgMax", buildArg<true>, 1, 1},
      {"ArgMin", buildArg<false>, 1, 1},
      {"CumSum", buildCumSum, 2, 2},
      {"ReduceL1", buildReduce<R::Sum, magnitude>, 1, 2},
      {"ReduceL2", buildReduce<R::Sum, square, squareRoot>, 1, 2},
      {"ReduceLogSum", buildReduce<R::Sum, nullptr, logarithm>, 1, 2},
      {"ReduceLogSumExp", buildReduceLogSumExp, 1, 2},
      {"ReduceMax", buildReduce<R::Max>, 1, 2},
      {"ReduceMean", buildReduceMean, 1, 2},
      {"ReduceMin", buildReduce<R::Min>, 1, 2},
      {"ReduceProd", buildReduce<R::Product>, 1, 2},
      {"ReduceSum", buildReduce<R::Sum>, 1, 2},
      {"ReduceSumSquare", buildReduce<R::Sum, square>, 1, 2},
  };
  return ops;
}
