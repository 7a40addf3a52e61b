//===- RoundedFloat.cpp - Rounding, clamps and offsets of floats ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RoundedFloat.h"
#include "CenteredCodes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Clamps
//===----------------------------------------------------------------------===//

namespace {

/// One bound of a clamp.
struct Bound {
  Element value;
  double limit;
  bool isMin; // of the result: a lower bound
  /// Whether a NaN becomes the limit; otherwise it stays one.
  bool takesNaN;
  /// Whether the comparison is one of the value before the bound on its other
  /// side, so that it sees a NaN even if that bound has replaced it.
  bool comparesOriginal = false;
};

} // namespace

/// `limit` if the condition holds, else the value: the bound of that kind.
static std::optional<Bound> readSelect(Element element) {
  if (!element.getOp<arith::SelectOp>())
    return std::nullopt;
  Element condition = element.getOperand(0);
  auto compare = condition.getOp<arith::CmpFOp>();
  std::optional<APFloat> limit = element.getOperand(1).getConstantFloat();
  if (!compare || !limit)
    return std::nullopt;
  std::optional<APFloat> compared = condition.getOperand(1).getConstantFloat();
  Element value = element.getOperand(2);
  if (!compared || !compared->bitwiseIsEqual(*limit))
    return std::nullopt;
  using arith::CmpFPredicate;
  CmpFPredicate predicate = compare.getPredicate();
  bool isMin = llvm::is_contained({CmpFPredicate::OLT, CmpFPredicate::ULT,
                                   CmpFPredicate::OLE, CmpFPredicate::ULE},
                                  predicate);
  bool isMax = llvm::is_contained({CmpFPredicate::OGT, CmpFPredicate::UGT,
                                   CmpFPredicate::OGE, CmpFPredicate::UGE},
                                  predicate);
  if (!isMin && !isMax)
    return std::nullopt;
  bool takesNaN = llvm::is_contained({CmpFPredicate::ULT, CmpFPredicate::ULE,
                                      CmpFPredicate::UGT, CmpFPredicate::UGE},
                                     predicate);
  Bound bound{value, limit->convertToDouble(), isMin, takesNaN};
  Element original = condition.getOperand(0);
  if (original.isSame(value))
    return bound;
  // `v > max ? max : (v < min ? min : v)` is the clamp of v.
  std::optional<Bound> other = readSelect(value);
  bound.comparesOriginal = true;
  if (!other || other->isMin == isMin || !original.isSame(other->value) ||
      (isMin ? bound.limit > other->limit : bound.limit < other->limit))
    return std::nullopt;
  return bound;
}

static std::optional<Bound> readBound(Element element) {
  bool isMin =
      element.getOp<arith::MaximumFOp>() || element.getOp<arith::MaxNumFOp>();
  if (!isMin && !element.getOp<arith::MinimumFOp>() &&
      !element.getOp<arith::MinNumFOp>())
    return readSelect(element);
  for (unsigned side : {1u, 0u})
    if (auto limit = element.getOperand(side).getConstantFloat())
      return Bound{element.getOperand(1 - side), limit->convertToDouble(),
                   isMin,
                   element.getOp<arith::MaxNumFOp>() ||
                       element.getOp<arith::MinNumFOp>()};
  return std::nullopt;
}

static FailureOr<RoundedFloat> applyBound(const Bound &bound,
                                          std::string &reason) {
  FailureOr<RoundedFloat> inner = readRoundedFloat(bound.value, reason);
  if (failed(inner))
    return failure();
  if (std::isnan(bound.limit) || bound.limit != std::floor(bound.limit)) {
    reason = "clamps to a number that is no integer";
    return failure();
  }
  if (bound.takesNaN && (!inner->nan || bound.comparesOriginal))
    inner->nan = bound.limit;
  else if (inner->nan)
    inner->nan = bound.isMin ? std::max(*inner->nan, bound.limit)
                             : std::min(*inner->nan, bound.limit);
  if (bound.isMin) {
    inner->min = std::max(inner->min, bound.limit);
    inner->max = std::max(inner->max, bound.limit);
  } else {
    inner->min = std::min(inner->min, bound.limit);
    inner->max = std::min(inner->max, bound.limit);
  }
  return inner;
}

//===----------------------------------------------------------------------===//
// Offsets and rounding
//===----------------------------------------------------------------------===//

static FailureOr<RoundedFloat> addZeroPoint(Element element, Element zeroPoint,
                                            std::string &reason) {
  FailureOr<RoundedFloat> inner = readRoundedFloat(element, reason);
  if (failed(inner))
    return failure();
  if (inner->zeroPoints || inner->zeroPoint != 0) {
    reason = "adds two zero points";
    return failure();
  }
  if (std::optional<APFloat> constant = zeroPoint.getConstantFloat()) {
    double value = constant->convertToDouble();
    if (value != std::floor(value) || std::abs(value) > 65536) {
      reason = "adds a number that is no integer";
      return failure();
    }
    inner->zeroPoint = int64_t(value);
    inner->min += value;
    inner->max += value;
    if (inner->nan)
      *inner->nan += value;
    return inner;
  }
  if (std::isfinite(inner->min) || std::isfinite(inner->max)) {
    reason = "clamps before it adds zero points";
    return failure();
  }
  inner->zeroPoints = zeroPoint;
  return inner;
}

/// How an op rounds if not to even; empty if it does not round.
static StringRef getOtherRounding(Element element) {
  if (element.getOp<math::RoundOp>())
    return "rounds ties away from zero";
  if (element.getOp<math::FloorOp>())
    return "rounds down";
  if (element.getOp<math::CeilOp>())
    return "rounds up";
  if (element.getOp<math::TruncOp>())
    return "rounds towards zero";
  return "";
}

FailureOr<RoundedFloat> ptq::readRoundedFloat(Element element,
                                              std::string &reason) {
  if (std::optional<Bound> bound = readBound(element))
    return applyBound(*bound, reason);
  if (element.getOp<arith::AddFOp>())
    return addZeroPoint(element.getOperand(0), element.getOperand(1), reason);
  StringRef otherRounding = getOtherRounding(element);
  if (!otherRounding.empty() || element.getOp<math::RoundEvenOp>()) {
    FailureOr<RoundedFloat> inner =
        readRoundedFloat(element.getOperand(0), reason);
    if (failed(inner) || inner->isRounded)
      return inner;
    inner->isRounded = true;
    inner->isRoundedLate = inner->zeroPoints || inner->zeroPoint != 0;
    inner->otherRounding = otherRounding;
    return inner;
  }
  RoundedFloat base;
  base.base = element;
  return base;
}
