//===- UnpackIdiom.cpp - Codes of 4 bits out of bytes ---------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConstantTensors.h"
#include "Idioms.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// A half of a byte: `(byte >> shift) & 15`, or `(byte << left) >> 4` with the
/// sign.
struct Half {
  Element byte;
  /// How far down the bits move; null if they do not, or by a constant.
  Element shift;
  int64_t constantShift = 0;
  bool isSigned = false;
};

} // namespace

static bool isConstant(Element element, int64_t value) {
  std::optional<int64_t> constant = element.getConstantInteger();
  return constant && *constant == value;
}

/// `byte >> shift` with any bits above.
static Half readShift(Element element) {
  Half half;
  if (!element.getOp<arith::ShRUIOp>() && !element.getOp<arith::ShRSIOp>()) {
    half.byte = element;
    return half;
  }
  half.byte = element.getOperand(0);
  if (auto constant = element.getOperand(1).getConstantInteger())
    half.constantShift = *constant;
  else
    half.shift = element.getOperand(1);
  return half;
}

static std::optional<Half> readHalf(Element element) {
  if (!element.getType().isInteger(8))
    return std::nullopt;
  if (element.getOp<arith::AndIOp>())
    return isConstant(element.getOperand(1), 15)
               ? std::optional(readShift(element.getOperand(0)))
               : std::nullopt;
  bool isSigned = bool(element.getOp<arith::ShRSIOp>());
  if ((!isSigned && !element.getOp<arith::ShRUIOp>()) ||
      !isConstant(element.getOperand(1), 4))
    return std::nullopt;
  Half half;
  half.isSigned = isSigned;
  half.byte = element.getOperand(0);
  half.constantShift = 4;
  if (half.byte.getOp<arith::ShLIOp>()) {
    if (!isConstant(half.byte.getOperand(1), 4))
      return std::nullopt;
    half.byte = half.byte.getOperand(0);
    half.constantShift = 0;
  }
  return half;
}

/// The tensor of bytes that `half` reads at the leading dimensions.
static Value getBytes(const Half &half, unsigned numDims) {
  Element byte = half.byte.inTensor();
  if (!byte || !byte.getType().isInteger(8))
    return {};
  AffineMap map = byte.getMap();
  auto leading =
      AffineMap::getMultiDimIdentityMap(map.getNumDims(), map.getContext())
          .getMajorSubMap(numDims);
  return map == leading ? byte.getTensor() : Value();
}

/// One body: the shift is 0 or 4 by the last dimension.
static Value readShifted(Value halves, bool &isSigned) {
  unsigned rank = cast<RankedTensorType>(halves.getType()).getRank();
  std::optional<Half> half = readHalf(Element::atRoot(halves));
  if (!half || !half->shift)
    return {};
  Element shift = half->shift.inTensor();
  if (!shift || shift.getMap().getNumResults() != 1 ||
      shift.getMap().getResult(0) !=
          getAffineDimExpr(rank - 1, halves.getContext()))
    return {};
  auto shifts = dyn_cast_if_present<DenseIntElementsAttr>(
      getConstantElements(shift.getTensor()));
  if (!shifts || shifts.getNumElements() != 2 ||
      shifts.getValues<APInt>()[0] != 0 || shifts.getValues<APInt>()[1] != 4)
    return {};
  isSigned = half->isSigned;
  return getBytes(*half, rank - 1);
}

/// Two bodies, put beside each other along a last dimension.
static Value readStacked(Value halves, bool &isSigned) {
  auto concat = halves.getDefiningOp<tensor::ConcatOp>();
  unsigned rank = cast<RankedTensorType>(halves.getType()).getRank();
  if (!concat || concat.getInputs().size() != 2 || concat.getDim() != rank - 1)
    return {};
  Value bytes;
  for (auto [index, input] : llvm::enumerate(concat.getInputs())) {
    auto expand = input.getDefiningOp<tensor::ExpandShapeOp>();
    if (!expand || expand.getSrcType().getRank() != rank - 1 ||
        expand.getResultType().getDimSize(rank - 1) != 1 ||
        llvm::any_of(llvm::drop_end(expand.getReassociationIndices()),
                     [](const auto &group) { return group.size() != 1; }))
      return {};
    std::optional<Half> half = readHalf(Element::atRoot(expand.getSrc()));
    if (!half || half->shift || half->constantShift != int64_t(index) * 4)
      return {};
    Value source = getBytes(*half, rank - 1);
    if (!source ||
        (index == 1 && (source != bytes || half->isSigned != isSigned)))
      return {};
    bytes = source;
    isSigned = half->isSigned;
  }
  return bytes;
}

FailureOr<UnpackIdiom> ptq::matchUnpack(Operation *root, std::string &reason) {
  auto collapse = dyn_cast<tensor::CollapseShapeOp>(root);
  if (!collapse || !collapse.getResultType().getElementType().isInteger(8))
    return failure();
  RankedTensorType halves = collapse.getSrcType();
  SmallVector<ReassociationIndices> groups = collapse.getReassociationIndices();
  if (halves.getRank() < 2 || halves.getShape().back() != 2 ||
      groups.back().size() != 2 ||
      llvm::any_of(llvm::drop_end(groups),
                   [](const auto &group) { return group.size() != 1; }))
    return failure();
  UnpackIdiom idiom;
  idiom.type = collapse.getResultType();
  idiom.bytes = readShifted(collapse.getSrc(), idiom.isSigned);
  if (!idiom.bytes)
    idiom.bytes = readStacked(collapse.getSrc(), idiom.isSigned);
  if (!idiom.bytes)
    return failure();
  if (idiom.type.isDynamicDim(idiom.type.getRank() - 1)) {
    reason = "expects a static number of codes in a row of bytes";
    return failure();
  }
  return idiom;
}

Value ptq::build(OpBuilder &builder, Location loc, const UnpackIdiom &idiom) {
  FloatType f32 = builder.getF32Type();
  RankedTensorType type = idiom.type;
  SmallVector<int64_t> block(type.getRank(), 0);
  QuantType format =
      QuantType::get(4, idiom.isSigned, QuantType::getMinOf(4, idiom.isSigned),
                     QuantType::getMaxOf(4, idiom.isSigned), f32, block, f32);
  Value codes = StorageCastOp::create(builder, loc, type.clone(format),
                                      idiom.bytes, /*packed=*/true);
  return StorageCastOp::create(builder, loc, type, codes,
                               /*packed=*/false);
}
