//===- SmoothQuant.cpp - Move outliers from activations to weights --------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Smoothing.h"
#include "SmoothingError.h"
#include "SourceBytes.h"

#include "ptq/Calibrate/Statistics.h"
#include "ptq/IR/NarrowFloats.h"
#include "ptq/IR/Parameters.h"
#include "ptq/Quantize/HashModel.h"
#include "ptq/Quantize/Passes.h"
#include "ptq/Quantize/QuantizableModels.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/Threading.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <cstring>

namespace mlir::ptq {
#define GEN_PASS_DEF_SMOOTHQUANT
#include "ptq/Quantize/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

/// The values of a global, as f32; fails if they are of no float type.
static llvm::Expected<std::vector<float>>
readValues(ml_program::GlobalOp global, Parameters &parameters) {
  auto type = cast<RankedTensorType>(global.getType());
  auto source = getSourceBytes(global.getValueAttr(), type, parameters);
  if (!source)
    return source.takeError();
  ArrayRef<char> bytes = *source;
  std::vector<float> values(type.getNumElements());
  Type element = type.getElementType();
  size_t width = element.getIntOrFloatBitWidth() / 8;
  bool isSplat = bytes.size() == width;
  for (size_t i = 0; i < values.size(); ++i) {
    const char *from = bytes.data() + (isSplat ? 0 : i * width);
    if (element.isF32()) {
      std::memcpy(&values[i], from, sizeof(float));
      continue;
    }
    uint16_t bits;
    std::memcpy(&bits, from, sizeof(bits));
    values[i] = element.isBF16() ? widenBFloat16(bits) : widenHalf(bits);
  }
  return values;
}

/// Gives `global` new values. Fails, and changes nothing, if its type does not
/// hold them exactly.
static LogicalResult writeValues(ml_program::GlobalOp global,
                                 ArrayRef<float> values) {
  auto type = cast<RankedTensorType>(global.getType());
  Type element = type.getElementType();
  size_t width = element.getIntOrFloatBitWidth() / 8;
  AsmResourceBlob blob =
      HeapAsmResourceBlob::allocate(values.size() * width, /*align=*/64);
  char *to = blob.getMutableData().data();
  for (float value : values) {
    uint16_t bits = element.isBF16()  ? narrowToBFloat16(value)
                    : element.isF16() ? narrowToHalf(value)
                                      : 0;
    float stored = element.isBF16()  ? widenBFloat16(bits)
                   : element.isF16() ? widenHalf(bits)
                                     : value;
    if (stored != value || !std::isfinite(value))
      return failure();
    std::memcpy(to, width == 4 ? static_cast<const void *>(&value) : &bits,
                width);
    to += width;
  }
  global.setValueAttr(DenseResourceElementsAttr::get(
      type, (global.getSymName() + ".smoothed").str(), std::move(blob)));
  return success();
}

static llvm::Expected<std::vector<std::vector<float>>>
readAll(ArrayRef<ml_program::GlobalOp> globals, Parameters &parameters) {
  std::vector<std::vector<float>> all;
  for (ml_program::GlobalOp global : globals) {
    auto values = readValues(global, parameters);
    if (!values)
      return values.takeError();
    all.push_back(std::move(*values));
  }
  return all;
}

static LogicalResult writeAll(ArrayRef<ml_program::GlobalOp> globals,
                              ArrayRef<std::vector<float>> all) {
  for (auto [global, values] : llvm::zip_equal(globals, all))
    if (failed(writeValues(global, values)))
      return failure();
  return success();
}

/// The exponents of the factors of channels, which leave the activations:
/// `2^e ~ a^alpha / w^(1 - alpha)`. Dead channels have the factor 1.
static SmallVector<int32_t> getExponents(ArrayRef<float> activations,
                                         ArrayRef<float> weights,
                                         double alpha) {
  SmallVector<int32_t> exponents;
  for (auto [a, w] : llvm::zip_equal(activations, weights)) {
    double exponent = 0;
    if (a > 0 && w > 0)
      exponent = alpha * std::log2(a) - (1 - alpha) * std::log2(w);
    exponents.push_back(static_cast<int32_t>(
        std::clamp(std::nearbyint(exponent), -30.0, 30.0)));
  }
  return exponents;
}

/// Of each scale the largest of what its channels have.
static std::vector<float> gather(ArrayRef<float> values,
                                 const SmoothingGroup &group) {
  std::vector<float> largest(group.getNumScales());
  for (auto [value, scale] : llvm::zip_equal(values, group.channels))
    largest[scale] = std::max(largest[scale], value);
  return largest;
}

/// Of each channel the exponent of its scale.
static SmallVector<int32_t> spread(ArrayRef<int32_t> exponents,
                                   ArrayRef<int64_t> channels) {
  return llvm::map_to_vector(channels,
                             [&](int64_t scale) { return exponents[scale]; });
}

/// The alpha of 0, 0.05, .. 1 of the least error that is to be expected, the
/// first on a tie; none if that is not below the error without scales.
static llvm::Expected<std::optional<double>>
searchAlpha(MLIRContext *context, const SmoothingGroup &group,
            const TensorStatistics &input, ArrayRef<float> activations,
            ArrayRef<float> largest, ArrayRef<std::vector<float>> values) {
  auto channelMaxima = input.getChannelAbsMax();
  if (!channelMaxima)
    return channelMaxima.takeError();
  auto squares = input.getMeanSquare();
  if (!squares)
    return squares.takeError();
  SmallVector<SmoothedWeight> weights;
  for (auto [numbers, format] : llvm::zip_equal(values, group.formats))
    weights.push_back({numbers, format});
  constexpr int64_t numSteps = 20;
  SmallVector<double> errors(numSteps + 2);
  parallelFor(context, 0, errors.size(), [&](size_t i) {
    SmallVector<int32_t> exponents(activations.size());
    if (i > 0) // the first is without scales
      exponents = getExponents(activations, largest,
                               static_cast<double>(i - 1) / numSteps);
    errors[i] = getSmoothingError(weights, *channelMaxima, *squares,
                                  spread(exponents, group.channels));
  });
  size_t best = llvm::min_element(errors) - errors.begin();
  if (best == 0)
    return std::nullopt;
  return static_cast<double>(best - 1) / numSteps;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

struct SmoothQuant : ptq::impl::SmoothQuantBase<SmoothQuant> {
  using SmoothQuantBase::SmoothQuantBase;

  void getDependentDialects(DialectRegistry &registry) const override {
    SmoothQuantBase::getDependentDialects(registry);
    registerQuantizableModels(registry);
  }

  void runOnOperation() override {
    if (failed(verifyFormatAttrs(getOperation())))
      return signalPassFailure();
    if (llvm::Error error = smooth(getOperation())) {
      emitError(getOperation().getLoc(), llvm::toString(std::move(error)));
      signalPassFailure();
    }
  }

  llvm::Error smooth(ModuleOp module);
  llvm::Error smoothGroup(const SmoothingGroup &group,
                          const Statistics &statistics, Parameters &parameters,
                          SmallVectorImpl<Attribute> &records);
};

} // namespace

static void reportLeft(const SmoothingGroup &group, StringRef why) {
  remark::missed(
      group.loc,
      remark::RemarkOpts::name("NotSmoothed").category("ptq-quantize"))
      << remark::metric("Linear", group.linears.front())
      << remark::reason("{0}", why);
}

llvm::Error SmoothQuant::smoothGroup(const SmoothingGroup &group,
                                     const Statistics &statistics,
                                     Parameters &parameters,
                                     SmallVectorImpl<Attribute> &records) {
  auto input = statistics.getInput(group.linears.front());
  if (!input)
    return input.takeError();
  auto maxima = (*input)->getChannelAbsMax();
  if (!maxima)
    return maxima.takeError();
  size_t numChannels = group.channels.size();
  if (maxima->size() != numChannels)
    return llvm::createStringError(
        "expects statistics of " + Twine(numChannels) + " channels of '" +
        group.linears.front() + "', but got " + Twine(maxima->size()));

  auto weights = readAll(group.weights.getArrayRef(), parameters);
  if (!weights)
    return weights.takeError();
  auto producers = readAll(group.producers.getArrayRef(), parameters);
  if (!producers)
    return producers.takeError();
  std::vector<float> columns(numChannels);
  for (ArrayRef<float> values : *weights)
    for (size_t i = 0; i < values.size(); ++i)
      columns[i % numChannels] =
          std::max(columns[i % numChannels], std::abs(values[i]));
  std::vector<float> activations = gather(*maxima, group),
                     largest = gather(columns, group);
  double chosen = alpha;
  if (search) {
    auto best = searchAlpha(&getContext(), group, **input, activations, largest,
                            *weights);
    if (!best)
      return best.takeError();
    if (!*best) {
      reportLeft(group, "no alpha has a smaller error than none");
      return llvm::Error::success();
    }
    chosen = **best;
  }
  SmallVector<int32_t> scales = getExponents(activations, largest, chosen),
                       exponents = spread(scales, group.channels);
  for (std::vector<float> &values : *producers) {
    size_t width = values.size() / scales.size(); // 1, or inputs of a linear
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = std::ldexp(values[i], -scales[i / width]);
  }
  for (std::vector<float> &values : *weights)
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = std::ldexp(values[i], exponents[i % numChannels]);
  if (failed(writeAll(group.producers.getArrayRef(), *producers)) ||
      failed(writeAll(group.weights.getArrayRef(), *weights)))
    return llvm::createStringError(
        "a scaled weight of '" + group.linears.front() +
        "' is not finite, or below the normal numbers of its type");
  remark::passed(group.loc,
                 remark::RemarkOpts::name("Smoothed").category("ptq-quantize"))
      << remark::metric("Linear", group.linears.front())
      << remark::metric("Alpha", llvm::formatv("{0:f2}", chosen).str());
  records.push_back(makeSmoothingRecord(&getContext(), group, exponents));
  return llvm::Error::success();
}

llvm::Error SmoothQuant::smooth(ModuleOp module) {
  if (!(alpha >= 0 && alpha <= 1))
    return llvm::createStringError("expects alpha in [0, 1], but got " +
                                   std::to_string(alpha));
  if (statistics.empty())
    return llvm::createStringError("expects statistics=, a file");
  if (module->hasAttr(smoothedAttrName))
    return llvm::createStringError("expects a module that is not smoothed yet");
  llvm::Expected<Statistics> loaded = Statistics::load(statistics);
  if (!loaded)
    return loaded.takeError();
  llvm::Expected<std::string> hash = hashModel(module, root);
  if (!hash)
    return hash.takeError();
  if (llvm::Error error = loaded->checkModel(*hash, statistics))
    return error;
  llvm::Expected<ptq::Recipe> rules =
      ptq::Recipe::create(recipe, recipeFile, skip, "");
  if (!rules)
    return rules.takeError();

  Parameters parameters(getParameterRoot(module, root));
  SmallVector<Attribute> records;
  for (const SmoothingGroup &group : findSmoothingGroups(module, *rules)) {
    if (!group.refusal.empty())
      reportLeft(group, group.refusal);
    else if (llvm::Error error =
                 smoothGroup(group, *loaded, parameters, records))
      return error;
  }
  Builder b(&getContext());
  module->setAttr(modelHashAttrName, b.getStringAttr(*hash));
  module->setAttr(smoothedAttrName, b.getArrayAttr(records));
  return llvm::Error::success();
}
