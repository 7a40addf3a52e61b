//===- HuggingFaceConfig.cpp - Reading of config.json ---------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LlamaConfig.h"

#include "ptq/IR/JSON.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// Typed access to one JSON object. The first thing that is not as expected
/// is kept; later calls return their defaults.
class ConfigReader {
public:
  explicit ConfigReader(const llvm::json::Object &object) : object(object) {}

  int64_t getSize(StringRef key, std::optional<int64_t> fallback = {});
  double getPositive(StringRef key, std::optional<double> fallback = {});
  bool getBool(StringRef key, bool fallback);
  std::string getString(StringRef key, StringRef fallback);

  /// Refuses `key: value` unless the value is absent, null or false.
  void refuse(StringRef key);

  void fail(const Twine &reason) {
    if (firstFailure.empty())
      firstFailure = reason.str();
  }
  const std::string &getFailure() const { return firstFailure; }

  /// Null if the key is absent or null.
  const llvm::json::Value *find(StringRef key) const {
    const llvm::json::Value *value = object.get(key);
    return value && value->kind() != llvm::json::Value::Null ? value : nullptr;
  }

private:
  const llvm::json::Object &object;
  std::string firstFailure;
};

} // namespace

// Far above any model; the bytes of one weight still fit 63 bits.
static constexpr int64_t maxSize = int64_t(1) << 26;

int64_t ConfigReader::getSize(StringRef key, std::optional<int64_t> fallback) {
  const llvm::json::Value *value = find(key);
  if (!value && fallback)
    return *fallback;
  std::optional<int64_t> size =
      value ? value->getAsInteger() : std::optional<int64_t>();
  if (size && *size > 0 && *size <= maxSize)
    return *size;
  fail("expects '" + key + "' to be a whole number in [1, " + Twine(maxSize) +
       "]");
  return 1;
}

double ConfigReader::getPositive(StringRef key,
                                 std::optional<double> fallback) {
  const llvm::json::Value *value = find(key);
  if (!value && fallback)
    return *fallback;
  std::optional<double> number =
      value ? value->getAsNumber() : std::optional<double>();
  if (number && *number > 0 && *number < 1e30)
    return *number;
  fail("expects '" + key + "' to be a positive number");
  return 1;
}

bool ConfigReader::getBool(StringRef key, bool fallback) {
  const llvm::json::Value *value = find(key);
  if (!value)
    return fallback;
  if (std::optional<bool> flag = value->getAsBoolean())
    return *flag;
  fail("expects '" + key + "' to be true or false");
  return fallback;
}

std::string ConfigReader::getString(StringRef key, StringRef fallback) {
  const llvm::json::Value *value = find(key);
  if (!value)
    return fallback.str();
  if (std::optional<StringRef> text = value->getAsString())
    return text->str();
  fail("expects '" + key + "' to be a string");
  return fallback.str();
}

void ConfigReader::refuse(StringRef key) {
  const llvm::json::Value *value = find(key);
  if (value && value->getAsBoolean() != std::optional<bool>(false))
    fail("'" + key + "' is not supported");
}

//===----------------------------------------------------------------------===//
// Parts of the configuration
//===----------------------------------------------------------------------===//

static std::string readArchitecture(ConfigReader &reader) {
  const llvm::json::Value *value = reader.find("architectures");
  const llvm::json::Array *names = value ? value->getAsArray() : nullptr;
  std::optional<StringRef> name =
      names && !names->empty() ? (*names)[0].getAsString() : std::nullopt;
  static const StringRef known[] = {"LlamaForCausalLM", "MistralForCausalLM",
                                    "Qwen2ForCausalLM"};
  if (!llvm::is_contained(known, name.value_or("")))
    reader.fail("expects 'architectures' to be " +
                llvm::join(ArrayRef(known), " or ") + ", but got '" +
                name.value_or("") + "'");
  return name.value_or("").str();
}

/// Rotary options are `rope_theta` and `rope_scaling`, or, since transformers
/// 5, together in `rope_parameters`.
static void readRope(ConfigReader &reader, LlamaConfig &config) {
  config.ropeTheta = reader.getPositive("rope_theta", 10000.0);
  if (reader.getPositive("partial_rotary_factor", 1.0) != 1.0)
    reader.fail("'partial_rotary_factor' is not supported");
  const llvm::json::Value *value = reader.find("rope_parameters");
  if (!value)
    value = reader.find("rope_scaling");
  if (!value)
    return;
  const llvm::json::Object *object = value->getAsObject();
  if (!object)
    return reader.fail("expects the rotary options to be a JSON object");
  ConfigReader rope(*object);
  config.ropeTheta = rope.getPositive("rope_theta", config.ropeTheta);
  std::string type =
      rope.getString("rope_type", rope.getString("type", "default"));
  if (type == "llama3")
    config.ropeScaling = Llama3RopeScaling{
        rope.getPositive("factor"), rope.getPositive("low_freq_factor"),
        rope.getPositive("high_freq_factor"),
        rope.getPositive("original_max_position_embeddings")};
  else if (type != "default")
    rope.fail("expects a rope type of 'default' or 'llama3', but got '" + type +
              "'");
  if (config.ropeScaling && config.ropeScaling->lowFrequencyFactor >=
                                config.ropeScaling->highFrequencyFactor)
    rope.fail("expects 'low_freq_factor' to be below 'high_freq_factor'");
  if (!rope.getFailure().empty())
    reader.fail(rope.getFailure());
}

static void readBiases(ConfigReader &reader, StringRef architecture,
                       LlamaConfig &config) {
  if (architecture == "Qwen2ForCausalLM") {
    config.hasQueryKeyValueBias = true;
  } else if (architecture == "LlamaForCausalLM") {
    config.hasQueryKeyValueBias = reader.getBool("attention_bias", false);
    config.hasAttentionOutputBias = config.hasQueryKeyValueBias;
    config.hasMultilayerPerceptronBias = reader.getBool("mlp_bias", false);
  } else {
    reader.refuse("attention_bias");
    reader.refuse("mlp_bias");
  }
}

static void readSlidingWindow(ConfigReader &reader, StringRef architecture,
                              LlamaConfig &config) {
  bool isUsed = architecture == "MistralForCausalLM" ||
                (architecture == "Qwen2ForCausalLM" &&
                 reader.getBool("use_sliding_window", false));
  if (isUsed && reader.find("sliding_window"))
    config.slidingWindow = reader.getSize("sliding_window");
}

llvm::Error ptq::verify(const LlamaConfig &config, StringRef file) {
  auto makeError = [&](const Twine &reason) {
    return llvm::createStringError(file + ": " + reason);
  };
  if (config.numHeads % config.numKeyValueHeads)
    return makeError("expects the number of attention heads to be a multiple "
                     "of the number of key-value heads, but got " +
                     Twine(config.numHeads) + " and " +
                     Twine(config.numKeyValueHeads));
  if (config.headDim % 2)
    return makeError("expects an even head dimension, but got " +
                     Twine(config.headDim));
  if (config.getQuerySize() > maxSize)
    return makeError("expects at most " + Twine(maxSize) +
                     " channels of attention, but got " +
                     Twine(config.getQuerySize()));
  return llvm::Error::success();
}

llvm::Expected<LlamaConfig> ptq::readHuggingFaceConfig(StringRef file) {
  llvm::Expected<llvm::json::Value> json = readJSON(file);
  if (!json)
    return json.takeError();
  const llvm::json::Object *object = json->getAsObject();
  if (!object)
    return llvm::createStringError(file + ": expects a JSON object");
  ConfigReader reader(*object);
  LlamaConfig config;
  std::string architecture = readArchitecture(reader);
  config.hiddenSize = reader.getSize("hidden_size");
  config.intermediateSize = reader.getSize("intermediate_size");
  config.numLayers = reader.getSize("num_hidden_layers");
  config.numHeads = reader.getSize("num_attention_heads");
  config.numKeyValueHeads =
      reader.getSize("num_key_value_heads", config.numHeads);
  config.headDim = reader.getSize(
      "head_dim", std::max<int64_t>(config.hiddenSize / config.numHeads, 1));
  config.vocabularySize = reader.getSize("vocab_size");
  config.contextLength = reader.getSize("max_position_embeddings");
  config.normEpsilon = reader.getPositive("rms_norm_eps", 1e-6);
  config.hasTiedHead = reader.getBool("tie_word_embeddings", false);
  if (!reader.find("head_dim") && config.hiddenSize % config.numHeads)
    reader.fail("expects 'hidden_size' to be a multiple of "
                "'num_attention_heads', or 'head_dim'");
  std::string activation = reader.getString("hidden_act", "silu");
  if (activation != "silu")
    reader.fail("expects 'hidden_act' to be 'silu', but got '" + activation +
                "'");
  reader.refuse("quantization_config");
  readRope(reader, config);
  readBiases(reader, architecture, config);
  readSlidingWindow(reader, architecture, config);
  if (!reader.getFailure().empty())
    return llvm::createStringError(file + ": " + reader.getFailure());
  if (llvm::Error error = verify(config, file))
    return std::move(error);
  return config;
}
