//===- RotaryTables.cpp - Cosines and sines of rotary positions -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RotaryTables.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

/// Waves that are long beside the original context are slowed by `factor`,
/// short ones are kept, those between are blended.
static double scaleFrequency(double frequency, const Llama3RopeScaling &rope) {
  double turns = rope.originalContext * frequency / (2 * llvm::numbers::pi);
  double blend = (turns - rope.lowFrequencyFactor) /
                 (rope.highFrequencyFactor - rope.lowFrequencyFactor);
  blend = std::clamp(blend, 0.0, 1.0);
  return (1 - blend) * frequency / rope.factor + blend * frequency;
}

static DenseResourceElementsAttr
makeTable(const LlamaConfig &config, ArrayRef<double> frequencies,
          StringRef name, double (*function)(double), MLIRContext *context) {
  int64_t width = frequencies.size();
  auto type = RankedTensorType::get({config.contextLength, width},
                                    Float32Type::get(context));
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(
      type.getNumElements() * sizeof(float), alignof(float));
  auto *values = reinterpret_cast<float *>(blob.getMutableData().data());
  for (int64_t position = 0; position < config.contextLength; ++position)
    for (int64_t i = 0; i < width; ++i)
      values[position * width + i] =
          static_cast<float>(function(position * frequencies[i]));
  return DenseF32ResourceElementsAttr::get(type, name, std::move(blob));
}

RotaryTables ptq::makeRotaryTables(const LlamaConfig &config,
                                   MLIRContext *context) {
  SmallVector<double> frequencies;
  for (int64_t i = 0; i < config.headDim / 2; ++i) {
    double frequency = std::pow(config.ropeTheta, -2.0 * i / config.headDim);
    if (config.ropeScaling)
      frequency = scaleFrequency(frequency, *config.ropeScaling);
    frequencies.push_back(frequency);
  }
  return {makeTable(config, frequencies, "rope_cosine", std::cos, context),
          makeTable(config, frequencies, "rope_sine", std::sin, context)};
}
