//===- LlamaGraph.cpp - A Llama as a module of linalg ---------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LlamaGraph.h"

#include "LinalgBuilder.h"
#include "LlamaFunctions.h"
#include "LlamaWeights.h"

#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

using GlobalTypes = llvm::StringMap<RankedTensorType>;

/// Builds `prefill` (a dynamic number of tokens) or `decode` (one).
class EntryPointBuilder {
public:
  EntryPointBuilder(ModuleOp module, const LlamaConfig &config,
                    const RotaryTables &tables, const GlobalTypes &globals,
                    StringRef name, int64_t numTokens);

  void build();

private:
  Value loadWeight(const Twine &symbol);
  /// Rows of the embedding table, one per token: t x hidden.
  Value embed();
  /// `rows * weight^T`, plus the bias if the model has one of this name.
  Value applyLinear(Value rows, const Twine &name);
  Value applyWeight(Value rows, Value weight, StringRef linearName);
  Value addBias(Value rows, const Twine &symbol);
  Value addResidual(Value rows, Value update);
  Value normalize(Value rows, const Twine &name);
  Value applyLayer(Value rows, int64_t layer);

  const LlamaConfig &config;
  const GlobalTypes &globals;
  LinalgBuilder builder;
  LlamaFunctions functions;
  func::FuncOp function;
  OpFoldResult numTokens;
};

} // namespace

EntryPointBuilder::EntryPointBuilder(ModuleOp module, const LlamaConfig &config,
                                     const RotaryTables &tables,
                                     const GlobalTypes &globals, StringRef name,
                                     int64_t numTokens)
    : config(config), globals(globals), builder(module.getLoc()),
      functions(module, config, tables, name, numTokens) {
  Type cache = LlamaFunctions::getCacheType(config, module.getContext());
  Type inputs[] = {RankedTensorType::get({numTokens}, builder.getI64Type()),
                   builder.getIndexType(), cache, cache};
  auto logits = RankedTensorType::get({numTokens, config.vocabularySize},
                                      builder.getF32Type());
  function = startFunction(module, builder, name, inputs, logits,
                           {"tokens", "position", "keys", "values"});
  this->numTokens = builder.getNumRows(function.getArgument(0));
}

Value EntryPointBuilder::loadWeight(const Twine &symbol) {
  std::string name = symbol.str();
  builder.setName(name);
  return ml_program::GlobalLoadConstOp::create(
      builder, globals.lookup(name),
      SymbolRefAttr::get(builder.getContext(), name));
}

Value EntryPointBuilder::embed() {
  Value table = loadWeight("embed_tokens.weight");
  builder.setName("embedded");
  Value init =
      builder.createEmpty({numTokens, builder.getIndexAttr(config.hiddenSize)});
  Value rows = builder.createGeneric(
      {{0}, {0, 1}}, function.getArgument(0), init,
      [&](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
        Value token =
            arith::IndexCastOp::create(inner, inner.getIndexType(), values[0]);
        Value channel = linalg::IndexOp::create(inner, 1);
        Value element =
            tensor::ExtractOp::create(inner, table, ValueRange{token, channel});
        if (element.getType() == inner.getF32Type())
          return element;
        return arith::ExtFOp::create(inner, inner.getF32Type(), element);
      });
  rows.getDefiningOp()->setAttr("ptq.name",
                                builder.getStringAttr("embed_tokens"));
  return rows;
}

Value EntryPointBuilder::applyWeight(Value rows, Value weight,
                                     StringRef linearName) {
  builder.setName(linearName);
  int64_t numOutputs = cast<RankedTensorType>(weight.getType()).getDimSize(0);
  Value init =
      builder.createFilled({numTokens, builder.getIndexAttr(numOutputs)}, 0.0);
  MLIRContext *context = builder.getContext();
  AffineExpr m, n, k;
  bindDims(context, m, n, k);
  ArrayAttr maps =
      builder.getAffineMapArrayAttr({AffineMap::get(3, 0, {m, k}, context),
                                     AffineMap::get(3, 0, {n, k}, context),
                                     AffineMap::get(3, 0, {m, n}, context)});
  auto matmul = linalg::MatmulOp::create(builder, init.getType(),
                                         ValueRange{rows, weight}, init);
  matmul.setIndexingMapsAttr(maps);
  matmul->setAttr("ptq.name", builder.getStringAttr(linearName));
  return matmul.getResult(0);
}

Value EntryPointBuilder::applyLinear(Value rows, const Twine &name) {
  Value result = applyWeight(rows, loadWeight(name + ".weight"), name.str());
  std::string bias = (name + ".bias").str();
  return globals.contains(bias) ? addBias(result, bias) : result;
}

Value EntryPointBuilder::addBias(Value rows, const Twine &symbol) {
  Value bias = loadWeight(symbol);
  int64_t numChannels = cast<RankedTensorType>(bias.getType()).getDimSize(0);
  return builder.createGeneric(
      {{0, 1}, {1}, {0, 1}}, {rows, bias},
      builder.createEmpty({numTokens, builder.getIndexAttr(numChannels)}),
      [](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
        return arith::AddFOp::create(inner, values[0], values[1]);
      });
}

Value EntryPointBuilder::addResidual(Value rows, Value update) {
  Value init =
      builder.createEmpty({numTokens, builder.getIndexAttr(config.hiddenSize)});
  return linalg::AddOp::create(builder, init.getType(),
                               ValueRange{rows, update}, init)
      .getResult(0);
}

Value EntryPointBuilder::normalize(Value rows, const Twine &name) {
  Value weight = loadWeight(name + ".weight");
  Type elementType = cast<RankedTensorType>(weight.getType()).getElementType();
  func::FuncOp rmsNorm = functions.getRmsNorm(elementType);
  builder.setName(name.str());
  return func::CallOp::create(builder, rmsNorm, ValueRange{rows, weight})
      .getResult(0);
}

Value EntryPointBuilder::applyLayer(Value rows, int64_t layer) {
  std::string prefix = "layers." + std::to_string(layer) + ".";
  Value input = normalize(rows, prefix + "input_layernorm");
  Value query = applyLinear(input, prefix + "q_proj");
  Value key = applyLinear(input, prefix + "k_proj");
  Value value = applyLinear(input, prefix + "v_proj");
  func::FuncOp attention = functions.getAttention();
  Value index = builder.createIndex(layer);
  builder.setName(prefix + "attention");
  Value context =
      func::CallOp::create(
          builder, attention,
          ValueRange{query, key, value, function.getArgument(1), index,
                     function.getArgument(2), function.getArgument(3)})
          .getResult(0);
  Value update = applyLinear(context, prefix + "o_proj");
  builder.setName(prefix + "attention_residual");
  rows = addResidual(rows, update);

  input = normalize(rows, prefix + "post_attention_layernorm");
  Value gate = applyLinear(input, prefix + "gate_proj");
  Value up = applyLinear(input, prefix + "up_proj");
  func::FuncOp siluMultiply = functions.getSiluMultiply();
  builder.setName(prefix + "hidden");
  Value hidden =
      func::CallOp::create(builder, siluMultiply, ValueRange{gate, up})
          .getResult(0);
  update = applyLinear(hidden, prefix + "down_proj");
  builder.setName(prefix + "residual");
  return addResidual(rows, update);
}

void EntryPointBuilder::build() {
  Value rows = embed();
  for (int64_t layer = 0; layer < config.numLayers; ++layer)
    rows = applyLayer(rows, layer);
  rows = normalize(rows, "norm");
  Value head =
      loadWeight(config.hasTiedHead ? "embed_tokens.weight" : "lm_head.weight");
  Value logits = applyWeight(rows, head, "lm_head");
  func::ReturnOp::create(builder, logits);
}

/// One immutable global per weight, that refers to its file.
static GlobalTypes buildGlobals(ModuleOp module, const LlamaConfig &config,
                                const Checkpoint &checkpoint,
                                StringRef filePrefix) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  StringAttr isPrivate = builder.getStringAttr("private");
  GlobalTypes types;
  for (const LlamaWeight &weight : listWeights(config)) {
    const CheckpointTensor *tensor = checkpoint.find(weight.key);
    auto type = RankedTensorType::get(
        weight.shape,
        getSafetensorsElementType(tensor->tensor->dtype, builder.getContext()));
    SmallString<128> file(filePrefix);
    llvm::sys::path::append(file, tensor->fileName);
    auto external =
        ExternalAttr::get(builder.getContext(), builder.getStringAttr(file),
                          builder.getStringAttr(weight.key));
    Location location = NameLoc::get(builder.getStringAttr(weight.symbol));
    ml_program::GlobalOp::create(builder, location, weight.symbol, type,
                                 /*is_mutable=*/false, external, isPrivate);
    types[weight.symbol] = type;
  }
  return types;
}

OwningOpRef<ModuleOp> ptq::buildLlama(const LlamaConfig &config,
                                      const Checkpoint &checkpoint,
                                      StringRef filePrefix, Location location) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  Builder builder(location.getContext());
  (*module)->setAttr("ptq.context",
                     builder.getI64IntegerAttr(config.contextLength));
  GlobalTypes globals = buildGlobals(*module, config, checkpoint, filePrefix);
  RotaryTables tables = makeRotaryTables(config, location.getContext());
  EntryPointBuilder(*module, config, tables, globals, "prefill",
                    ShapedType::kDynamic)
      .build();
  EntryPointBuilder(*module, config, tables, globals, "decode", 1).build();
  return module;
}
