//===- Llama2c.cpp - Checkpoints of llama2.c ------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Version 0 of the format is seven 32-bit integers (hidden size, intermediate
// size, layers, heads, key-value heads, vocabulary size, context), then f32
// values: each kind of weight, for all layers. A negative vocabulary size says
// that the head is not tied. There is no magic number, which later versions
// start with: the size of the file is the check.
//
//===----------------------------------------------------------------------===//

#include "Llama2c.h"

#include "LlamaWeights.h"

#include "ptq/IR/Safetensors.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mlir::ptq;

static constexpr size_t headerSize = 7 * 4;
static constexpr int32_t laterVersionMagic = 0x616b3432; // "ak42"

static llvm::Expected<LlamaConfig> readHeader(StringRef bytes, StringRef file) {
  if (bytes.size() < headerSize)
    return llvm::createStringError(file + ": expects a header of " +
                                   Twine(headerSize) + " bytes, but got " +
                                   Twine(bytes.size()));
  int32_t fields[7];
  for (auto [index, field] : llvm::enumerate(fields))
    field = llvm::support::endian::read32le(bytes.data() + 4 * index);
  if (fields[0] == laterVersionMagic)
    return llvm::createStringError(
        file + ": expects a llama2.c checkpoint of version 0, but got " +
        Twine(fields[1]));
  LlamaConfig config;
  config.hasTiedHead = fields[5] > 0;
  fields[5] = std::abs(std::max(fields[5], -INT32_MAX));
  static const char *const names[] = {
      "hidden size",     "intermediate size", "layers", "heads",
      "key-value heads", "vocabulary size",   "context"};
  for (auto [index, field] : llvm::enumerate(fields))
    if (field <= 0 || field > (1 << 26))
      return llvm::createStringError(
          file + ": expects " + names[index] + " in [1, " + Twine(1 << 26) +
          "] at byte " + Twine(4 * index) + ", but got " + Twine(field));
  config.hiddenSize = fields[0];
  config.intermediateSize = fields[1];
  config.numLayers = fields[2];
  config.numHeads = fields[3];
  config.numKeyValueHeads = fields[4];
  config.vocabularySize = fields[5];
  config.contextLength = fields[6];
  config.headDim = std::max<int64_t>(config.hiddenSize / config.numHeads, 1);
  config.normEpsilon = 1e-5;
  config.ropeTheta = 10000.0;
  if (config.hiddenSize % config.numHeads)
    return llvm::createStringError(file + ": expects the hidden size to be a "
                                          "multiple of the number of heads");
  if (llvm::Error error = verify(config, file))
    return std::move(error);
  return config;
}

namespace {

/// The kinds of weights, in the order of the file. The two that follow
/// `norm.weight` are tables of rotary cosines and sines.
struct WeightKind {
  StringRef name;
  bool isPerLayer;
};

} // namespace

static const WeightKind weightKinds[] = {
    {"embed_tokens.weight", false},
    {"input_layernorm.weight", true},
    {"q_proj.weight", true},
    {"k_proj.weight", true},
    {"v_proj.weight", true},
    {"o_proj.weight", true},
    {"post_attention_layernorm.weight", true},
    {"gate_proj.weight", true},
    {"down_proj.weight", true},
    {"up_proj.weight", true},
    {"norm.weight", false},
};

/// Where in the file each weight starts, by its symbol, and the end of all.
static llvm::StringMap<uint64_t>
locateWeights(const LlamaConfig &config, const llvm::StringMap<uint64_t> &sizes,
              uint64_t &end) {
  llvm::StringMap<uint64_t> offsets;
  end = headerSize;
  auto add = [&](const std::string &symbol) {
    offsets[symbol] = end;
    end = llvm::SaturatingAdd(end, sizes.lookup(symbol));
  };
  for (const WeightKind &kind : weightKinds) {
    if (!kind.isPerLayer)
      add(kind.name.str());
    for (int64_t layer = 0; kind.isPerLayer && layer < config.numLayers;
         ++layer)
      add("layers." + std::to_string(layer) + "." + kind.name.str());
  }
  end = llvm::SaturatingAdd(end, uint64_t(config.contextLength) *
                                     config.headDim * sizeof(float));
  if (!config.hasTiedHead)
    add("lm_head.weight");
  return offsets;
}

/// Writes rows of `headDim` outputs so that the pairs of channels (2i, 2i + 1)
/// that llama2.c rotates become (i, i + headDim / 2).
static llvm::Error writeUninterleaved(SafetensorsWriter &writer, StringRef key,
                                      ArrayRef<char> bytes, int64_t numRows,
                                      int64_t headDim) {
  uint64_t rowSize = bytes.size() / numRows;
  for (int64_t row = 0; row < numRows; ++row) {
    int64_t channel = row % headDim;
    int64_t target = row - channel + channel / 2 + channel % 2 * (headDim / 2);
    if (llvm::Error error = writer.write(
            key, bytes.slice(row * rowSize, rowSize), target * rowSize))
      return error;
  }
  return llvm::Error::success();
}

static llvm::Error writeWeights(ArrayRef<LlamaWeight> weights,
                                const llvm::StringMap<uint64_t> &offsets,
                                const llvm::StringMap<uint64_t> &sizes,
                                const LlamaConfig &config, StringRef bytes,
                                StringRef parameters) {
  std::vector<SafetensorsTensor> tensors;
  for (const LlamaWeight &weight : weights)
    tensors.push_back({weight.key, "F32", llvm::to_vector<4>(weight.shape)});
  llvm::Expected<std::unique_ptr<SafetensorsWriter>> writer =
      SafetensorsWriter::create(parameters, tensors, {{"format", "pt"}});
  if (!writer)
    return writer.takeError();
  for (const LlamaWeight &weight : weights) {
    StringRef data = bytes.substr(offsets.lookup(weight.symbol),
                                  sizes.lookup(weight.symbol));
    ArrayRef<char> source(data.data(), data.size());
    StringRef symbol = weight.symbol;
    bool isRotated =
        symbol.ends_with("q_proj.weight") || symbol.ends_with("k_proj.weight");
    if (llvm::Error error =
            isRotated ? writeUninterleaved(**writer, weight.key, source,
                                           weight.shape[0], config.headDim)
                      : (*writer)->write(weight.key, source))
      return error;
  }
  return (*writer)->finish();
}

llvm::Expected<LlamaConfig> ptq::convertLlama2c(StringRef file,
                                                StringRef parameters) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer =
      llvm::MemoryBuffer::getFile(file, /*IsText=*/false,
                                  /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError(file + ": " + buffer.getError().message());
  StringRef bytes = (*buffer)->getBuffer();
  llvm::Expected<LlamaConfig> config = readHeader(bytes, file);
  if (!config)
    return config.takeError();
  // Nine weights of at least one value each.
  if (uint64_t(config->numLayers) > bytes.size() / (9 * sizeof(float)))
    return llvm::createStringError(file + ": is too short for " +
                                   Twine(config->numLayers) + " layers");
  std::vector<LlamaWeight> weights = listWeights(*config);
  llvm::StringMap<uint64_t> sizes;
  for (const LlamaWeight &weight : weights) {
    uint64_t size = sizeof(float);
    for (int64_t dim : weight.shape)
      size *= dim;
    sizes[weight.symbol] = size;
  }
  uint64_t end;
  llvm::StringMap<uint64_t> offsets = locateWeights(*config, sizes, end);
  if (end != bytes.size())
    return llvm::createStringError(
        file + ": expects " + Twine(end) +
        " bytes for the sizes in its header (llama2.c version 0), but got " +
        Twine(bytes.size()));
  if (llvm::Error error =
          writeWeights(weights, offsets, sizes, *config, bytes, parameters))
    return std::move(error);
  return *config;
}
