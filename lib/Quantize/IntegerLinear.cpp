//===- IntegerLinear.cpp - A linear and its bias before rescaling ---------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerLinear.h"

#include "IntegerOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::ptq;

/// The floats of a constant in the module.
static std::optional<std::vector<float>> readFloats(Value value) {
  Attribute attribute;
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.getElementType().isF32() ||
      !matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  if (auto dense = dyn_cast<DenseFPElementsAttr>(attribute))
    return std::vector<float>(dense.value_begin<float>(),
                              dense.value_end<float>());
  auto resource = dyn_cast<DenseResourceElementsAttr>(attribute);
  AsmResourceBlob *blob =
      resource ? resource.getRawHandle().getBlob() : nullptr;
  if (!blob || blob->getData().size() != type.getNumElements() * sizeof(float))
    return std::nullopt;
  std::vector<float> floats(type.getNumElements());
  std::memcpy(floats.data(), blob->getData().data(), blob->getData().size());
  return floats;
}

static int64_t getLargest(QuantType format) {
  auto [min, max] = format.getCenteredRange();
  return std::max(std::abs(min), std::abs(max));
}

/// Why accumulators of `op` cannot be rescaled; empty if they can.
template <typename OpTy>
static std::string refuseLinear(OpTy op) {
  if (!op.getLhsFormat() || !op.getRhsFormat())
    return "expects a product of codes, but a side is float";
  if (!op.getType().getElementType().isF32())
    return "expects a result of f32";
  if (llvm::any_of(op.getLhsFormat().getBlock(),
                   [](int64_t length) { return length != 0; }))
    return "expects one scale of the activations, known before";
  if (op.getRhsFormat().getBlock().back() != 0)
    return "expects one scale for each output channel, but got groups";
  if (op.getRhsFormat().getRank() != 2)
    return "expects weights without batches";
  return "";
}

template <typename OpTy>
static FailureOr<IntegerLinear> describe(OpTy op, int64_t channelDim,
                                         std::string &reason) {
  reason = refuseLinear(op);
  if (!reason.empty())
    return failure();
  std::optional<float> lhsScale = getOnlyElement(op.getLhsScale());
  std::optional<std::vector<float>> rhsScales = readFloats(op.getRhsScale());
  if (!lhsScale || !rhsScales) {
    reason = "expects scales that are constants of the module";
    return failure();
  }
  IntegerLinear linear{op, channelDim, {}, {}};
  for (float scale : *rhsScales) {
    if (!(scale > 0) || !(*lhsScale > 0)) {
      reason = "expects positive scales";
      return failure();
    }
    linear.scales.push_back(double(*lhsScale) * scale);
  }
  return linear;
}

/// Adds rounded `values`; fails if an accumulator might not fit i32.
static LogicalResult addBias(IntegerLinear &linear, ArrayRef<float> values,
                             int64_t largest) {
  linear.bias.resize(values.size());
  for (auto [c, value] : llvm::enumerate(values)) {
    double scale = linear.scales[linear.scales.size() == 1 ? 0 : c];
    double sum = std::nearbyint(value / scale) + linear.bias[c];
    if (!(std::abs(sum) + largest < 2147483648.0))
      return failure();
    linear.bias[c] = static_cast<int32_t>(sum);
  }
  return success();
}

FailureOr<IntegerLinear> ptq::matchLinear(Value value, std::string &reason) {
  SymbolTableCollection symbols;
  SmallVector<Operation *> biases; // the last to be added first
  Value result = value;
  while (Operation *op = result.getDefiningOp()) {
    auto bias = matchConstantBias(op, symbols);
    if (!bias)
      break;
    biases.push_back(op);
    result = bias->input;
  }
  FailureOr<IntegerLinear> linear = failure();
  int64_t largest = 0;
  if (auto matmul = result.getDefiningOp<MatmulOp>()) {
    linear = describe(matmul, matmul.getType().getRank() - 1, reason);
    if (succeeded(linear))
      largest = matmul.getGroupSize() * getLargest(matmul.getLhsFormat()) *
                getLargest(matmul.getRhsFormat());
  } else if (auto conv = result.getDefiningOp<Conv2DOp>()) {
    linear = describe(conv, conv.getChannelDim(), reason);
    largest = conv.getRhs().getType().getDimSize(1) *
              getLargest(conv.getLhsFormat()) * getLargest(conv.getRhsFormat());
  } else if (auto conv = result.getDefiningOp<DepthwiseConv2DOp>()) {
    linear = describe(conv, conv.getChannelDim(), reason);
    largest = conv.getRhs().getType().getDimSize(1) *
              getLargest(conv.getLhsFormat()) * getLargest(conv.getRhsFormat());
  } else if (result.getDefiningOp<BatchMatmulOp>()) {
    reason = "expects weights without batches";
  }
  if (failed(linear))
    return failure();
  for (Value used : SmallVector<Value>{value, result})
    if (!used.hasOneUse() && !llvm::all_equal(used.getUsers()))
      reason = "its result is also used in float";
  for (Operation *op : ArrayRef(biases).drop_front(!biases.empty()))
    if (!llvm::all_equal(op->getUsers()))
      reason = "its result is also used in float";
  if (!reason.empty())
    return failure();
  for (Operation *op : llvm::reverse(biases)) {
    FailureOr<ChannelBias> bias =
        readChannelBias(op, linear->channelDim, symbols, reason);
    if (failed(bias))
      return failure();
    if (failed(addBias(*linear, bias->values, largest))) {
      reason = "expects biases that fit i32 beside the products";
      return failure();
    }
  }
  return linear;
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

Value ptq::createAccumulators(OpBuilder &builder, Operation *op) {
  auto rewrite = [&](auto linear) -> Value {
    Location loc = linear.getLoc();
    Value init = tensor::EmptyOp::create(
        builder, loc, tensor::getMixedSizes(builder, loc, linear.getInit()),
        builder.getI32Type());
    auto clone = cast<decltype(linear)>(builder.clone(*linear));
    clone.getInitMutable().assign(init);
    clone.getLhsScaleMutable().clear();
    clone.getRhsScaleMutable().clear();
    clone.getResult().setType(cast<RankedTensorType>(init.getType()));
    return clone.getResult();
  };
  if (auto matmul = dyn_cast<MatmulOp>(op))
    return rewrite(matmul);
  if (auto conv = dyn_cast<Conv2DOp>(op))
    return rewrite(conv);
  return rewrite(cast<DepthwiseConv2DOp>(op));
}

template <typename OpTy>
static Value sumBytes(OpBuilder &builder, OpTy op, Value bytes) {
  Location loc = op.getLoc();
  Type i32 = builder.getI32Type();
  auto windowType = cast<RankedTensorType>(op.getInputs()[1].getType());
  Value window = tensor::EmptyOp::create(builder, loc, windowType.getShape(),
                                         builder.getI8Type());
  Value empty = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, op.getOutputs()[0]),
      i32);
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(0));
  Value init = linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
  auto type = cast<RankedTensorType>(op.getResult(0).getType());
  return OpTy::create(builder, loc, type.clone(i32), ValueRange{bytes, window},
                      ValueRange{init}, op.getStrides(), op.getDilations())
      .getResult(0);
}

Value ptq::sumCodes(OpBuilder &builder, Operation *sum, Value codes) {
  auto type = cast<RankedTensorType>(codes.getType());
  Value bytes = StorageCastOp::create(builder, sum->getLoc(),
                                      type.clone(builder.getI8Type()), codes,
                                      /*packed=*/false);
  if (auto pool = dyn_cast<linalg::PoolingNhwcSumOp>(sum))
    return sumBytes(builder, pool, bytes);
  return sumBytes(builder, cast<linalg::PoolingNchwSumOp>(sum), bytes);
}
