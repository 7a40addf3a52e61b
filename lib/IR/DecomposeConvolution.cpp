//===- DecomposeConvolution.cpp - Convolutions as integer linalg ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The weights get the dimensions of the window, so that no indexing map
// divides. The channels are the innermost loop where they are the innermost
// dimension: then lanes lie together on both sides.
//
//===----------------------------------------------------------------------===//

#include "Blocks.h"
#include "Decompose.h"
#include "Scalars.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

using utils::IteratorType;

namespace {

/// A convolution on its way to linalg. Its loops are the dimensions of the
/// result, in order, then those of a window.
template <typename OpTy>
class Convolution {
public:
  Convolution(ImplicitLocOpBuilder &builder, OpTy op)
      : builder(builder), op(op), numLoops(OpTy::isDepthwise ? 6 : 7) {}

  Value decompose();

private:
  AffineExpr loop(unsigned index) { return builder.getAffineDimExpr(index); }
  AffineMap getMap(ArrayRef<AffineExpr> results) {
    return AffineMap::get(numLoops, 0, results, builder.getContext());
  }
  AffineMap getLhsMap();
  AffineMap getRhsMap();
  Value getWindows();
  Value center(ImplicitLocOpBuilder &nested, Value code, QuantType format);
  Value contract();
  Value scale(Value acc);

  ImplicitLocOpBuilder &builder;
  OpTy op;
  unsigned numLoops;
};

} // namespace

template <typename OpTy>
AffineMap Convolution<OpTy>::getLhsMap() {
  SmallVector<AffineExpr> results(4);
  int64_t height = op.getHeightDim(), channel = op.getChannelDim();
  // Loops of a window: rows, columns, channels; channels_first: channels first.
  unsigned window = 4 + (!OpTy::isDepthwise && op.getChannelsFirst());
  results[0] = loop(0);
  for (int64_t i = 0; i < 2; ++i)
    results[height + i] = loop(height + i) * op.getStrides()[i] +
                          loop(window + i) * op.getDilations()[i];
  results[channel] = OpTy::isDepthwise       ? loop(channel)
                     : op.getChannelsFirst() ? loop(4)
                                             : loop(6);
  return getMap(results);
}

template <typename OpTy>
AffineMap Convolution<OpTy>::getRhsMap() {
  SmallVector<AffineExpr> results = {loop(op.getChannelDim())};
  for (unsigned index = 4; index < numLoops; ++index)
    results.push_back(loop(index));
  return getMap(results);
}

/// The codes of the weights, `[F, KY, KX, C]`, `[F, C, KY, KX]` or `[C, KY,
/// KX]`.
template <typename OpTy>
Value Convolution<OpTy>::getWindows() {
  Value codes = getCodes(builder, op.getRhs());
  auto type = cast<RankedTensorType>(codes.getType());
  SmallVector<int64_t> shape = {type.getDimSize(0)};
  llvm::append_range(shape, op.getKernel());
  SmallVector<ReassociationIndices> groups = {{0}, {1, 2}};
  if (!OpTy::isDepthwise) {
    int64_t channels = op.getLhs().getType().getDimSize(op.getChannelDim());
    if (ShapedType::isDynamic(channels) && !type.isDynamicDim(1))
      channels = type.getDimSize(1) / (shape[1] * shape[2]);
    shape.insert(op.getChannelsFirst() ? shape.begin() + 1 : shape.end(),
                 channels);
    groups[1].push_back(3);
  }
  // The window is static: the type of the weights may not show it.
  int64_t window = 1;
  for (int64_t size : ArrayRef(shape).drop_front())
    window *= size;
  RankedTensorType rows = type.clone({type.getDimSize(0), window});
  if (type != rows)
    codes = tensor::CastOp::create(builder, rows, codes);
  return tensor::ExpandShapeOp::create(builder, type.clone(shape), codes,
                                       groups);
}

/// `extend(code) - zp` in i32.
template <typename OpTy>
Value Convolution<OpTy>::center(ImplicitLocOpBuilder &nested, Value code,
                                QuantType format) {
  Value extended = extendCode(nested, code, format.getIsSigned());
  Value zeroPoint = getZeroPoint(nested, Value(), format);
  return zeroPoint ? arith::SubIOp::create(nested, extended, zeroPoint)
                   : extended;
}

template <typename OpTy>
Value Convolution<OpTy>::contract() {
  Value zero = arith::ConstantOp::create(builder, builder.getI32IntegerAttr(0));
  Value init = op.getInit();
  if (!getElementTypeOrSelf(init).isInteger())
    init = tensor::EmptyOp::create(
        builder, tensor::getMixedSizes(builder, builder.getLoc(), init),
        builder.getI32Type());
  Value zeros = linalg::FillOp::create(builder, zero, init).getResult(0);
  SmallVector<AffineExpr> result;
  for (unsigned index = 0; index < 4; ++index)
    result.push_back(loop(index));
  SmallVector<IteratorType> iterators(4, IteratorType::parallel);
  iterators.resize(numLoops, IteratorType::reduction);
  return createGeneric(
      builder, {getCodes(builder, op.getLhs()), getWindows()}, zeros,
      {getLhsMap(), getRhsMap(), getMap(result)}, iterators,
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) -> Value {
        Value product = arith::MulIOp::create(
            nested, center(nested, arguments[0], op.getLhsFormat()),
            center(nested, arguments[1], op.getRhsFormat()));
        return arith::AddIOp::create(nested, arguments[2], product);
      });
}

/// `(f32(acc) * sw) * sa`, rounded to the result's type.
template <typename OpTy>
Value Convolution<OpTy>::scale(Value acc) {
  MLIRContext *context = builder.getContext();
  AffineExpr zero = builder.getAffineConstantExpr(0);
  AffineMap identity = builder.getMultiDimIdentityMap(4);
  AffineExpr row =
      op.getRhsFormat().getBlock()[0] ? loop(op.getChannelDim()) : zero;
  AffineMap rhs = AffineMap::get(4, 0, {row, zero}, context);
  AffineMap lhs = AffineMap::get(4, 0, {zero, zero, zero, zero}, context);
  Type type = getElementTypeOrSelf(op.getInit());
  return createGeneric(builder, {acc, op.getRhsScale(), op.getLhsScale()},
                       op.getInit(), {identity, rhs, lhs, identity},
                       SmallVector<IteratorType>(4, IteratorType::parallel),
                       [&](ImplicitLocOpBuilder &nested, ValueRange arguments) {
                         Value value = arith::SIToFPOp::create(
                             nested, nested.getF32Type(), arguments[0]);
                         for (Value factor : arguments.slice(1, 2))
                           value = arith::MulFOp::create(
                               nested, value, extendToF32(nested, factor));
                         return roundFromF32(nested, value, type);
                       });
}

template <typename OpTy>
Value Convolution<OpTy>::decompose() {
  Value acc = contract();
  return getElementTypeOrSelf(op.getInit()).isInteger() ? acc : scale(acc);
}

FailureOr<SmallVector<Value>>
Conv2DOp::decomposeOperation(OpBuilder &opBuilder) {
  ImplicitLocOpBuilder builder(getLoc(), opBuilder);
  return SmallVector<Value>{Convolution<Conv2DOp>(builder, *this).decompose()};
}

FailureOr<SmallVector<Value>>
DepthwiseConv2DOp::decomposeOperation(OpBuilder &opBuilder) {
  ImplicitLocOpBuilder builder(getLoc(), opBuilder);
  return SmallVector<Value>{
      Convolution<DepthwiseConv2DOp>(builder, *this).decompose()};
}
