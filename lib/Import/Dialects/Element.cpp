//===- Element.cpp - One element of a tensor, as an expression ------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Element.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

static bool isTensor(Value value) {
  return isa<RankedTensorType>(value.getType());
}

Operation *ptq::getLinalgOpAround(Value value) {
  auto op = dyn_cast_if_present<linalg::LinalgOp>(
      value.getParentBlock()->getParentOp());
  return op && !isTensor(value) ? op.getOperation() : nullptr;
}

Element Element::atRoot(Value value) {
  MLIRContext *context = value.getContext();
  if (auto op = dyn_cast_if_present<linalg::LinalgOp>(getLinalgOpAround(value)))
    return {value,
            AffineMap::getMultiDimIdentityMap(op.getNumLoops(), context)};
  return {value,
          AffineMap::getMultiDimIdentityMap(
              cast<RankedTensorType>(value.getType()).getRank(), context)};
}

Type Element::getType() const { return getElementTypeOrSelf(value); }

/// The argument of a body, as the operand that it is.
static std::optional<std::pair<Value, AffineMap>>
getOperandOfBody(BlockArgument argument, AffineMap map) {
  auto op =
      dyn_cast_if_present<linalg::LinalgOp>(argument.getOwner()->getParentOp());
  if (!op || int64_t(argument.getArgNumber()) >= op.getNumDpsInputs())
    return std::nullopt;
  OpOperand *operand = op.getDpsInputOperand(argument.getArgNumber());
  if (!op.hasPureTensorSemantics())
    return std::nullopt;
  return std::pair(operand->get(),
                   op.getMatchingIndexingMap(operand).compose(map));
}

Element Element::inTensor() const {
  if (!value || isTensor(value))
    return *this;
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument)
    return {};
  auto operand = getOperandOfBody(argument, map);
  if (!operand || !isTensor(operand->first))
    return {};
  return {operand->first, operand->second};
}

Value Element::getTensor() const { return isTensor(value) ? value : Value(); }

Value Element::getScalar() const {
  Element source = getSource();
  if (isTensor(source.value) || getLinalgOpAround(source.value))
    return {};
  return source.value;
}

/// The scalar that the body of `op` computes for result `result`, if every
/// element of the result is computed once.
static std::optional<std::pair<Value, AffineMap>>
enterBody(linalg::LinalgOp op, OpResult result, AffineMap map) {
  if (!op.hasPureTensorSemantics() ||
      op.getNumParallelLoops() != op.getNumLoops())
    return std::nullopt;
  AffineMap resultMap =
      op.getMatchingIndexingMap(op.getDpsInitOperand(result.getResultNumber()));
  if (!resultMap.isPermutation())
    return std::nullopt;
  return std::pair(
      op.getBlock()->getTerminator()->getOperand(result.getResultNumber()),
      inversePermutation(resultMap).compose(map));
}

/// One step towards the source; none if this is it.
std::optional<Element> Element::step() const {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (isTensor(value))
      return std::nullopt;
    auto operand = getOperandOfBody(argument, map);
    if (!operand)
      return std::nullopt;
    return Element(operand->first, operand->second);
  }
  Operation *op = value.getDefiningOp();
  if (!isTensor(value))
    return std::nullopt;
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return isTensor(cast.getSource())
               ? std::optional(Element(cast.getSource(), map))
               : std::nullopt;
  if (auto splat = dyn_cast<tensor::SplatOp>(op))
    return Element(splat.getInput(), map);
  if (auto elements = dyn_cast<tensor::FromElementsOp>(op);
      elements && elements.getElements().size() == 1)
    return Element(elements.getElements().front(), map);
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    if (auto inner = enterBody(linalgOp, cast<OpResult>(value), map))
      return Element(inner->first, inner->second);
  return std::nullopt;
}

Element Element::getSource() const {
  Element source = *this;
  while (std::optional<Element> next = source.step())
    source = *next;
  return source;
}

Element Element::getOperand(unsigned i) const {
  Element source = getSource();
  Operation *op = source.value.getDefiningOp();
  return {op->getOperand(i), source.map};
}

bool Element::isSame(Element other) const {
  Element source = getSource(), otherSource = other.getSource();
  return source.value == otherSource.value && source.map == otherSource.map;
}

Attribute Element::getConstant() const {
  Attribute attribute;
  if (!matchPattern(getSource().value, m_Constant(&attribute)))
    return {};
  if (auto elements = dyn_cast<DenseElementsAttr>(attribute))
    return elements.isSplat() ? elements.getSplatValue<Attribute>()
                              : Attribute();
  return attribute;
}

std::optional<int64_t> Element::getConstantInteger() const {
  if (auto number = dyn_cast_if_present<IntegerAttr>(getConstant()))
    return number.getValue().trySExtValue();
  bool isUnsigned = bool(getOp<arith::ExtUIOp>());
  if (!isUnsigned && !getOp<arith::ExtSIOp>() && !getOp<arith::TruncIOp>())
    return std::nullopt;
  Element operand = getOperand(0);
  std::optional<int64_t> inner = operand.getConstantInteger();
  unsigned width =
      cast<IntegerType>(isUnsigned ? operand.getType() : getType()).getWidth();
  if (!inner || width > 64)
    return std::nullopt;
  APInt bits(width, *inner, /*isSigned=*/true, /*implicitTrunc=*/true);
  return isUnsigned ? int64_t(bits.getZExtValue()) : bits.getSExtValue();
}

std::optional<APFloat> Element::getConstantFloat() const {
  if (auto number = dyn_cast_if_present<FloatAttr>(getConstant()))
    return number.getValue();
  auto type = dyn_cast<FloatType>(getType());
  if (!type)
    return std::nullopt;
  if (getOp<arith::ExtFOp>() || getOp<arith::TruncFOp>()) {
    std::optional<APFloat> inner = getOperand(0).getConstantFloat();
    bool losesInfo;
    if (inner)
      inner->convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                     &losesInfo);
    return inner;
  }
  bool isUnsigned = bool(getOp<arith::UIToFPOp>());
  if (!isUnsigned && !getOp<arith::SIToFPOp>())
    return std::nullopt;
  Element operand = getOperand(0);
  std::optional<int64_t> inner = operand.getConstantInteger();
  if (!inner)
    return std::nullopt;
  APInt bits(cast<IntegerType>(operand.getType()).getWidth(), *inner,
             /*isSigned=*/true, /*implicitTrunc=*/true);
  APFloat number(type.getFloatSemantics());
  number.convertFromAPInt(bits, !isUnsigned, APFloat::rmNearestTiesToEven);
  return number;
}
