//===- LlamaFunctions.cpp - What a Llama does between its linears ---------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LlamaFunctions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace mlir::ptq;

func::FuncOp ptq::startFunction(ModuleOp module, LinalgBuilder &builder,
                                StringRef name, TypeRange inputs, Type result,
                                ArrayRef<StringRef> names) {
  builder.setInsertionPointToEnd(module.getBody());
  builder.setName(name);
  auto function = func::FuncOp::create(builder, name,
                                       builder.getFunctionType(inputs, result));
  SmallVector<Location> locations =
      llvm::map_to_vector(names, [&](StringRef argument) -> Location {
        return NameLoc::get(builder.getStringAttr(argument));
      });
  Block *body = builder.createBlock(&function.getBody(), {}, inputs, locations);
  builder.setInsertionPointToStart(body);
  return function;
}

func::FuncOp LlamaFunctions::getRmsNorm(Type weightElementType) {
  func::FuncOp &function = rmsNorms[weightElementType];
  if (function)
    return function;
  LinalgBuilder builder(module.getLoc());
  auto rowsType = RankedTensorType::get({numTokens, config.hiddenSize},
                                        builder.getF32Type());
  auto weightType =
      RankedTensorType::get({config.hiddenSize}, weightElementType);
  std::string name = prefix + "_rms_norm";
  if (rmsNorms.size() > 1) // a checkpoint that mixes types
    name += "_" + std::to_string(rmsNorms.size());
  function = startFunction(module, builder, name, {rowsType, weightType},
                           rowsType, {"x", "weight"});
  function.setPrivate();
  Value x = function.getArgument(0), weight = function.getArgument(1);
  OpFoldResult tokens = builder.getNumRows(x);
  OpFoldResult channels = builder.getIndexAttr(config.hiddenSize);

  builder.setName("sum_of_squares");
  Value sum = builder.createGeneric(
      {{0, 1}, {0}}, x, builder.createFilled(tokens, 0.0),
      [](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
        Value square = arith::MulFOp::create(inner, values[0], values[0]);
        return arith::AddFOp::create(inner, values[1], square);
      });
  Value epsilon = builder.createFloat(config.normEpsilon);
  Value size = builder.createFloat(config.hiddenSize);
  builder.setName("inverse");
  Value inverse = builder.createGeneric(
      {{0}, {0}}, sum, builder.createEmpty(tokens),
      [&](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
        Value mean = arith::DivFOp::create(inner, values[0], size);
        mean = arith::AddFOp::create(inner, mean, epsilon);
        return math::RsqrtOp::create(inner, mean);
      });
  builder.setName("normalized");
  Value result = builder.createGeneric(
      {{0, 1}, {0}, {1}, {0, 1}}, {x, inverse, weight},
      builder.createEmpty({tokens, channels}),
      [](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
        Value scaled = arith::MulFOp::create(inner, values[0], values[1]);
        return arith::MulFOp::create(inner, scaled, values[2]);
      });
  func::ReturnOp::create(builder, result);
  return function;
}

func::FuncOp LlamaFunctions::getSiluMultiply() {
  if (siluMultiply)
    return siluMultiply;
  LinalgBuilder builder(module.getLoc());
  auto rowsType = RankedTensorType::get({numTokens, config.intermediateSize},
                                        builder.getF32Type());
  siluMultiply = startFunction(module, builder, prefix + "_silu_multiply",
                               {rowsType, rowsType}, rowsType, {"gate", "up"});
  siluMultiply.setPrivate();
  Value gate = siluMultiply.getArgument(0), up = siluMultiply.getArgument(1);
  OpFoldResult tokens = builder.getNumRows(gate);
  Value one = builder.createFloat(1.0);
  builder.setName("hidden");
  Value result = builder.createGeneric(
      {{0, 1}, {0, 1}, {0, 1}}, {gate, up},
      builder.createEmpty(
          {tokens, builder.getIndexAttr(config.intermediateSize)}),
      [&](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
        Value negated = arith::NegFOp::create(inner, values[0]);
        Value exponential = math::ExpOp::create(inner, negated);
        Value divisor = arith::AddFOp::create(inner, one, exponential);
        Value silu = arith::DivFOp::create(inner, values[0], divisor);
        return arith::MulFOp::create(inner, silu, values[1]);
      });
  func::ReturnOp::create(builder, result);
  return siluMultiply;
}

MemRefType LlamaFunctions::getCacheType(const LlamaConfig &config,
                                        MLIRContext *context) {
  return MemRefType::get({config.numLayers, ShapedType::kDynamic,
                          config.numKeyValueHeads, config.headDim},
                         Float32Type::get(context));
}

func::FuncOp LlamaFunctions::getAttention() {
  if (attention)
    return attention;
  LinalgBuilder builder(module.getLoc());
  auto queryType = RankedTensorType::get({numTokens, config.getQuerySize()},
                                         builder.getF32Type());
  auto keyType = RankedTensorType::get({numTokens, config.getKeyValueSize()},
                                       builder.getF32Type());
  Type index = builder.getIndexType();
  Type cache = getCacheType(config, module.getContext());
  attention = startFunction(
      module, builder, prefix + "_attention",
      {queryType, keyType, keyType, index, index, cache, cache}, queryType,
      {"query", "key", "value", "position", "layer", "keys", "values"});
  attention.setPrivate();
  buildAttention(builder, config, tables, attention.getArguments());
  return attention;
}
