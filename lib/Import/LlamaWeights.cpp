//===- LlamaWeights.cpp - The tensors that a Llama needs ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LlamaWeights.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// Collects the weights of one layer, or of what is around the layers.
class WeightList {
public:
  explicit WeightList(std::vector<LlamaWeight> &weights) : weights(weights) {}

  void enterLayer(int64_t layer) {
    prefix = "layers." + std::to_string(layer) + ".";
  }
  void leaveLayers() { prefix.clear(); }

  /// `part` is the checkpoint's name of the submodule, such as `mlp.`.
  void addVector(StringRef part, StringRef name, int64_t size) {
    add(part, name + ".weight", {size});
  }
  void addLinear(StringRef part, StringRef name, int64_t outputs,
                 int64_t inputs, bool hasBias = false) {
    add(part, name + ".weight", {outputs, inputs});
    if (hasBias)
      add(part, name + ".bias", {outputs});
  }
  void addHead(int64_t outputs, int64_t inputs) {
    weights.push_back({"lm_head.weight", "lm_head.weight", {outputs, inputs}});
  }

private:
  void add(StringRef part, const Twine &name, ArrayRef<int64_t> shape) {
    weights.push_back({(prefix + name).str(),
                       ("model." + prefix + part + name).str(),
                       llvm::to_vector<2>(shape)});
  }

  std::vector<LlamaWeight> &weights;
  std::string prefix;
};

} // namespace

std::vector<LlamaWeight> ptq::listWeights(const LlamaConfig &config) {
  std::vector<LlamaWeight> weights;
  WeightList list(weights);
  int64_t hidden = config.hiddenSize, inner = config.intermediateSize;
  int64_t query = config.getQuerySize(), key = config.getKeyValueSize();
  bool hasQkvBias = config.hasQueryKeyValueBias;
  bool hasMlpBias = config.hasMultilayerPerceptronBias;
  list.addLinear("", "embed_tokens", config.vocabularySize, hidden);
  for (int64_t layer = 0; layer < config.numLayers; ++layer) {
    list.enterLayer(layer);
    list.addVector("", "input_layernorm", hidden);
    list.addLinear("self_attn.", "q_proj", query, hidden, hasQkvBias);
    list.addLinear("self_attn.", "k_proj", key, hidden, hasQkvBias);
    list.addLinear("self_attn.", "v_proj", key, hidden, hasQkvBias);
    list.addLinear("self_attn.", "o_proj", hidden, query,
                   config.hasAttentionOutputBias);
    list.addVector("", "post_attention_layernorm", hidden);
    list.addLinear("mlp.", "gate_proj", inner, hidden, hasMlpBias);
    list.addLinear("mlp.", "up_proj", inner, hidden, hasMlpBias);
    list.addLinear("mlp.", "down_proj", hidden, inner, hasMlpBias);
  }
  list.leaveLayers();
  list.addVector("", "norm", hidden);
  if (!config.hasTiedHead)
    list.addHead(config.vocabularySize, hidden);
  return weights;
}

static std::string describe(ArrayRef<int64_t> shape) {
  std::string text = "[";
  llvm::raw_string_ostream stream(text);
  llvm::interleaveComma(shape, stream);
  return text + "]";
}

static llvm::Error checkWeight(const LlamaWeight &weight,
                               const CheckpointTensor &found) {
  const SafetensorsTensor &tensor = *found.tensor;
  StringRef path = found.file->getPath();
  if (ArrayRef<int64_t>(weight.shape) != ArrayRef<int64_t>(tensor.shape))
    return llvm::createStringError(
        path + ": tensor '" + weight.key + "': expects shape " +
        describe(weight.shape) + ", but got " + describe(tensor.shape));
  if (tensor.dtype != "F32" && tensor.dtype != "F16" && tensor.dtype != "BF16")
    return llvm::createStringError(path + ": tensor '" + weight.key +
                                   "': expects F32, F16 or BF16, but got " +
                                   tensor.dtype);
  return llvm::Error::success();
}

/// A checkpoint may hold a head although the model has none of its own, if it
/// is a copy of the embedding.
static llvm::Error checkTiedHead(const Checkpoint &checkpoint) {
  const CheckpointTensor *head = checkpoint.find("lm_head.weight");
  const CheckpointTensor *embedding =
      checkpoint.find("model.embed_tokens.weight");
  if (!head || !embedding || head->bytes() == embedding->bytes())
    return llvm::Error::success();
  return llvm::createStringError(
      head->file->getPath() +
      ": tensor 'lm_head.weight' differs from 'model.embed_tokens.weight', "
      "although the configuration ties them");
}

/// Buffers that old checkpoints carry and that the configuration determines.
static bool isDerived(StringRef name, const LlamaConfig &config) {
  return name.ends_with(".rotary_emb.inv_freq") ||
         (config.hasTiedHead && name == "lm_head.weight");
}

llvm::Error ptq::checkWeights(const LlamaConfig &config,
                              const Checkpoint &checkpoint) {
  size_t numTensors = checkpoint.getTensors().size();
  if (size_t(config.numLayers) > numTensors)
    return llvm::createStringError(
        checkpoint.getPath() + ": has " + Twine(numTensors) +
        " tensors, too few for " + Twine(config.numLayers) + " layers");
  llvm::StringSet<> expected;
  std::string problems;
  for (const LlamaWeight &weight : listWeights(config)) {
    expected.insert(weight.key);
    const CheckpointTensor *tensor = checkpoint.find(weight.key);
    if (!tensor)
      problems += "; missing tensor '" + weight.key + "'";
    else if (llvm::Error error = checkWeight(weight, *tensor))
      return error;
  }
  for (const auto &[name, tensor] : checkpoint.getTensors())
    if (!expected.contains(name) && !isDerived(name, config))
      problems += ("; surplus tensor '" + name + "'").str();
  if (!problems.empty())
    return llvm::createStringError(checkpoint.getPath() + ": " +
                                   StringRef(problems).drop_front(2));
  return config.hasTiedHead ? checkTiedHead(checkpoint)
                            : llvm::Error::success();
}
