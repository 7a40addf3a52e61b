//===- RequantizeIdiom.cpp - Fixed-point rescaling of TOSA ----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ClampedInteger.h"
#include "ConstantTensors.h"
#include "Idioms.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Multipliers
//===----------------------------------------------------------------------===//

/// Scales `multiplier` by the power of two that makes it one of a requantize;
/// numerator and denominator alike, so that no result changes.
static LogicalResult normalize(int64_t &multiplier, int64_t &shift,
                               std::string &reason) {
  int64_t given = multiplier, givenShift = shift;
  while (multiplier > 0 && multiplier < int64_t(1) << 30) {
    multiplier *= 2;
    ++shift;
  }
  if (multiplier >= int64_t(1) << 30 && multiplier < int64_t(1) << 31 &&
      shift >= 1 && shift <= 62)
    return success();
  llvm::raw_string_ostream(reason)
      << "expects a positive multiplier with a shift in [1, 62], but got "
      << given << " and " << givenShift;
  return failure();
}

/// Rounding that is not `+ (1 << (shift - 1))`.
static LogicalResult checkRounding(tosa::RoundingMode mode,
                                   ArrayRef<int32_t> shifts,
                                   ArrayRef<int64_t> given,
                                   std::string &reason) {
  if (mode == tosa::RoundingMode::INEXACT_ROUND) {
    reason = "leaves the rounding to the implementation";
    return failure();
  }
  // The second rounding is that of shifts beyond 31, as they were given.
  if (mode == tosa::RoundingMode::DOUBLE_ROUND &&
      llvm::any_of(given, [](int64_t shift) { return shift > 31; })) {
    reason = "rounds twice";
    return failure();
  }
  return success();
}

static std::optional<SmallVector<int64_t>> readIntegers(Value value) {
  while (auto cast = value.getDefiningOp<tensor::CastOp>())
    value = cast.getSource();
  auto dense =
      dyn_cast_if_present<DenseIntElementsAttr>(getConstantElements(value));
  if (!dense)
    return std::nullopt;
  SmallVector<int64_t> integers;
  for (const APInt &integer : dense.getValues<APInt>())
    integers.push_back(integer.getSExtValue());
  return integers;
}

static LogicalResult setMultipliers(RequantizeIdiom &idiom,
                                    ArrayRef<int64_t> multipliers,
                                    ArrayRef<int64_t> shifts,
                                    tosa::RoundingMode mode,
                                    std::string &reason) {
  size_t size = std::max(multipliers.size(), shifts.size());
  for (size_t i = 0; i < size; ++i) {
    int64_t multiplier = multipliers[multipliers.size() == 1 ? 0 : i];
    int64_t shift = shifts[shifts.size() == 1 ? 0 : i];
    if (failed(normalize(multiplier, shift, reason)))
      return failure();
    idiom.multipliers.push_back(multiplier);
    idiom.shifts.push_back(shift);
  }
  return checkRounding(mode, idiom.shifts, shifts, reason);
}

//===----------------------------------------------------------------------===//
// tosa.rescale
//===----------------------------------------------------------------------===//

static std::optional<int64_t> readZeroPoint(Value value, bool isUnsigned) {
  auto dense =
      dyn_cast_if_present<DenseIntElementsAttr>(getConstantElements(value));
  if (!dense || dense.getNumElements() != 1)
    return std::nullopt;
  APInt zeroPoint = *dense.value_begin<APInt>();
  return isUnsigned ? int64_t(zeroPoint.getZExtValue())
                    : zeroPoint.getSExtValue();
}

static LogicalResult setResult(RequantizeIdiom &idiom, Type type,
                               bool isUnsigned, std::string &reason) {
  auto element = dyn_cast<IntegerType>(type);
  if (!element || element.getWidth() < 2 || element.getWidth() > 16) {
    llvm::raw_string_ostream(reason)
        << "expects a result of 2 to 16 bits, but got " << type;
    return failure();
  }
  idiom.width = element.getWidth();
  idiom.isSigned = !isUnsigned && !element.isUnsigned();
  idiom.min = QuantType::getMinOf(idiom.width, idiom.isSigned);
  idiom.max = QuantType::getMaxOf(idiom.width, idiom.isSigned);
  return success();
}

static FailureOr<RequantizeIdiom> matchRescale(tosa::RescaleOp op,
                                               std::string &reason) {
  auto inputType = dyn_cast<RankedTensorType>(op.getInput().getType());
  auto resultType = dyn_cast<RankedTensorType>(op.getType());
  if (!inputType || !resultType || inputType.getRank() == 0) {
    reason = "expects ranked tensors of rank 1 or more";
    return failure();
  }
  RequantizeIdiom idiom;
  if (failed(setResult(idiom, resultType.getElementType(),
                       op.getOutputUnsigned(), reason)))
    return failure();
  auto inputElement = dyn_cast<IntegerType>(inputType.getElementType());
  if (!inputElement || !inputElement.isSignless() ||
      inputElement.getWidth() > 32 ||
      !cast<IntegerType>(resultType.getElementType()).isSignless()) {
    llvm::raw_string_ostream(reason)
        << "expects signless integers of at most 32 bits, but got "
        << inputType.getElementType() << " and " << resultType.getElementType();
    return failure();
  }
  int64_t rank = inputType.getRank();
  idiom.input = {op.getInput(),
                 AffineMap::getMultiDimIdentityMap(rank, op.getContext())};
  idiom.isInputSigned = !op.getInputUnsigned();
  auto inputZeroPoint = readZeroPoint(op.getInputZp(), op.getInputUnsigned());
  auto zeroPoint = readZeroPoint(op.getOutputZp(), op.getOutputUnsigned());
  auto multipliers = readIntegers(op.getMultiplier());
  auto shifts = readIntegers(op.getShift());
  if (!inputZeroPoint || !zeroPoint || !multipliers || !shifts) {
    reason = "expects constant multipliers, shifts and zero points";
    return failure();
  }
  if (inputElement.getWidth() == 32 && *inputZeroPoint != 0) {
    reason = "subtracts a zero point of i32, which may wrap";
    return failure();
  }
  idiom.inputZeroPoint = *inputZeroPoint;
  idiom.zeroPoint = *zeroPoint;
  idiom.block.assign(rank, 0);
  if (op.getPerChannel())
    idiom.block.back() = 1;
  if (failed(setMultipliers(idiom, *multipliers, *shifts, op.getRoundingMode(),
                            reason)))
    return failure();
  return idiom;
}

//===----------------------------------------------------------------------===//
// tosa.apply_scale in a body
//===----------------------------------------------------------------------===//

/// `[subi] [ext] element of a tensor`, as the lowering of TOSA writes it.
static LogicalResult readInput(Element element, RequantizeIdiom &idiom,
                               std::string &reason) {
  if (element.getOp<arith::SubIOp>()) {
    auto zeroPoint = element.getOperand(1).getConstantInteger();
    Element minuend = element.getOperand(0);
    bool isWide =
        minuend.getOp<arith::ExtSIOp>() || minuend.getOp<arith::ExtUIOp>();
    if (!zeroPoint || !isWide) {
      reason = "expects a constant zero point of an extended input";
      return failure();
    }
    idiom.inputZeroPoint = *zeroPoint;
    element = minuend;
  }
  idiom.isInputSigned = !element.getOp<arith::ExtUIOp>();
  if (element.getOp<arith::ExtSIOp>() || element.getOp<arith::ExtUIOp>())
    element = element.getOperand(0);
  FailureOr<BlockedTensor> input = getBlockedTensor(element);
  if (failed(input) || element.getType().getIntOrFloatBitWidth() > 32) {
    reason = "expects to rescale elements of a tensor of at most 32 bits";
    return failure();
  }
  idiom.input = *input;
  return success();
}

/// The constant numbers of `element`, one or one per block.
static FailureOr<SmallVector<int64_t>>
readNumbers(Element element, RequantizeIdiom &idiom, std::string &reason) {
  if (auto constant = element.getConstantInteger())
    return SmallVector<int64_t>{*constant};
  FailureOr<BlockNumbers> numbers = findBlocks(element, idiom.input, reason);
  if (failed(numbers))
    return failure();
  std::optional<SmallVector<int64_t>> integers;
  if (numbers->tensor)
    integers = readIntegers(numbers->tensor);
  bool isOneDim = llvm::count_if(numbers->block,
                                 [](int64_t size) { return size != 0; }) <= 1;
  FailureOr<SmallVector<int64_t>> joined =
      joinBlocks(idiom.block, numbers->block);
  if (!integers || !isOneDim || failed(joined) ||
      (llvm::any_of(idiom.block, [](int64_t size) { return size != 0; }) &&
       idiom.block != numbers->block)) {
    reason = "expects constant multipliers and shifts along one dimension";
    return failure();
  }
  idiom.block = *joined;
  return *integers;
}

static FailureOr<RequantizeIdiom> matchApplyScale(Operation *root,
                                                  std::string &reason) {
  Element element = Element::atRoot(root->getResult(0));
  FailureOr<ClampedInteger> integer = readClampedInteger(element, reason);
  if (failed(integer))
    return failure();
  auto applyScale = integer->base.getOp<tosa::ApplyScaleOp>();
  RequantizeIdiom idiom;
  if (!applyScale)
    return failure();
  // The sign of a truncated code is the one that holds its range.
  idiom.width = element.getType().getIntOrFloatBitWidth();
  if (idiom.width < 2 || idiom.width > 16)
    return failure();
  idiom.min = integer->min;
  idiom.max = integer->max;
  idiom.zeroPoint = integer->offset;
  idiom.isSigned = idiom.max <= QuantType::getMaxOf(idiom.width, true);
  if (idiom.min >= idiom.max || idiom.zeroPoint < idiom.min ||
      idiom.zeroPoint > idiom.max) {
    llvm::raw_string_ostream(reason)
        << "expects codes around the zero point " << idiom.zeroPoint
        << ", but got [" << idiom.min << ", " << idiom.max << "]";
    return failure();
  }
  if (failed(readInput(integer->base.getOperand(0), idiom, reason)))
    return failure();
  idiom.block.assign(idiom.input.getType().getRank(), 0);
  FailureOr<SmallVector<int64_t>> multipliers =
      readNumbers(integer->base.getOperand(1), idiom, reason);
  if (failed(multipliers))
    return failure();
  FailureOr<SmallVector<int64_t>> shifts =
      readNumbers(integer->base.getOperand(2), idiom, reason);
  if (failed(shifts) ||
      failed(setMultipliers(idiom, *multipliers, *shifts,
                            applyScale.getRoundingMode(), reason)))
    return failure();
  return idiom;
}

FailureOr<RequantizeIdiom> ptq::matchRequantize(Operation *root,
                                                std::string &reason) {
  if (auto rescale = dyn_cast<tosa::RescaleOp>(root))
    return matchRescale(rescale, reason);
  if (isa<arith::TruncIOp>(root))
    return matchApplyScale(root, reason);
  return failure();
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

/// The input in i32, less its zero point.
static Value widenInput(OpBuilder &builder, Location loc,
                        const RequantizeIdiom &idiom) {
  RankedTensorType type = idiom.input.getType();
  if (type.getElementType().isInteger(32))
    return idiom.input.tensor;
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, idiom.input.tensor);
  Value empty =
      tensor::EmptyOp::create(builder, loc, sizes, builder.getI32Type());
  SmallVector<AffineMap> maps(2,
                              builder.getMultiDimIdentityMap(type.getRank()));
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  auto widen = [&](OpBuilder &b, Location loc, ValueRange args) {
    Value wide;
    if (idiom.isInputSigned)
      wide = arith::ExtSIOp::create(b, loc, b.getI32Type(), args.front());
    else
      wide = arith::ExtUIOp::create(b, loc, b.getI32Type(), args.front());
    if (idiom.inputZeroPoint != 0) {
      Value zeroPoint = arith::ConstantIntOp::create(b, loc, b.getI32Type(),
                                                     idiom.inputZeroPoint);
      wide = arith::SubIOp::create(b, loc, wide, zeroPoint);
    }
    linalg::YieldOp::create(b, loc, wide);
  };
  return linalg::GenericOp::create(builder, loc, empty.getType(),
                                   idiom.input.tensor, empty, maps, iterators,
                                   widen)
      .getResult(0);
}

Value ptq::build(OpBuilder &builder, Location loc,
                 const RequantizeIdiom &idiom) {
  Value input = widenInput(builder, loc, idiom);
  RankedTensorType type = idiom.input.getType();
  SmallVector<int64_t> shape;
  for (int64_t length : idiom.block)
    shape.push_back(length == 0 ? 1 : idiom.multipliers.size());
  auto numbersType = RankedTensorType::get(shape, builder.getI32Type());
  Attribute zeroPoint;
  if (idiom.zeroPoint != 0)
    zeroPoint = builder.getI64IntegerAttr(idiom.zeroPoint);
  FloatType f32 = builder.getF32Type();
  QuantType format =
      QuantType::get(idiom.width, idiom.isSigned, idiom.min, idiom.max, f32,
                     idiom.block, f32, zeroPoint);
  auto makeConstant = [&](ArrayRef<int32_t> numbers) -> Value {
    return arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(numbersType, numbers));
  };
  Value codes = RequantizeOp::create(
      builder, loc, type.clone(format), input, RequantizeMode::Fixed,
      makeConstant(idiom.multipliers), makeConstant(idiom.shifts),
      /*zeroPoint=*/Value());
  RankedTensorType bytes = type.clone(format.getByteStorageType());
  Value result = StorageCastOp::create(builder, loc, bytes, codes,
                                       /*packed=*/false);
  auto integers = type.clone(builder.getIntegerType(idiom.width));
  if (integers != bytes)
    result = arith::TruncIOp::create(builder, loc, integers, result);
  return result;
}
