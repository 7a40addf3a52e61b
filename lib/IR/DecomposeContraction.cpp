//===- DecomposeContraction.cpp - Contractions as integer linalg ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Two steps: what is summed within a group, exact integers or a chain of fma,
// gives [.., N, G]; then a reduction over the groups, in order, scales it.
// The groups are a dimension of their own. Tiling M and N before or after keeps
// the partial results small; both steps fuse.
//
//===----------------------------------------------------------------------===//

#include "Blocks.h"
#include "ContractionLoops.h"
#include "Decompose.h"
#include "Scalars.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

using utils::IteratorType;

namespace {

/// A quantized side of a contraction as the integers that are multiplied: the
/// codes, minus a constant that the loop subtracts.
struct IntegerSide {
  Value integers;
  bool isSigned;
  int64_t zeroPoint;
};

/// Inputs of a `linalg.generic`. A body finds each at the place it got here.
struct GenericInputs {
  SmallVector<Value> values;
  SmallVector<AffineMap> maps;

  unsigned add(Value value, AffineMap map) {
    values.push_back(value);
    maps.push_back(map);
    return values.size() - 1;
  }
};

/// A matmul or batch_matmul on its way to linalg.
class Contraction {
public:
  template <typename OpTy>
  Contraction(ImplicitLocOpBuilder &builder, OpTy op)
      : builder(builder), lhs(op.getLhs()), rhs(op.getRhs()),
        init(op.getInit()), sums(op.getLhsSums()),
        lhsNumbers{op.getLhsScale(), Value(), op.getLhsZeroPoint()},
        rhsNumbers{op.getRhsScale(), op.getRhsMultiplier(),
                   op.getRhsZeroPoint()},
        lhsFormat(op.getLhsFormat()), rhsFormat(op.getRhsFormat()),
        groupSize(getGroupAlongK()),
        loops{op.getContext(),
              static_cast<unsigned>(op.getLhs().getType().getRank() - 1),
              std::is_same_v<OpTy, BatchMatmulOp>, groupSize != 0} {}

  Value decompose();

private:
  Value contractIntegers();
  Value correct(ImplicitLocOpBuilder &nested, Value dot, Value sum,
                Value storedZeroPoint);
  Value decomposeIntegers();
  Value decomposeQuantized();
  Value decomposeWeightOnly();
  Value decomposeFloat();

  int64_t getGroupAlongK() const;
  bool lhsHasGroups() const { return lhsFormat && lhsFormat.getBlock().back(); }
  bool canCorrectBySums() const;
  IntegerSide getIntegers(Value quantized, const QuantOperands &numbers,
                          QuantType format);
  Value splitGroups(Value side, TypedAttr padding);
  Value split(const IntegerSide &side);

  SmallVector<int64_t> getSumsBlock();
  AffineMap getRhsNumbersMap() {
    return loops.getRhsNumbersMap(rhsFormat.getBlock(), loops.getNumScaling());
  }

  Value createZeros(ArrayRef<OpFoldResult> sizes, TypedAttr zero, bool inInit);
  Value contract(Value lhsSide, Value rhsSide, TypedAttr zero, ScalarBody body);
  Value scale(GenericInputs inputs, Value lhsScale, ScalarBody body);
  Value finish(Value acc, Value lhsScale);

  ImplicitLocOpBuilder &builder;
  Value lhs, rhs, init, sums;
  QuantOperands lhsNumbers, rhsNumbers;
  QuantType lhsFormat, rhsFormat;
  /// Length of the groups along K; 0 without groups, by the formats.
  int64_t groupSize;
  ContractionLoops loops;
};

} // namespace

/// A float rhs takes lhs as floats, whatever its groups.
int64_t Contraction::getGroupAlongK() const {
  if (!rhsFormat)
    return 0;
  for (QuantType format : {rhsFormat, lhsFormat})
    if (format && format.getBlock().back() != 0)
      return format.getBlock().back();
  return 0;
}

Value Contraction::decompose() {
  if (getElementTypeOrSelf(init).isInteger())
    return decomposeIntegers();
  if (!rhsFormat)
    return decomposeFloat();
  return lhsFormat ? decomposeQuantized() : decomposeWeightOnly();
}

//===----------------------------------------------------------------------===//
// Sides
//===----------------------------------------------------------------------===//

/// The sums are of plain codes: they correct only zero points of weights that
/// have no multipliers, and that meet codes without a zero point.
bool Contraction::canCorrectBySums() const {
  bool hasZeroPoint =
      rhsFormat.hasZeroPointOperand() || rhsFormat.getConstantZeroPoint() != 0;
  return hasZeroPoint && lhsFormat.isSymmetric() && !rhsFormat.hasMultiplier();
}

IntegerSide Contraction::getIntegers(Value quantized,
                                     const QuantOperands &numbers,
                                     QuantType format) {
  Value codes = getCodes(builder, quantized);
  if (!format.hasMultiplier() && !format.hasZeroPointOperand())
    return {codes, format.getIsSigned(), format.getConstantZeroPoint()};
  return {centerCodes(builder, codes, numbers, format), /*isSigned=*/true,
          /*zeroPoint=*/0};
}

Value Contraction::splitGroups(Value side, TypedAttr padding) {
  SmallVector<int64_t> cut(cast<RankedTensorType>(side.getType()).getRank());
  cut.back() = groupSize;
  return splitBlocks(builder, side, cut, padding);
}

/// Ragged groups end with codes of zero.
Value Contraction::split(const IntegerSide &side) {
  auto type = cast<IntegerType>(getElementTypeOrSelf(side.integers));
  return splitGroups(side.integers, getBitsAttr(type, side.zeroPoint));
}

/// `extend(code) - zeroPoint` in i32.
static Value centerInteger(ImplicitLocOpBuilder &builder, Value integer,
                           const IntegerSide &side) {
  Value extended = extendCode(builder, integer, side.isSigned);
  if (side.zeroPoint == 0)
    return extended;
  Value zeroPoint = arith::ConstantOp::create(
      builder, getBitsAttr(builder.getI32Type(), side.zeroPoint));
  return arith::SubIOp::create(builder, extended, zeroPoint);
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// One index in each dimension before K, and the groups.
SmallVector<int64_t> Contraction::getSumsBlock() {
  SmallVector<int64_t> block(loops.numLeading, 1);
  block.push_back(groupSize);
  return block;
}

/// Zeros of `sizes`, in the init itself if that has the type.
Value Contraction::createZeros(ArrayRef<OpFoldResult> sizes, TypedAttr zero,
                               bool inInit) {
  if (!inInit || getElementTypeOrSelf(init) != zero.getType())
    return createFilled(builder, sizes, zero);
  Value scalar = arith::ConstantOp::create(builder, zero);
  return linalg::FillOp::create(builder, scalar, init).getResult(0);
}

/// `partial[.., n, g] = sum over the group of lhs[.., g, k] * rhs[n, g, k]`,
/// from `body(lhs, rhs, partial)`, k ascending.
Value Contraction::contract(Value lhsSide, Value rhsSide, TypedAttr zero,
                            ScalarBody body) {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, builder.getLoc(), init);
  if (loops.hasGroups)
    sizes.push_back(tensor::getMixedSize(
        builder, builder.getLoc(), rhsSide,
        cast<RankedTensorType>(rhsSide.getType()).getRank() - 2));
  SmallVector<IteratorType> iterators(loops.getNumScaling(),
                                      IteratorType::parallel);
  iterators.push_back(IteratorType::reduction);
  return createGeneric(
      builder, {lhsSide, rhsSide},
      createZeros(sizes, zero,
                  /*inInit=*/!rhsFormat ||
                      getElementTypeOrSelf(init).isInteger()),
      {loops.getLhsMap(), loops.getRhsMap(), loops.getPartialMap()}, iterators,
      body);
}

/// The result from partial sums: `body(partial, numbers.., acc)` gives one
/// product in f32 without groups, else adds the next group to `acc`.
Value Contraction::scale(GenericInputs inputs, Value lhsScale,
                         ScalarBody body) {
  unsigned numLoops = loops.getNumScaling();
  inputs.maps.push_back(loops.getResultMap(numLoops));
  SmallVector<IteratorType> iterators(numLoops, IteratorType::parallel);
  if (!loops.hasGroups) {
    Type type = getElementTypeOrSelf(init);
    return createGeneric(
        builder, inputs.values, init, inputs.maps, iterators,
        [&](ImplicitLocOpBuilder &nested, ValueRange arguments) {
          return roundFromF32(nested, body(nested, arguments), type);
        });
  }
  iterators.back() = IteratorType::reduction;
  Value zeros =
      createZeros(tensor::getMixedSizes(builder, builder.getLoc(), init),
                  builder.getF32FloatAttr(0), /*inInit=*/true);
  Value acc = createGeneric(builder, inputs.values, zeros, inputs.maps,
                            iterators, body);
  return finish(acc, lhsScale);
}

/// `acc * lhsScale`, or `acc` without one, rounded to the result's type.
Value Contraction::finish(Value acc, Value lhsScale) {
  Type type = getElementTypeOrSelf(init);
  if (!lhsScale && type.isF32())
    return acc;
  // In place where the types agree: the accumulator is then the init.
  bool isInPlace = type.isF32();
  unsigned numLoops = loops.numLeading + 1, scaleInput = 0;
  AffineMap identity = builder.getMultiDimIdentityMap(numLoops);
  GenericInputs inputs;
  if (!isInPlace)
    inputs.add(acc, identity);
  if (lhsScale)
    scaleInput = inputs.add(
        lhsScale, loops.getLhsNumbersMap(lhsFormat.getBlock(), numLoops));
  inputs.maps.push_back(identity);
  SmallVector<IteratorType> iterators(numLoops, IteratorType::parallel);
  return createGeneric(
      builder, inputs.values, isInPlace ? acc : init, inputs.maps, iterators,
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) {
        Value result = isInPlace ? arguments.back() : arguments.front();
        if (lhsScale)
          result = arith::MulFOp::create(
              nested, result, extendToF32(nested, arguments[scaleInput]));
        return roundFromF32(nested, result, type);
      });
}

//===----------------------------------------------------------------------===//
// The kinds of contraction
//===----------------------------------------------------------------------===//

/// `dots[.., n, g] = sum over the group of (a - za) * (w - zw)`, but of `a * w`
/// if the sums correct it later.
Value Contraction::contractIntegers() {
  IntegerSide a = getIntegers(lhs, lhsNumbers, lhsFormat);
  IntegerSide w = canCorrectBySums() ? IntegerSide{getCodes(builder, rhs),
                                                   rhsFormat.getIsSigned(),
                                                   /*zeroPoint=*/0}
                                     : getIntegers(rhs, rhsNumbers, rhsFormat);
  return contract(
      split(a), split(w), builder.getI32IntegerAttr(0),
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) -> Value {
        Value product = arith::MulIOp::create(
            nested, centerInteger(nested, arguments[0], a),
            centerInteger(nested, arguments[1], w));
        return arith::AddIOp::create(nested, arguments[2], product);
      });
}

/// `dot - zw * sum`, of scalars.
Value Contraction::correct(ImplicitLocOpBuilder &nested, Value dot, Value sum,
                           Value storedZeroPoint) {
  Value zeroPoint = getZeroPoint(nested, storedZeroPoint, rhsFormat);
  Value correction = arith::MulIOp::create(nested, sum, zeroPoint);
  return arith::SubIOp::create(nested, dot, correction);
}

/// Both sides quantized, and the result `d` itself.
Value Contraction::decomposeIntegers() {
  Value dots = contractIntegers();
  if (!canCorrectBySums())
    return dots;
  unsigned numLoops = loops.getNumScaling(), zeroPointInput = 0;
  GenericInputs inputs;
  inputs.add(sums, loops.getLhsNumbersMap(getSumsBlock(), numLoops));
  if (rhsNumbers.zeroPoint)
    zeroPointInput = inputs.add(rhsNumbers.zeroPoint, getRhsNumbersMap());
  inputs.maps.push_back(builder.getMultiDimIdentityMap(numLoops));
  return createGeneric(
      builder, inputs.values, dots, inputs.maps,
      SmallVector<IteratorType>(numLoops, IteratorType::parallel),
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) {
        return correct(nested, arguments.back(), arguments[0],
                       zeroPointInput ? arguments[zeroPointInput] : Value());
      });
}

/// Both sides quantized: `(f32(d) * sw) * sa`, or a chain of fma over the
/// groups, of which each has its own `sa` if lhs is in groups.
Value Contraction::decomposeQuantized() {
  Value dots = contractIntegers();
  unsigned numLoops = loops.getNumScaling();
  GenericInputs inputs;
  inputs.add(dots, builder.getMultiDimIdentityMap(numLoops));
  unsigned sumsInput = 0, zeroPointInput = 0, lhsScaleInput = 0;
  if (canCorrectBySums()) {
    sumsInput =
        inputs.add(sums, loops.getLhsNumbersMap(getSumsBlock(), numLoops));
    if (rhsNumbers.zeroPoint)
      zeroPointInput = inputs.add(rhsNumbers.zeroPoint, getRhsNumbersMap());
  }
  unsigned rhsScaleInput = inputs.add(rhsNumbers.scale, getRhsNumbersMap());
  bool scalesHere = !loops.hasGroups || lhsHasGroups();
  if (scalesHere)
    lhsScaleInput =
        inputs.add(lhsNumbers.scale,
                   loops.getLhsNumbersMap(lhsFormat.getBlock(), numLoops));
  return scale(
      inputs, scalesHere ? Value() : lhsNumbers.scale,
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) -> Value {
        Value dot = arguments[0];
        if (sumsInput)
          dot = correct(nested, dot, arguments[sumsInput],
                        zeroPointInput ? arguments[zeroPointInput] : Value());
        Value value = arith::SIToFPOp::create(nested, nested.getF32Type(), dot);
        Value factor = extendToF32(nested, arguments[rhsScaleInput]);
        Value sa = scalesHere ? extendToF32(nested, arguments[lhsScaleInput])
                              : Value();
        if (!loops.hasGroups) {
          value = arith::MulFOp::create(nested, value, factor);
          return arith::MulFOp::create(nested, value, sa);
        }
        if (scalesHere)
          factor = arith::MulFOp::create(nested, factor, sa);
        return math::FmaOp::create(nested, value, factor, arguments.back());
      });
}

/// Float activations, quantized weights: in each group a chain of fma of `x`
/// and `f32(w - zw)`, then one over the groups of these and `sw`.
Value Contraction::decomposeWeightOnly() {
  IntegerSide w = getIntegers(rhs, rhsNumbers, rhsFormat);
  // -0 * 0 = -0 is what changes no sum, not even one that is -0.
  auto lhsType = cast<FloatType>(getElementTypeOrSelf(lhs));
  TypedAttr negativeZero = builder.getFloatAttr(
      lhsType,
      APFloat::getZero(lhsType.getFloatSemantics(), /*Negative=*/true));
  Value partial = contract(
      splitGroups(lhs, negativeZero), split(w), builder.getF32FloatAttr(0),
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) -> Value {
        Value weight =
            arith::SIToFPOp::create(nested, nested.getF32Type(),
                                    centerInteger(nested, arguments[1], w));
        return math::FmaOp::create(nested, extendToF32(nested, arguments[0]),
                                   weight, arguments[2]);
      });
  GenericInputs inputs;
  inputs.add(partial, builder.getMultiDimIdentityMap(loops.getNumScaling()));
  unsigned scaleInput = inputs.add(rhsNumbers.scale, getRhsNumbersMap());
  return scale(
      inputs, /*lhsScale=*/Value(),
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) -> Value {
        Value acc = arguments.back();
        if (!loops.hasGroups)
          acc = arith::ConstantOp::create(nested, nested.getF32FloatAttr(0));
        return math::FmaOp::create(nested, arguments[0],
                                   extendToF32(nested, arguments[scaleInput]),
                                   acc);
      });
}

/// A float rhs: one chain of fma over K, a quantized lhs as `f32(a - za) * sa`.
Value Contraction::decomposeFloat() {
  Value values = lhs;
  if (lhsFormat)
    values = dequantizeCodes(builder, getCodes(builder, lhs), lhsNumbers,
                             lhsFormat, builder.getF32Type());
  Value acc = contract(
      values, rhs, builder.getF32FloatAttr(0),
      [&](ImplicitLocOpBuilder &nested, ValueRange arguments) -> Value {
        return math::FmaOp::create(nested, extendToF32(nested, arguments[0]),
                                   extendToF32(nested, arguments[1]),
                                   arguments[2]);
      });
  return finish(acc, /*lhsScale=*/Value());
}

FailureOr<SmallVector<Value>>
MatmulOp::decomposeOperation(OpBuilder &opBuilder) {
  ImplicitLocOpBuilder builder(getLoc(), opBuilder);
  return SmallVector<Value>{Contraction(builder, *this).decompose()};
}

FailureOr<SmallVector<Value>>
BatchMatmulOp::decomposeOperation(OpBuilder &opBuilder) {
  ImplicitLocOpBuilder builder(getLoc(), opBuilder);
  return SmallVector<Value>{Contraction(builder, *this).decompose()};
}
