//===- IntegerOps.cpp - Float ops that codes can do without floats --------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerOps.h"

#include "ConstantView.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

#include <cfloat>
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

static std::optional<float> getFloat(Attribute attribute) {
  if (auto number = dyn_cast_if_present<FloatAttr>(attribute))
    return static_cast<float>(number.getValueAsDouble());
  auto elements = dyn_cast_if_present<DenseFPElementsAttr>(attribute);
  if (elements && elements.isSplat())
    return static_cast<float>(
        elements.getSplatValue<FloatAttr>().getValueAsDouble());
  return std::nullopt;
}

/// The number that `value`, a scalar or every element of a tensor, is.
static std::optional<float> getSplat(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return getSplat(fill.getInputs()[0]);
  if (auto broadcast = value.getDefiningOp<linalg::BroadcastOp>())
    return getSplat(broadcast.getInput());
  Attribute attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  return getFloat(attribute);
}

std::optional<float> ptq::getOnlyElement(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape() || type.getNumElements() != 1)
    return std::nullopt;
  return getSplat(value);
}

Value ptq::createScale(OpBuilder &builder, Location loc, float scale,
                       int64_t rank) {
  auto type = RankedTensorType::get(SmallVector<int64_t>(rank, 1),
                                    builder.getF32Type());
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, scale));
}

//===----------------------------------------------------------------------===//
// Formats
//===----------------------------------------------------------------------===//

bool ptq::isIntegerActivation(Type tensor) {
  auto format = dyn_cast<QuantType>(getElementTypeOrSelf(tensor));
  return format && format.getIsSigned() && format.getStorageWidth() == 8 &&
         !format.hasMultiplier() && !format.hasZeroPointOperand() &&
         llvm::all_of(format.getBlock(),
                      [](int64_t length) { return length == 0; });
}

QuantType ptq::withRank(QuantType format, int64_t rank) {
  return QuantType::get(format.getStorageWidth(), format.getIsSigned(),
                        format.getStorageMin(), format.getStorageMax(),
                        format.getExpressedType(),
                        SmallVector<int64_t>(rank, 0), format.getScaleType(),
                        format.getZeroPoint());
}

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

/// The input of a maximum over windows that starts below every number.
template <typename OpTy>
static Value getPooled(OpTy op) {
  if (!op.hasPureTensorSemantics())
    return {};
  std::optional<float> init = getSplat(op.getOutputs()[0]);
  return init && *init <= -FLT_MAX ? op.getInputs()[0] : Value();
}

Value ptq::getMoved(Operation *op) {
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return collapse.getSrc();
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return expand.getSrc();
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return isa<RankedTensorType>(cast.getType()) &&
                   isa<RankedTensorType>(cast.getSource().getType())
               ? cast.getSource()
               : Value();
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return slice.getSource();
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op))
    return transpose.hasPureTensorSemantics() ? transpose.getInput() : Value();
  if (auto pad = dyn_cast<tensor::PadOp>(op)) {
    Value padding = pad.getConstantPaddingValue();
    return padding && matchPattern(padding, m_AnyZeroFloat()) ? pad.getSource()
                                                              : Value();
  }
  if (auto pool = dyn_cast<linalg::PoolingNhwcMaxOp>(op))
    return getPooled(pool);
  if (auto pool = dyn_cast<linalg::PoolingNchwMaxOp>(op))
    return getPooled(pool);
  return {};
}

/// The largest code of windows, from -128.
template <typename OpTy>
static Value poolCodes(OpBuilder &builder, OpTy op, Value bytes) {
  Location loc = op.getLoc();
  Type i8 = builder.getI8Type();
  auto resultType = cast<RankedTensorType>(op.getResult(0).getType());
  auto windowType = cast<RankedTensorType>(op.getInputs()[1].getType());
  Value window =
      tensor::EmptyOp::create(builder, loc, windowType.getShape(), i8);
  Value empty = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, op.getOutputs()[0]),
      i8);
  Value lowest =
      arith::ConstantOp::create(builder, loc, builder.getI8IntegerAttr(-128));
  Value init = linalg::FillOp::create(builder, loc, lowest, empty).getResult(0);
  return OpTy::create(builder, loc, resultType.clone(i8),
                      ValueRange{bytes, window}, ValueRange{init},
                      op.getStrides(), op.getDilations())
      .getResult(0);
}

Value ptq::moveCodes(OpBuilder &builder, Operation *op, Value bytes,
                     int64_t zeroPoint) {
  Location loc = op->getLoc();
  RankedTensorType type = cast<RankedTensorType>(op->getResult(0).getType())
                              .clone(builder.getI8Type());
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return tensor::CollapseShapeOp::create(builder, loc, type, bytes,
                                           collapse.getReassociationIndices());
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return tensor::ExpandShapeOp::create(builder, loc, type, bytes,
                                         expand.getReassociationIndices(),
                                         expand.getMixedOutputShape());
  if (isa<tensor::CastOp>(op))
    return tensor::CastOp::create(builder, loc, type, bytes);
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return tensor::ExtractSliceOp::create(
        builder, loc, type, bytes, slice.getMixedOffsets(),
        slice.getMixedSizes(), slice.getMixedStrides());
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op)) {
    Value init = tensor::EmptyOp::create(
        builder, loc, tensor::getMixedSizes(builder, loc, transpose.getInit()),
        builder.getI8Type());
    return linalg::TransposeOp::create(builder, loc, bytes, init,
                                       transpose.getPermutation())
        ->getResult(0);
  }
  if (auto pad = dyn_cast<tensor::PadOp>(op)) {
    Value code = arith::ConstantOp::create(builder, loc,
                                           builder.getI8IntegerAttr(zeroPoint));
    return tensor::PadOp::create(builder, loc, type, bytes,
                                 pad.getMixedLowPad(), pad.getMixedHighPad(),
                                 code, pad.getNofold());
  }
  if (auto pool = dyn_cast<linalg::PoolingNhwcMaxOp>(op))
    return poolCodes(builder, pool, bytes);
  return poolCodes(builder, cast<linalg::PoolingNchwMaxOp>(op), bytes);
}

//===----------------------------------------------------------------------===//
// Elementwise ops
//===----------------------------------------------------------------------===//

/// An op on tensors that gives one result element for each index.
static linalg::LinalgOp getElementwise(Operation *op) {
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp || !linalgOp.hasPureTensorSemantics() ||
      linalgOp.getNumDpsInits() != 1 ||
      linalgOp.getNumParallelLoops() != linalgOp.getNumLoops() ||
      !linalgOp.getMatchingIndexingMap(linalgOp.getDpsInitOperand(0))
           .isIdentity() ||
      !isa<FloatType>(getElementTypeOrSelf(op->getResult(0).getType())))
    return {};
  return linalgOp;
}

/// The operand that an argument of the body is an element of.
static OpOperand *getSource(linalg::LinalgOp op, Value scalar) {
  auto argument = dyn_cast<BlockArgument>(scalar);
  if (!argument || argument.getOwner() != op.getBlock() ||
      argument.getArgNumber() >= op.getNumDpsInputs())
    return nullptr;
  return op.getDpsInputOperand(argument.getArgNumber());
}

static bool isIdentity(linalg::LinalgOp op, OpOperand *operand) {
  return op.getMatchingIndexingMap(operand).isIdentity();
}

/// The constant that a scalar of the body is.
static std::optional<float> getConstant(linalg::LinalgOp op, Value scalar) {
  OpOperand *source = getSource(op, scalar);
  return getSplat(source ? source->get() : scalar);
}

static Value getYielded(linalg::LinalgOp op) {
  return op.getBlock()->getTerminator()->getOperand(0);
}

namespace {

/// `min(x, bound)` or `max(x, bound)`.
struct Bound {
  Value input;
  float bound;
  bool isUpper;
};

} // namespace

static std::optional<Bound> matchBound(linalg::LinalgOp op, Value value) {
  Operation *definition = value.getDefiningOp();
  if (!definition)
    return std::nullopt;
  Value lhs, rhs;
  bool isUpper = isa<arith::MinimumFOp, arith::MinNumFOp>(definition);
  if (isUpper || isa<arith::MaximumFOp, arith::MaxNumFOp>(definition)) {
    lhs = definition->getOperand(0);
    rhs = definition->getOperand(1);
  } else if (auto select = dyn_cast<arith::SelectOp>(definition)) {
    // x > c ? x : c
    auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
    if (!compare || compare.getLhs() != select.getTrueValue() ||
        compare.getRhs() != select.getFalseValue())
      return std::nullopt;
    using Predicate = arith::CmpFPredicate;
    Predicate predicate = compare.getPredicate();
    isUpper = llvm::is_contained(
        {Predicate::OLT, Predicate::OLE, Predicate::ULT, Predicate::ULE},
        predicate);
    if (!isUpper && !llvm::is_contained({Predicate::OGT, Predicate::OGE,
                                         Predicate::UGT, Predicate::UGE},
                                        predicate))
      return std::nullopt;
    lhs = compare.getLhs();
    rhs = compare.getRhs();
  } else {
    return std::nullopt;
  }
  if (std::optional<float> bound = getConstant(op, rhs))
    return Bound{lhs, *bound, isUpper};
  if (std::optional<float> bound = getConstant(op, lhs))
    return Bound{rhs, *bound, isUpper};
  return std::nullopt;
}

std::optional<Clamp> ptq::matchClamp(Operation *op) {
  linalg::LinalgOp elementwise = getElementwise(op);
  if (!elementwise)
    return std::nullopt;
  SmallVector<Bound> bounds; // the last to be applied first
  Value value = getYielded(elementwise);
  while (std::optional<Bound> bound = matchBound(elementwise, value)) {
    bounds.push_back(*bound);
    value = bound->input;
  }
  OpOperand *source = getSource(elementwise, value);
  if (bounds.empty() || !source || !isIdentity(elementwise, source))
    return std::nullopt;
  Clamp clamp{source->get(), -INFINITY, INFINITY};
  for (const Bound &bound : llvm::reverse(bounds)) {
    if (std::isnan(bound.bound))
      return std::nullopt;
    auto apply = [&](float value) {
      return bound.isUpper ? std::min(value, bound.bound)
                           : std::max(value, bound.bound);
    };
    clamp.low = apply(clamp.low);
    clamp.high = apply(clamp.high);
  }
  return clamp;
}

/// The operands of an elementwise sum of two tensors.
static std::optional<std::pair<OpOperand *, OpOperand *>>
matchSum(Operation *op) {
  linalg::LinalgOp elementwise = getElementwise(op);
  if (!elementwise)
    return std::nullopt;
  auto add = getYielded(elementwise).getDefiningOp<arith::AddFOp>();
  if (!add)
    return std::nullopt;
  OpOperand *lhs = getSource(elementwise, add.getLhs());
  OpOperand *rhs = getSource(elementwise, add.getRhs());
  if (!lhs || !rhs || !isa<RankedTensorType>(lhs->get().getType()) ||
      !isa<RankedTensorType>(rhs->get().getType()))
    return std::nullopt;
  return std::pair(lhs, rhs);
}

static bool isConstant(Value value, SymbolTableCollection &symbols) {
  std::string reason;
  return getSplat(value) || succeeded(traceConstant(value, symbols, reason)) ||
         !reason.empty();
}

std::optional<Addition> ptq::matchAddition(Operation *op,
                                           SymbolTableCollection &symbols) {
  auto sides = matchSum(op);
  if (!sides)
    return std::nullopt;
  for (OpOperand *side : {sides->first, sides->second})
    if (!isIdentity(cast<linalg::LinalgOp>(op), side) ||
        side->get().getType() != op->getResult(0).getType() ||
        isConstant(side->get(), symbols))
      return std::nullopt;
  return Addition{sides->first->get(), sides->second->get()};
}

//===----------------------------------------------------------------------===//
// Biases
//===----------------------------------------------------------------------===//

/// The constant and the other side of a sum with one constant.
static std::optional<std::pair<OpOperand *, OpOperand *>>
matchConstantSum(Operation *op, SymbolTableCollection &symbols) {
  auto sides = matchSum(op);
  if (!sides)
    return std::nullopt;
  auto [data, constant] = *sides;
  if (!isConstant(constant->get(), symbols))
    std::swap(data, constant);
  if (!isConstant(constant->get(), symbols) ||
      isConstant(data->get(), symbols) ||
      !isIdentity(cast<linalg::LinalgOp>(op), data))
    return std::nullopt;
  return std::pair(constant, data);
}

std::optional<ChannelBias>
ptq::matchConstantBias(Operation *op, SymbolTableCollection &symbols) {
  auto sides = matchConstantSum(op, symbols);
  if (!sides)
    return std::nullopt;
  return ChannelBias{sides->second->get(), {}};
}

/// Element `index` of a source in the module.
static std::optional<float> readElement(Attribute source, int64_t index) {
  if (auto dense = dyn_cast<DenseFPElementsAttr>(source))
    return static_cast<float>(
        (*(dense.value_begin<APFloat>() + index)).convertToDouble());
  auto resource = dyn_cast<DenseResourceElementsAttr>(source);
  AsmResourceBlob *blob =
      resource ? resource.getRawHandle().getBlob() : nullptr;
  if (!blob || !resource.getType().getElementType().isF32())
    return std::nullopt;
  float value;
  std::memcpy(&value, blob->getData().data() + index * sizeof(float),
              sizeof(float));
  return value;
}

/// How far index `index` of a dimension is from index 0.
static int64_t getOffset(const ViewDimension &dim, int64_t index) {
  int64_t offset = 0;
  for (Stride part : llvm::reverse(dim)) {
    offset += index % part.size * part.stride;
    index /= part.size;
  }
  return offset;
}

FailureOr<ChannelBias> ptq::readChannelBias(Operation *op, int64_t channelDim,
                                            SymbolTableCollection &symbols,
                                            std::string &reason) {
  auto sides = matchConstantSum(op, symbols);
  if (!sides) {
    reason = "expects a sum with a constant";
    return failure();
  }
  auto [constant, data] = *sides;
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  ChannelBias bias{data->get(), {}};
  if (type.isDynamicDim(channelDim)) {
    reason = "expects a static number of channels";
    return failure();
  }
  int64_t numChannels = type.getDimSize(channelDim);
  if (std::optional<float> splat = getSplat(constant->get())) {
    bias.values.assign(numChannels, *splat);
    return bias;
  }
  FailureOr<ConstantView> view =
      traceConstant(constant->get(), symbols, reason);
  if (failed(view))
    return failure();
  AffineMap map = cast<linalg::LinalgOp>(op).getMatchingIndexingMap(constant);
  const ViewDimension *channels = nullptr;
  for (auto [position, expr] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (dim && dim.getPosition() == unsigned(channelDim)) {
      channels = &view->dims[position];
    } else if (view->getSize(position) != 1 && !view->isRepeated(position)) {
      reason = "expects a bias that depends on the output channel only";
      return failure();
    }
  }
  for (int64_t c = 0; c < numChannels; ++c) {
    int64_t index = view->offset + (channels ? getOffset(*channels, c) : 0);
    std::optional<float> value = readElement(view->source, index);
    if (!value) {
      reason = "expects a bias of f32 in the module, not in a file";
      return failure();
    }
    bias.values.push_back(*value);
  }
  return bias;
}

//===----------------------------------------------------------------------===//
// Averages
//===----------------------------------------------------------------------===//

/// The input of a sum over windows that starts at 0.
template <typename OpTy>
static Value getSummed(OpTy op) {
  std::optional<float> init = getSplat(op.getOutputs()[0]);
  return op.hasPureTensorSemantics() && init && *init == 0 ? op.getInputs()[0]
                                                           : Value();
}

std::optional<AveragePool> ptq::matchAveragePool(Operation *op) {
  linalg::LinalgOp elementwise = getElementwise(op);
  if (!elementwise)
    return std::nullopt;
  Operation *scaling = getYielded(elementwise).getDefiningOp();
  if (!scaling || !isa<arith::MulFOp, arith::DivFOp>(scaling))
    return std::nullopt;
  OpOperand *source = getSource(elementwise, scaling->getOperand(0));
  std::optional<float> factor =
      getConstant(elementwise, scaling->getOperand(1));
  Operation *sum = source ? source->get().getDefiningOp() : nullptr;
  if (!sum || !factor || !isIdentity(elementwise, source))
    return std::nullopt;
  Value input;
  if (auto pool = dyn_cast<linalg::PoolingNhwcSumOp>(sum))
    input = getSummed(pool);
  else if (auto pool = dyn_cast<linalg::PoolingNchwSumOp>(sum))
    input = getSummed(pool);
  if (!input)
    return std::nullopt;
  auto windowType = cast<RankedTensorType>(sum->getOperand(1).getType());
  double scale = isa<arith::DivFOp>(scaling) ? 1.0 / *factor : *factor;
  if (!windowType.hasStaticShape() || !(scale > 0))
    return std::nullopt;
  return AveragePool{input, sum, windowType.getNumElements(), scale};
}

//===----------------------------------------------------------------------===//
// Refusals
//===----------------------------------------------------------------------===//

std::string ptq::refuseInteger(Operation *op) {
  SymbolTableCollection symbols;
  if (getMoved(op) || matchClamp(op) || matchAddition(op, symbols) ||
      matchConstantBias(op, symbols) || matchAveragePool(op) ||
      isa<tensor::ConcatOp>(op))
    return "";
  if (isa<linalg::PoolingNhwcMaxOp, linalg::PoolingNchwMaxOp>(op))
    return "expects a maximum that starts at minus infinity";
  if (isa<linalg::PoolingNhwcSumOp, linalg::PoolingNchwSumOp>(op))
    return "expects a sum that starts at 0 and is divided after";
  if (isa<tensor::PadOp>(op))
    return "expects padding with zeros";
  return ("'" + op->getName().getStringRef() +
          "' is none of the ops that codes can do")
      .str();
}
