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
#include "Decompose.h"
#include "Scalars.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

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

/// Inputs of the `linalg.generic` that scales partial results, and where its
/// body finds them.
struct ScalingInputs {
  SmallVector<Value> values;
  SmallVector<AffineMap> maps;

  unsigned add(Value value, AffineMap map) {
    values.push_back(value);
    maps.push_back(map);
    return values.size() - 1;
  }
};

/// A matmul or batch_matmul on its way to linalg. Loops are, in this order, the
/// leading dimensions of lhs (batch and M), N, the group, and K or the index in
/// the group.
class Contraction {
public:
  template <typename OpTy>
  Contraction(OpBuilder &builder, OpTy op)
      : builder(builder), loc(op.getLoc()), lhs(op.getLhs()), rhs(op.getRhs()),
        init(op.getInit()), sums(op.getLhsSums()),
        lhsNumbers{op.getLhsScale(), Value(), op.getLhsZeroPoint()},
        rhsNumbers{op.getRhsScale(), op.getRhsMultiplier(),
                   op.getRhsZeroPoint()},
        lhsFormat(op.getLhsFormat()), rhsFormat(op.getRhsFormat()),
        hasBatch(std::is_same_v<OpTy, BatchMatmulOp>),
        numLeading(op.getLhs().getType().getRank() - 1) {}

  Value decompose();

private:
  Value decomposeQuantized();
  Value decomposeWeightOnly();
  Value decomposeFloat();

  bool hasGroups() const { return groupSize != 0; }
  bool lhsHasGroups() const { return lhsFormat && lhsFormat.getBlock().back(); }
  bool canCorrectBySums() const;
  IntegerSide getIntegers(Value quantized, const QuantOperands &numbers,
                          QuantType format);
  Value splitGroups(Value side, TypedAttr padding);
  Value split(const IntegerSide &side);

  AffineMap getMap(ArrayRef<AffineExpr> results, unsigned numLoops) {
    return AffineMap::get(numLoops, 0, results, builder.getContext());
  }
  SmallVector<AffineExpr> getResultDims();
  SmallVector<AffineExpr> getRhsRowDims();
  unsigned addLhsNumbers(ScalingInputs &inputs, Value numbers,
                         ArrayRef<int64_t> block);
  unsigned addRhsNumbers(ScalingInputs &inputs, Value numbers);
  SmallVector<int64_t> getSumsBlock();

  Value createZeros(ArrayRef<OpFoldResult> sizes, TypedAttr zero, bool inInit);
  Value contract(Value lhsSide, Value rhsSide, TypedAttr zero, ScalarBody body);
  Value scale(Value partial, ScalingInputs inputs, Value lhsScale,
              ScalarBody body);
  Value finish(Value acc, Value lhsScale);

  OpBuilder &builder;
  Location loc;
  Value lhs, rhs, init, sums;
  QuantOperands lhsNumbers, rhsNumbers;
  QuantType lhsFormat, rhsFormat;
  bool hasBatch;
  /// Dimensions of lhs before K, and of the result before N.
  unsigned numLeading;
  /// Length of the groups along K; 0 without groups, by the formats.
  int64_t groupSize = 0;
};

} // namespace

Value Contraction::decompose() {
  if (lhsFormat && !rhsFormat) {
    lhs = dequantizeCodes(builder, loc, getCodes(builder, loc, lhs), lhsNumbers,
                          lhsFormat, builder.getF32Type());
    lhsFormat = {};
  }
  for (QuantType format : {rhsFormat, lhsFormat})
    if (format && format.getBlock().back() != 0)
      groupSize = format.getBlock().back();
  if (!rhsFormat)
    return decomposeFloat();
  return lhsFormat ? decomposeQuantized() : decomposeWeightOnly();
}

//===----------------------------------------------------------------------===//
// Sides
//===----------------------------------------------------------------------===//

/// The sums are of plain codes: they correct nothing if lhs has a zero point or
/// the weights have multipliers.
bool Contraction::canCorrectBySums() const {
  return sums && lhsFormat.isSymmetric() && !rhsFormat.hasMultiplier();
}

IntegerSide Contraction::getIntegers(Value quantized,
                                     const QuantOperands &numbers,
                                     QuantType format) {
  Value codes = getCodes(builder, loc, quantized);
  if (!format.hasMultiplier() && !format.hasZeroPointOperand())
    return {codes, format.getIsSigned(), format.getConstantZeroPoint()};
  return {centerCodes(builder, loc, codes, numbers, format), /*isSigned=*/true,
          /*zeroPoint=*/0};
}

Value Contraction::splitGroups(Value side, TypedAttr padding) {
  SmallVector<int64_t> cut(cast<RankedTensorType>(side.getType()).getRank());
  cut.back() = groupSize;
  return splitBlocks(builder, loc, side, cut, padding);
}

/// Ragged groups end with codes of zero.
Value Contraction::split(const IntegerSide &side) {
  auto type = cast<IntegerType>(getElementTypeOrSelf(side.integers));
  return splitGroups(side.integers, getBitsAttr(type, side.zeroPoint));
}

/// `extend(code) - zeroPoint` in i32.
static Value centerInteger(OpBuilder &builder, Location loc, Value integer,
                           const IntegerSide &side) {
  Value extended = extendCode(builder, loc, integer, side.isSigned);
  if (side.zeroPoint == 0)
    return extended;
  Value zeroPoint = arith::ConstantOp::create(
      builder, loc, getBitsAttr(builder.getI32Type(), side.zeroPoint));
  return arith::SubIOp::create(builder, loc, extended, zeroPoint);
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

SmallVector<AffineExpr> Contraction::getResultDims() {
  SmallVector<AffineExpr> dims;
  for (unsigned i = 0; i <= numLeading; ++i)
    dims.push_back(builder.getAffineDimExpr(i));
  return dims;
}

/// The dimensions of rhs before K.
SmallVector<AffineExpr> Contraction::getRhsRowDims() {
  SmallVector<AffineExpr> dims;
  if (hasBatch)
    dims.push_back(builder.getAffineDimExpr(0));
  dims.push_back(builder.getAffineDimExpr(numLeading));
  return dims;
}

/// Numbers of lhs as an input of the loops `[.., N, G]`.
unsigned Contraction::addLhsNumbers(ScalingInputs &inputs, Value numbers,
                                    ArrayRef<int64_t> block) {
  SmallVector<AffineExpr> dims = getResultDims();
  dims.back() = builder.getAffineDimExpr(numLeading + 1);
  for (auto [expr, length] : llvm::zip_equal(dims, block))
    if (length == 0)
      expr = builder.getAffineConstantExpr(0);
  return inputs.add(numbers, getMap(dims, numLeading + 1 + hasGroups()));
}

/// Numbers of rhs likewise.
unsigned Contraction::addRhsNumbers(ScalingInputs &inputs, Value numbers) {
  ArrayRef<int64_t> block = rhsFormat.getBlock();
  SmallVector<AffineExpr> dims = getRhsRowDims();
  dims.push_back(builder.getAffineDimExpr(numLeading + 1));
  for (auto [expr, length] : llvm::zip_equal(dims, block))
    if (length == 0)
      expr = builder.getAffineConstantExpr(0);
  return inputs.add(numbers, getMap(dims, numLeading + 1 + hasGroups()));
}

/// One index in each dimension before K, and the groups.
SmallVector<int64_t> Contraction::getSumsBlock() {
  SmallVector<int64_t> block(numLeading, 1);
  block.push_back(groupSize);
  return block;
}

/// Zeros of `sizes`, in the init itself if that has the type.
Value Contraction::createZeros(ArrayRef<OpFoldResult> sizes, TypedAttr zero,
                               bool inInit) {
  if (!inInit || getElementTypeOrSelf(init) != zero.getType())
    return createFilled(builder, loc, sizes, zero);
  Value scalar = arith::ConstantOp::create(builder, loc, zero);
  return linalg::FillOp::create(builder, loc, scalar, init).getResult(0);
}

/// `partial[.., n, g] = sum over the group of lhs[.., g, k] * rhs[n, g, k]`,
/// from `body(lhs, rhs, partial)`, k ascending.
Value Contraction::contract(Value lhsSide, Value rhsSide, TypedAttr zero,
                            ScalarBody body) {
  SmallVector<AffineExpr> resultDims = getResultDims();
  SmallVector<AffineExpr> lhsDims(resultDims.begin(), resultDims.end() - 1);
  SmallVector<AffineExpr> rhsDims = getRhsRowDims();
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, init);
  SmallVector<IteratorType> iterators(numLeading + 1, IteratorType::parallel);
  if (hasGroups()) {
    AffineExpr group = builder.getAffineDimExpr(iterators.size());
    for (SmallVector<AffineExpr> *dims : {&resultDims, &lhsDims, &rhsDims})
      dims->push_back(group);
    sizes.push_back(tensor::getMixedSize(
        builder, loc, rhsSide,
        cast<RankedTensorType>(rhsSide.getType()).getRank() - 2));
    iterators.push_back(IteratorType::parallel);
  }
  AffineExpr contracted = builder.getAffineDimExpr(iterators.size());
  lhsDims.push_back(contracted);
  rhsDims.push_back(contracted);
  iterators.push_back(IteratorType::reduction);
  Value zeros = createZeros(sizes, zero, /*inInit=*/!rhsFormat);
  unsigned numLoops = iterators.size();
  return createGeneric(builder, loc, {lhsSide, rhsSide}, zeros,
                       {getMap(lhsDims, numLoops), getMap(rhsDims, numLoops),
                        getMap(resultDims, numLoops)},
                       iterators, body);
}

/// The result from partial sums: `body(partial, numbers.., acc)` gives one
/// product in f32 without groups, else adds the next group to `acc`.
Value Contraction::scale(Value partial, ScalingInputs inputs, Value lhsScale,
                         ScalarBody body) {
  unsigned numLoops = numLeading + 1 + hasGroups();
  inputs.values.insert(inputs.values.begin(), partial);
  inputs.maps.insert(inputs.maps.begin(),
                     builder.getMultiDimIdentityMap(numLoops));
  inputs.maps.push_back(getMap(getResultDims(), numLoops));
  SmallVector<IteratorType> iterators(numLoops, IteratorType::parallel);
  if (!hasGroups()) {
    Type type = getElementTypeOrSelf(init);
    return createGeneric(
        builder, loc, inputs.values, init, inputs.maps, iterators,
        [&](OpBuilder &nested, Location nestedLoc, ValueRange arguments) {
          return roundFromF32(nested, nestedLoc,
                              body(nested, nestedLoc, arguments), type);
        });
  }
  iterators.back() = IteratorType::reduction;
  Value zeros = createZeros(tensor::getMixedSizes(builder, loc, init),
                            builder.getF32FloatAttr(0), /*inInit=*/true);
  Value acc = createGeneric(builder, loc, inputs.values, zeros, inputs.maps,
                            iterators, body);
  return finish(acc, lhsScale);
}

/// `acc * lhsScale`, or `acc` without one, rounded to the result's type.
Value Contraction::finish(Value acc, Value lhsScale) {
  Type type = getElementTypeOrSelf(init);
  if (!lhsScale && type.isF32())
    return acc;
  AffineMap identity = builder.getMultiDimIdentityMap(numLeading + 1);
  SmallVector<Value> values;
  SmallVector<AffineMap> maps;
  if (!type.isF32()) {
    values.push_back(acc);
    maps.push_back(identity);
  }
  if (lhsScale) {
    ScalingInputs inputs;
    groupSize = 0; // the loops that are left are those of the result
    addLhsNumbers(inputs, lhsScale, lhsFormat.getBlock());
    values.push_back(inputs.values.front());
    maps.push_back(inputs.maps.front());
  }
  maps.push_back(identity);
  SmallVector<IteratorType> iterators(numLeading + 1, IteratorType::parallel);
  return createGeneric(
      builder, loc, values, type.isF32() ? acc : init, maps, iterators,
      [&](OpBuilder &nested, Location nestedLoc, ValueRange arguments) {
        // In place where the types agree: the accumulator is then the init.
        Value result = type.isF32() ? arguments.back() : arguments.front();
        if (lhsScale)
          result = arith::MulFOp::create(
              nested, nestedLoc, result,
              extendToF32(nested, nestedLoc, arguments[type.isF32() ? 0 : 1]));
        return roundFromF32(nested, nestedLoc, result, type);
      });
}

//===----------------------------------------------------------------------===//
// The kinds of contraction
//===----------------------------------------------------------------------===//

/// Both sides quantized:
///   d[g] = sum over g of (a - za) * (w - zw)    or    sum(a * w) - zw *
///   sums[g] y    = (f32(d) * sw) * sa                   or    a chain of fma
///   over g
Value Contraction::decomposeQuantized() {
  bool corrects = canCorrectBySums();
  IntegerSide a = getIntegers(lhs, lhsNumbers, lhsFormat);
  IntegerSide w = corrects
                      ? IntegerSide{getCodes(builder, loc, rhs),
                                    rhsFormat.getIsSigned(), /*zeroPoint=*/0}
                      : getIntegers(rhs, rhsNumbers, rhsFormat);
  Value dots = contract(
      split(a), split(w), builder.getI32IntegerAttr(0),
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange arguments) -> Value {
        Value product = arith::MulIOp::create(
            nested, nestedLoc,
            centerInteger(nested, nestedLoc, arguments[0], a),
            centerInteger(nested, nestedLoc, arguments[1], w));
        return arith::AddIOp::create(nested, nestedLoc, arguments[2], product);
      });

  // The body finds the input at one more: the dots come first.
  ScalingInputs inputs;
  unsigned sumsInput = 0, zeroPointInput = 0, lhsScaleInput = 0;
  if (corrects)
    sumsInput = 1 + addLhsNumbers(inputs, sums, getSumsBlock());
  if (corrects && rhsNumbers.zeroPoint)
    zeroPointInput = 1 + addRhsNumbers(inputs, rhsNumbers.zeroPoint);
  unsigned rhsScaleInput = 1 + addRhsNumbers(inputs, rhsNumbers.scale);
  bool scalesEachGroup = !hasGroups() || lhsHasGroups();
  if (scalesEachGroup)
    lhsScaleInput =
        1 + addLhsNumbers(inputs, lhsNumbers.scale, lhsFormat.getBlock());
  return scale(
      dots, inputs, scalesEachGroup ? Value() : lhsNumbers.scale,
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange arguments) -> Value {
        Value dot = arguments[0];
        if (corrects) {
          Value stored = zeroPointInput ? arguments[zeroPointInput] : Value();
          Value correction = arith::MulIOp::create(
              nested, nestedLoc, arguments[sumsInput],
              getZeroPoint(nested, nestedLoc, stored, rhsFormat));
          dot = arith::SubIOp::create(nested, nestedLoc, dot, correction);
        }
        Value value = arith::SIToFPOp::create(nested, nestedLoc,
                                              nested.getF32Type(), dot);
        Value sw = extendToF32(nested, nestedLoc, arguments[rhsScaleInput]);
        if (!scalesEachGroup)
          return math::FmaOp::create(nested, nestedLoc, value, sw,
                                     arguments.back());
        Value sa = extendToF32(nested, nestedLoc, arguments[lhsScaleInput]);
        if (hasGroups())
          return math::FmaOp::create(
              nested, nestedLoc, value,
              arith::MulFOp::create(nested, nestedLoc, sw, sa),
              arguments.back());
        value = arith::MulFOp::create(nested, nestedLoc, value, sw);
        return arith::MulFOp::create(nested, nestedLoc, value, sa);
      });
}

/// Float activations, quantized weights:
///   p[g] = fma chain over the group of x and f32(w - zw);
///   y    = fma chain over the groups of p[g] and sw[g]
Value Contraction::decomposeWeightOnly() {
  IntegerSide w = getIntegers(rhs, rhsNumbers, rhsFormat);
  // -0 * 0 = -0 is what changes no sum, not even one that is -0.
  auto lhsType = cast<FloatType>(getElementTypeOrSelf(lhs));
  TypedAttr negativeZero = builder.getFloatAttr(
      lhsType,
      APFloat::getZero(lhsType.getFloatSemantics(), /*Negative=*/true));
  Value partial = contract(
      splitGroups(lhs, negativeZero), split(w), builder.getF32FloatAttr(0),
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange arguments) -> Value {
        Value weight = arith::SIToFPOp::create(
            nested, nestedLoc, nested.getF32Type(),
            centerInteger(nested, nestedLoc, arguments[1], w));
        return math::FmaOp::create(nested, nestedLoc,
                                   extendToF32(nested, nestedLoc, arguments[0]),
                                   weight, arguments[2]);
      });
  ScalingInputs inputs;
  unsigned scaleInput = 1 + addRhsNumbers(inputs, rhsNumbers.scale);
  return scale(partial, inputs, /*lhsScale=*/Value(),
               [&](OpBuilder &nested, Location nestedLoc,
                   ValueRange arguments) -> Value {
                 Value acc = arguments.back();
                 if (!hasGroups())
                   acc = arith::ConstantOp::create(nested, nestedLoc,
                                                   nested.getF32FloatAttr(0));
                 return math::FmaOp::create(
                     nested, nestedLoc, arguments[0],
                     extendToF32(nested, nestedLoc, arguments[scaleInput]),
                     acc);
               });
}

/// No side quantized: one fma chain over K.
Value Contraction::decomposeFloat() {
  Value acc = contract(
      lhs, rhs, builder.getF32FloatAttr(0),
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange arguments) -> Value {
        return math::FmaOp::create(
            nested, nestedLoc, extendToF32(nested, nestedLoc, arguments[0]),
            extendToF32(nested, nestedLoc, arguments[1]), arguments[2]);
      });
  return finish(acc, /*lhsScale=*/Value());
}

FailureOr<SmallVector<Value>> MatmulOp::decomposeOperation(OpBuilder &builder) {
  return SmallVector<Value>{Contraction(builder, *this).decompose()};
}

FailureOr<SmallVector<Value>>
BatchMatmulOp::decomposeOperation(OpBuilder &builder) {
  return SmallVector<Value>{Contraction(builder, *this).decompose()};
}
