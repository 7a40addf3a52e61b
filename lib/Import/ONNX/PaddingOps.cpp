//===- PaddingOps.cpp - Tensors with more around, or less -----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxOps.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::ptq;

using I = arith::CmpIPredicate;

static Value isBelow(ImplicitLocOpBuilder &b, Value x, Value y) {
  return arith::CmpIOp::create(b, I::slt, x, y);
}

static Value zeroIndex(ImplicitLocOpBuilder &b) {
  return arith::ConstantIndexOp::create(b, 0);
}

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

namespace {
struct Padding {
  Sizes low, high;
};
} // namespace

/// Elements to add before and after each dimension; negative ones remove.
static FailureOr<Padding> getPadding(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  int64_t rank = n.input(0).getRank();
  Sizes pads;
  if (OnnxTensor *operand = n.optionalInput(1)) {
    auto elements = b.getElements(*operand);
    if (!elements)
      return n.fail("expects a list of pads, but got " +
                    toString(operand->sizes));
    pads = *elements;
  } else if (auto ints =
                 n.getInts(n.hasAttribute("pads") ? "pads" : "paddings")) {
    pads = getAsIndexOpFoldResult(b.getContext(), *ints);
  }
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (n.hasInput(3)) {
    auto given = n.getConstants(3, "axes");
    if (failed(given))
      return failure();
    axes.clear();
    for (int64_t axis : **given) {
      FailureOr<int64_t> known = n.getAxis(axis, rank);
      if (failed(known))
        return failure();
      axes.push_back(*known);
    }
  }
  if (pads.size() != 2 * axes.size())
    return n.fail("expects two pads for each of " + Twine(axes.size()) +
                  " axes, but got " + Twine(pads.size()));
  Padding padding{Sizes(rank, b.constant(0)), Sizes(rank, b.constant(0))};
  for (auto [i, axis] : llvm::enumerate(axes)) {
    padding.low[axis] = pads[i];
    padding.high[axis] = pads[axes.size() + i];
  }
  return padding;
}

/// Where an element outside of `[0, size)` comes from, by the mode.
static Value foldBack(ImplicitLocOpBuilder &b, StringRef mode, Value index,
                      Value size) {
  Value zero = zeroIndex(b);
  Value last =
      arith::SubIOp::create(b, size, arith::ConstantIndexOp::create(b, 1));
  if (mode == "reflect") {
    index =
        arith::MaxSIOp::create(b, index, arith::SubIOp::create(b, zero, index));
    Value mirrored =
        arith::SubIOp::create(b, arith::AddIOp::create(b, last, last), index);
    index = arith::MinSIOp::create(b, index, mirrored);
  } else if (mode == "wrap") {
    Value below = arith::AddIOp::create(b, index, size);
    Value above = arith::SubIOp::create(b, index, size);
    index = arith::SelectOp::create(b, isBelow(b, index, zero), below, index);
    index = arith::SelectOp::create(b, isBelow(b, last, index), above, index);
  }
  // Also where the mode would read what does not exist.
  index = arith::MinSIOp::create(b, index, last);
  return arith::MaxSIOp::create(b, index, zero);
}

static LogicalResult buildPad(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  std::string mode = n.getString("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge" &&
      mode != "wrap")
    return n.fail("attribute 'mode': expects constant, reflect, edge or wrap, "
                  "but got '" +
                  Twine(mode) + "'");
  FailureOr<Padding> padding = getPadding(n);
  if (failed(padding))
    return failure();
  Sizes sizes;
  for (auto [size, low, high] :
       llvm::zip_equal(x.sizes, padding->low, padding->high))
    sizes.push_back(b.max(b.add(b.add(low, size), high), b.constant(0)));
  if (failed(n.checkSizes(sizes)))
    return failure();
  Value filler = b.createScalar(x.type, n.getFloat("value", 0));
  if (OnnxTensor *value = n.optionalInput(2)) {
    if (failed(n.expectSameType(2, 0)))
      return failure();
    if (countElements(value->sizes) != 1)
      return n.fail("expects one number to pad with, but got " +
                    toString(value->sizes));
    OnnxTensor scalar = b.reshape(*value, {});
    filler = tensor::ExtractOp::create(b, b.getValue(scalar), ValueRange());
  }
  if (isFloat(x.type) && filler.getType().getIntOrFloatBitWidth() < 32)
    filler = arith::ExtFOp::create(b, b.getF32Type(), filler);
  Value source = b.getValue(x);
  SmallVector<Value> lows, lengths;
  for (auto [low, size] : llvm::zip(padding->low, x.sizes)) {
    lows.push_back(b.asValue(low));
    lengths.push_back(b.asValue(size));
  }
  bool isConstant = mode == "constant";
  return n.set(b.generate(
      sizes, x.type, [&](ImplicitLocOpBuilder &inner, ValueRange at) {
        SmallVector<Value> from;
        Value isInside =
            arith::ConstantOp::create(inner, inner.getBoolAttr(true));
        for (auto [index, low, size] : llvm::zip(at, lows, lengths)) {
          Value position = arith::SubIOp::create(inner, index, low);
          // An unsigned comparison: a negative number is a large one.
          Value inThis = arith::CmpIOp::create(inner, I::ult, position, size);
          isInside = arith::AndIOp::create(inner, isInside, inThis);
          from.push_back(foldBack(inner, mode, position, size));
        }
        Value element = extractElement(inner, source, from);
        if (!isConstant)
          return element;
        return arith::SelectOp::create(inner, isInside, element, filler)
            .getResult();
      }));
}

//===----------------------------------------------------------------------===//
// Tile, Trilu
//===----------------------------------------------------------------------===//

static LogicalResult buildTile(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  auto repeats = b.getElements(n.input(1));
  if (!repeats || int64_t(repeats->size()) != x.getRank())
    return n.fail("expects a number of repeats for each dimension, but got " +
                  toString(n.input(1).sizes));
  if (failed(n.checkSizes(*repeats)))
    return failure();
  Sizes sizes;
  for (auto [size, repeat] : llvm::zip(x.sizes, *repeats))
    sizes.push_back(b.mul(size, repeat));
  if (failed(n.checkSizes(sizes)))
    return failure();
  Value source = b.getValue(x);
  SmallVector<Value> lengths = llvm::map_to_vector(
      x.sizes, [&](OpFoldResult size) { return b.asValue(size); });
  return n.set(b.generate(
      sizes, x.type, [&](ImplicitLocOpBuilder &inner, ValueRange at) {
        SmallVector<Value> from;
        for (auto [index, length] : llvm::zip(at, lengths))
          from.push_back(arith::RemUIOp::create(inner, index, length));
        return extractElement(inner, source, from);
      }));
}

static LogicalResult buildTrilu(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  if (failed(n.expectRank(0, 2, maxOnnxRank)))
    return failure();
  bool isUpper = n.getBool("upper", true);
  OpFoldResult offset = b.constant(0);
  if (n.hasInput(1)) {
    auto elements = b.getElements(n.input(1));
    if (!elements || elements->size() != 1)
      return n.fail("expects one number as 'k', but got " +
                    toString(n.input(1).sizes));
    offset = elements->front();
  }
  Value diagonal = b.asValue(offset);
  OnnxType type = x.type;
  unsigned rank = x.getRank();
  return n.set(b.createElementwise(
      {&x}, x.sizes, type, [&](ImplicitLocOpBuilder &inner, ValueRange values) {
        Value row = linalg::IndexOp::create(inner, rank - 2);
        Value column = linalg::IndexOp::create(inner, rank - 1);
        Value limit = arith::AddIOp::create(inner, row, diagonal);
        Value stays = arith::CmpIOp::create(inner, isUpper ? I::sge : I::sle,
                                            column, limit);
        Value zero = arith::ConstantOp::create(
            inner, inner.getZeroAttr(values[0].getType()));
        return arith::SelectOp::create(inner, stays, values[0], zero)
            .getResult();
      }));
}

ArrayRef<OnnxOp> ptq::getPaddingOps() {
  static constexpr OnnxOp ops[] = {
      {"Pad", buildPad, 1, 4},
      {"Tile", buildTile, 2, 2},
      {"Trilu", buildTrilu, 1, 2},
  };
  return ops;
}
