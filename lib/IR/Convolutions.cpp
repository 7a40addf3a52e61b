//===- Convolutions.cpp - Verifiers of the convolutions -------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verification.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

QuantType Conv2DOp::getLhsFormat() { return getFormat(getLhs().getType()); }
QuantType Conv2DOp::getRhsFormat() { return getFormat(getRhs().getType()); }
QuantType DepthwiseConv2DOp::getLhsFormat() {
  return getFormat(getLhs().getType());
}
QuantType DepthwiseConv2DOp::getRhsFormat() {
  return getFormat(getRhs().getType());
}

/// (C2) Two positive numbers, small enough for no product to overflow.
static LogicalResult verifyPair(Operation *op, StringRef name,
                                ArrayRef<int64_t> numbers) {
  if (numbers.size() == 2 && llvm::all_of(numbers, [](int64_t number) {
        return number >= 1 && number <= std::numeric_limits<int32_t>::max();
      }))
    return success();
  return op->emitOpError("expects two positive numbers of ")
         << name << ", but got [" << numbers << ']';
}

/// (C1) Weights are rows of windows.
template <typename OpTy>
static LogicalResult verifyWindows(OpTy op) {
  ArrayRef<int64_t> lhs = op.getLhs().getType().getShape();
  ArrayRef<int64_t> rhs = op.getRhs().getType().getShape();
  if (lhs.size() != 4)
    return op.emitOpError("expects lhs of four dimensions, but got ")
           << formatShape(lhs);
  int64_t channels = lhs[op.getChannelDim()];
  int64_t window = op.getKernel()[0] * op.getKernel()[1];
  SmallVector<int64_t> expected;
  if (OpTy::isDepthwise)
    expected = {channels, window};
  else
    expected = {ShapedType::kDynamic, ShapedType::isDynamic(channels)
                                          ? ShapedType::kDynamic
                                          : window * channels};
  if (succeeded(verifyCompatibleShape(expected, rhs)))
    return success();
  return op.emitOpError("expects rhs of shape ")
         << formatShape(expected) << " for windows of " << op.getKernel()[0]
         << 'x' << op.getKernel()[1] << " on lhs " << formatShape(lhs)
         << ", but got " << formatShape(rhs);
}

/// (C3) As many windows as fit.
template <typename OpTy>
static LogicalResult verifyInit(OpTy op) {
  ArrayRef<int64_t> lhs = op.getLhs().getType().getShape();
  ArrayRef<int64_t> init = op.getInit().getType().getShape();
  SmallVector<int64_t> expected(lhs);
  expected[op.getChannelDim()] = op.getRhs().getType().getDimSize(0);
  for (int64_t i = 0; i < 2; ++i) {
    int64_t &size = expected[op.getHeightDim() + i];
    if (ShapedType::isDynamic(size))
      continue;
    int64_t span = (op.getKernel()[i] - 1) * op.getDilations()[i] + 1;
    if (size < span)
      return op.emitOpError("expects windows that fit, but got ")
             << span << " of " << size << " indices";
    size = (size - span) / op.getStrides()[i] + 1;
  }
  if (succeeded(verifyCompatibleShape(expected, init)))
    return success();
  return op.emitOpError("expects outs of shape ")
         << formatShape(expected) << ", but got " << formatShape(init);
}

/// (C4), (C5) Codes less a constant, of one scale, and one for each channel.
template <typename OpTy>
static LogicalResult verifyFormats(OpTy op) {
  for (QuantType format : {op.getLhsFormat(), op.getRhsFormat()})
    if (format.hasZeroPointOperand() || format.hasMultiplier())
      return op.emitOpError("expects formats without zero points that are "
                            "operands and without multipliers, but got ")
             << format;
  auto isWhole = [](int64_t length) { return length == 0; };
  if (!llvm::all_of(op.getLhsFormat().getBlock(), isWhole))
    return op.emitOpError("expects block of lhs with 0 in each dimension, but "
                          "got [")
           << op.getLhsFormat().getBlock() << ']';
  ArrayRef<int64_t> rhs = op.getRhsFormat().getBlock();
  if (rhs[0] > 1 || rhs[1] != 0)
    return op.emitOpError("expects block [1, 0] or [0, 0] of rhs, but got [")
           << rhs << ']';
  return success();
}

/// (C6) Scales make floats of accumulators.
template <typename OpTy>
static LogicalResult verifyScales(OpTy op) {
  bool isFloat = isa<FloatType>(op.getInit().getType().getElementType());
  auto check = [&](StringRef name, Value scale, QuantType format,
                   RankedTensorType side) {
    return verifyPerBlock(op, name, scale,
                          isFloat ? format.getScaleType() : Type(),
                          side.getShape(), format.getBlock());
  };
  return success(succeeded(check("lhs scale", op.getLhsScale(),
                                 op.getLhsFormat(), op.getLhs().getType())) &&
                 succeeded(check("rhs scale", op.getRhsScale(),
                                 op.getRhsFormat(), op.getRhs().getType())));
}

/// (C7) Accumulators fit i32.
template <typename OpTy>
static LogicalResult verifyAccumulators(OpTy op) {
  int64_t span = op.getRhs().getType().getDimSize(1);
  if (OpTy::isDepthwise)
    span = op.getKernel()[0] * op.getKernel()[1];
  else if (ShapedType::isDynamic(span) &&
           ShapedType::isStatic(
               op.getLhs().getType().getDimSize(op.getChannelDim())))
    span = op.getKernel()[0] * op.getKernel()[1] *
           op.getLhs().getType().getDimSize(op.getChannelDim());
  if (ShapedType::isDynamic(span))
    return op.emitOpError("expects a static number of channels to bound the "
                          "i32 accumulators, but got a dynamic one");
  auto largest = [](QuantType format) {
    auto [min, max] = format.getCenteredRange();
    return std::max(std::abs(min), std::abs(max));
  };
  int64_t lhsMax = largest(op.getLhsFormat()),
          rhsMax = largest(op.getRhsFormat());
  if (span > std::numeric_limits<int32_t>::max() / (lhsMax * rhsMax))
    return op.emitOpError("expects accumulators below 2^31, but got ")
           << span << " products of " << lhsMax << " * " << rhsMax;
  return success();
}

template <typename OpTy>
static LogicalResult verifyConvolution(OpTy op) {
  return success(
      succeeded(verifyPair(op, "kernel", op.getKernel())) &&       // conv_2d_c2
      succeeded(verifyPair(op, "strides", op.getStrides())) &&     // conv_2d_c2
      succeeded(verifyPair(op, "dilations", op.getDilations())) && // conv_2d_c2
      succeeded(verifyWindows(op)) &&                              // conv_2d_c1
      succeeded(verifyInit(op)) &&                                 // conv_2d_c3
      succeeded(verifyFormats(op)) &&     // conv_2d_c4, conv_2d_c5
      succeeded(verifyScales(op)) &&      // conv_2d_c6
      succeeded(verifyAccumulators(op))); // conv_2d_c7
}

LogicalResult Conv2DOp::verify() { return verifyConvolution(*this); }
LogicalResult DepthwiseConv2DOp::verify() { return verifyConvolution(*this); }
