//===- ClampedInteger.cpp - Clamps, offsets and casts of integers ---------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ClampedInteger.h"
#include "CenteredCodes.h"

#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::ptq;

void ptq::clampTo(ClampedInteger &integer, int64_t min, int64_t max) {
  integer.min = std::clamp(integer.min, min, max);
  integer.max = std::clamp(integer.max, min, max);
}

/// The values that the first op of a chain may have. What is outside of them is
/// poison, or undefined by the specification of TOSA.
static std::optional<ClampedInteger> readBase(Element element) {
  ClampedInteger integer;
  integer.base = element;
  if (element.getOp<tosa::ApplyScaleOp>()) {
    // The input is below 2^(shift - 1) and the multiplier below 2^31.
    integer.min = -(int64_t(1) << 30);
    integer.max = int64_t(1) << 30;
    return integer;
  }
  bool isSigned = bool(element.getOp<arith::FPToSIOp>());
  if (!isSigned && !element.getOp<arith::FPToUIOp>())
    return std::nullopt;
  unsigned width = element.getType().getIntOrFloatBitWidth();
  if (width > 32)
    return std::nullopt;
  integer.min = QuantType::getMinOf(width, isSigned);
  integer.max = QuantType::getMaxOf(width, isSigned);
  // The largest f32 below the bound.
  if (width == 32)
    integer.max -= isSigned ? 127 : 255;
  return integer;
}

static FailureOr<ClampedInteger> addOffset(FailureOr<ClampedInteger> integer,
                                           int64_t offset, unsigned width,
                                           std::string &reason) {
  if (failed(integer))
    return failure();
  integer->offset += offset;
  integer->min += offset;
  integer->max += offset;
  if (integer->min >= QuantType::getMinOf(width, true) &&
      integer->max <= QuantType::getMaxOf(width, true))
    return integer;
  reason = "adds the zero point in integers that may wrap";
  return failure();
}

FailureOr<ClampedInteger> ptq::readClampedInteger(Element element,
                                                  std::string &reason) {
  auto type = dyn_cast<IntegerType>(element.getType());
  if (!type)
    return failure();
  if (std::optional<ClampedInteger> base = readBase(element))
    return *base;
  if (element.getOp<arith::TruncIOp>()) {
    FailureOr<ClampedInteger> inner =
        readClampedInteger(element.getOperand(0), reason);
    if (failed(inner))
      return failure();
    unsigned width = type.getWidth();
    if (width <= 32 && inner->min >= QuantType::getMinOf(width, true) &&
        inner->max <= QuantType::getMaxOf(width, inner->min < 0))
      return inner;
    reason = "truncates integers that may not fit";
    return failure();
  }
  bool isMin = bool(element.getOp<arith::MinSIOp>());
  bool isMax = bool(element.getOp<arith::MaxSIOp>());
  bool isSub = bool(element.getOp<arith::SubIOp>());
  if (!isMin && !isMax && !isSub && !element.getOp<arith::AddIOp>())
    return failure();
  std::optional<int64_t> constant = element.getOperand(1).getConstantInteger();
  if (!constant)
    return failure();
  FailureOr<ClampedInteger> inner =
      readClampedInteger(element.getOperand(0), reason);
  if (failed(inner))
    return failure();
  if (!isMin && !isMax)
    return addOffset(inner, isSub ? -*constant : *constant, type.getWidth(),
                     reason);
  constexpr int64_t far = int64_t(1) << 40;
  clampTo(*inner, isMin ? -far : *constant, isMin ? *constant : far);
  return inner;
}
