//===- LlamaAttention.cpp - Rotary attention over a cache -----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Names of dimensions: `t` token, `s` position in the cache, `h` key-value
// head, `g` query head of its group, `d` channel of a head.
//
//===----------------------------------------------------------------------===//

#include "LlamaFunctions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

class AttentionBuilder {
public:
  AttentionBuilder(LinalgBuilder &builder, const LlamaConfig &config,
                   Value query, Value position);

  /// Rows `position..` of a rotary table: t x d/2.
  Value sliceTable(DenseResourceElementsAttr table);

  /// Rotates each head of `rows` (t x heads * d) by its token's position: the
  /// first half of the channels is the real part, the second the imaginary.
  Value rotate(Value rows, int64_t numHeads, Value cosine, Value sine);

  /// Writes `rows` (t x h x d) at `position` into one layer of `cache`, and
  /// returns what the layer then holds up to the last token: s x h x d.
  Value updateCache(Value cache, Value layer, Value rows);

  /// Softmax over s of `query * key / sqrt(d)`, not yet divided by its sum.
  /// Returns h x g x t x s and the sums h x g x t.
  std::pair<Value, Value> getWeights(Value query, Value keys);

  /// `weights * values / sums`, as t x (h * g * d).
  Value mix(Value weights, Value sums, Value values);

  Value splitHeads(Value rows, int64_t numHeads);
  /// From t x (h * g) x d to t x h x g x d.
  Value splitGroups(Value query);

private:
  OpFoldResult attr(int64_t value) { return builder.getIndexAttr(value); }
  Value scaleAndMask(Value scores);

  LinalgBuilder &builder;
  const LlamaConfig &config;
  Value position;
  OpFoldResult tokens, length, heads, group, channels;
  SmallVector<OpFoldResult> scoreSizes, sumSizes;
};

} // namespace

AttentionBuilder::AttentionBuilder(LinalgBuilder &builder,
                                   const LlamaConfig &config, Value query,
                                   Value position)
    : builder(builder), config(config), position(position) {
  tokens = builder.getNumRows(query);
  builder.setName("length");
  length = arith::AddIOp::create(builder, position,
                                 getValueOrCreateConstantIndexOp(
                                     builder, builder.getLoc(), tokens))
               .getResult();
  heads = attr(config.numKeyValueHeads);
  group = attr(config.getGroupSize());
  channels = attr(config.headDim);
  scoreSizes = {heads, group, tokens, length};
  sumSizes = {heads, group, tokens};
}

Value AttentionBuilder::sliceTable(DenseResourceElementsAttr table) {
  Value constant = arith::ConstantOp::create(builder, table);
  OpFoldResult width = attr(config.headDim / 2);
  return builder.createSlice(builder.getTensorType({tokens, width}), constant,
                             {position, attr(0)}, {tokens, width});
}

Value AttentionBuilder::splitHeads(Value rows, int64_t numHeads) {
  SmallVector<OpFoldResult> sizes = {tokens, attr(numHeads), channels};
  return tensor::ExpandShapeOp::create(
      builder, builder.getTensorType(sizes), rows,
      SmallVector<ReassociationIndices>{{0}, {1, 2}}, sizes);
}

Value AttentionBuilder::splitGroups(Value query) {
  SmallVector<OpFoldResult> sizes = {tokens, heads, group, channels};
  return tensor::ExpandShapeOp::create(
      builder, builder.getTensorType(sizes), query,
      SmallVector<ReassociationIndices>{{0}, {1, 2}, {3}}, sizes);
}

Value AttentionBuilder::rotate(Value rows, int64_t numHeads, Value cosine,
                               Value sine) {
  OpFoldResult zero = attr(0), half = attr(config.headDim / 2);
  SmallVector<OpFoldResult> sizes = {tokens, attr(numHeads), half};
  Value split = splitHeads(rows, numHeads);
  RankedTensorType halfType = builder.getTensorType(sizes);
  Value real = builder.createSlice(halfType, split, {zero, zero, zero}, sizes);
  Value imaginary =
      builder.createSlice(halfType, split, {zero, zero, half}, sizes);

  SmallVector<unsigned> all = {0, 1, 2}, table = {0, 2};
  Value newReal = builder.createGeneric(
      {all, all, table, table, all}, {real, imaginary, cosine, sine},
      builder.createEmpty(sizes),
      [](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
        Value a = arith::MulFOp::create(inner, values[0], values[2]);
        Value b = arith::MulFOp::create(inner, values[1], values[3]);
        return arith::SubFOp::create(inner, a, b);
      });
  Value newImaginary = builder.createGeneric(
      {all, all, table, table, all}, {real, imaginary, cosine, sine},
      builder.createEmpty(sizes),
      [](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
        Value a = arith::MulFOp::create(inner, values[1], values[2]);
        Value b = arith::MulFOp::create(inner, values[0], values[3]);
        return arith::AddFOp::create(inner, a, b);
      });

  SmallVector<OpFoldResult> ones(3, attr(1));
  Value result = builder.createEmpty({tokens, attr(numHeads), channels});
  result = tensor::InsertSliceOp::create(
      builder, newReal, result, SmallVector<OpFoldResult>{zero, zero, zero},
      sizes, ones);
  return tensor::InsertSliceOp::create(
      builder, newImaginary, result,
      SmallVector<OpFoldResult>{zero, zero, half}, sizes, ones);
}

Value AttentionBuilder::updateCache(Value cache, Value layer, Value rows) {
  OpFoldResult zero = attr(0), one = attr(1);
  OpFoldResult capacity = memref::DimOp::create(builder, cache, 1).getResult();
  SmallVector<OpFoldResult> offsets = {layer, zero, zero, zero};
  SmallVector<OpFoldResult> sizes = {one, capacity, heads, channels};
  SmallVector<OpFoldResult> strides(4, one);
  RankedTensorType layerType = builder.getTensorType(
      {OpFoldResult(layer), heads, channels}); // capacity is dynamic as well
  MemRefType viewType = memref::SubViewOp::inferRankReducedResultType(
      layerType.getShape(), cast<MemRefType>(cache.getType()), offsets, sizes,
      strides);
  Value view = memref::SubViewOp::create(builder, viewType, cache, offsets,
                                         sizes, strides);
  Value old = bufferization::ToTensorOp::create(
      builder, layerType, view, /*restrict=*/true, /*writable=*/true);
  Value updated = tensor::InsertSliceOp::create(
      builder, rows, old, SmallVector<OpFoldResult>{position, zero, zero},
      SmallVector<OpFoldResult>{tokens, heads, channels},
      SmallVector<OpFoldResult>(3, one));
  bufferization::MaterializeInDestinationOp::create(
      builder, /*result=*/Type(), updated, view, /*restrict=*/true,
      /*writable=*/true);
  SmallVector<OpFoldResult> usedSizes = {length, heads, channels};
  return builder.createSlice(builder.getTensorType(usedSizes), updated,
                             {zero, zero, zero}, usedSizes);
}

Value AttentionBuilder::scaleAndMask(Value scores) {
  Value scale = builder.createFloat(1.0 / std::sqrt(double(config.headDim)));
  builder.setName("masked");
  Value minusInfinity =
      builder.createFloat(-std::numeric_limits<double>::infinity());
  // The last of the positions is the only token: nothing lies behind it.
  bool isSingleToken = isConstantIntValue(tokens, 1);
  SmallVector<unsigned> all = {0, 1, 2, 3};
  return builder.createGeneric(
      {all, all}, scores, builder.createEmpty(scoreSizes),
      [&](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
        Value scaled = arith::MulFOp::create(inner, values[0], scale);
        if (isSingleToken)
          return scaled;
        Value token = linalg::IndexOp::create(inner, 2);
        Value last = arith::AddIOp::create(inner, position, token);
        Value past = linalg::IndexOp::create(inner, 3);
        Value isVisible =
            arith::CmpIOp::create(inner, arith::CmpIPredicate::sle, past, last);
        return arith::SelectOp::create(inner, isVisible, scaled, minusInfinity);
      });
}

std::pair<Value, Value> AttentionBuilder::getWeights(Value query, Value keys) {
  builder.setName("scores");
  // h g t s, d
  Value scores =
      builder.createContraction({{2, 0, 1, 4}, {3, 0, 4}, {0, 1, 2, 3}}, query,
                                keys, scoreSizes, "attention.scores");
  scores = scaleAndMask(scores);
  SmallVector<unsigned> all = {0, 1, 2, 3}, row = {0, 1, 2};
  builder.setName("maximum");
  Value maximum = builder.createGeneric(
      {all, row}, scores,
      builder.createFilled(sumSizes, -std::numeric_limits<double>::infinity()),
      [](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
        return arith::MaximumFOp::create(inner, values[0], values[1]);
      });
  builder.setName("weights");
  Value weights = builder.createGeneric(
      {all, row, all}, {scores, maximum}, builder.createEmpty(scoreSizes),
      [](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
        Value shifted = arith::SubFOp::create(inner, values[0], values[1]);
        return math::ExpOp::create(inner, shifted);
      });
  builder.setName("sums");
  Value sums = builder.createGeneric(
      {all, row}, weights, builder.createFilled(sumSizes, 0.0),
      [](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
        return arith::AddFOp::create(inner, values[0], values[1]);
      });
  return {weights, sums};
}

Value AttentionBuilder::mix(Value weights, Value sums, Value values) {
  SmallVector<OpFoldResult> sizes = {tokens, heads, group, channels};
  builder.setName("mixed");
  // t h g d, s
  Value mixed =
      builder.createContraction({{1, 2, 0, 4}, {4, 1, 3}, {0, 1, 2, 3}},
                                weights, values, sizes, "attention.values");
  builder.setName("context");
  SmallVector<unsigned> all = {0, 1, 2, 3};
  Value context = builder.createGeneric(
      {all, {1, 2, 0}, all}, {mixed, sums}, builder.createEmpty(sizes),
      [](ImplicitLocOpBuilder &inner, ValueRange operands) -> Value {
        return arith::DivFOp::create(inner, operands[0], operands[1]);
      });
  return tensor::CollapseShapeOp::create(
      builder, context, SmallVector<ReassociationIndices>{{0}, {1, 2, 3}});
}

void ptq::buildAttention(LinalgBuilder &builder, const LlamaConfig &config,
                         const RotaryTables &tables, ValueRange arguments) {
  Value query = arguments[0], key = arguments[1], value = arguments[2];
  Value position = arguments[3], layer = arguments[4];
  AttentionBuilder attention(builder, config, query, position);
  builder.setName("cosine");
  Value cosine = attention.sliceTable(tables.cosine);
  builder.setName("sine");
  Value sine = attention.sliceTable(tables.sine);
  builder.setName("query_rotated");
  query = attention.rotate(query, config.numHeads, cosine, sine);
  builder.setName("query_groups");
  query = attention.splitGroups(query);
  builder.setName("key_rotated");
  key = attention.rotate(key, config.numKeyValueHeads, cosine, sine);
  builder.setName("value_heads");
  value = attention.splitHeads(value, config.numKeyValueHeads);
  builder.setName("cached_keys");
  Value keys = attention.updateCache(arguments[5], layer, key);
  builder.setName("cached_values");
  Value values = attention.updateCache(arguments[6], layer, value);
  auto [weights, sums] = attention.getWeights(query, keys);
  func::ReturnOp::create(builder, attention.mix(weights, sums, values));
}
