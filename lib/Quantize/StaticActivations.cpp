//===- StaticActivations.cpp - Scales of activations from statistics ------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StaticActivations.h"

#include "Smoothing.h"

#include "ptq/Calibrate/ChooseParameters.h"
#include "ptq/IR/Reference.h"
#include "ptq/Quantize/HashModel.h"

#include "mlir/IR/Remarks.h"

#include <cmath>
#include <utility>

using namespace mlir;
using namespace mlir::ptq;

static llvm::Expected<Statistics>
loadStatistics(ModuleOp module, StringRef path, StringRef root) {
  llvm::Expected<Statistics> statistics = Statistics::load(path);
  if (!statistics)
    return statistics;
  llvm::Expected<std::string> hash = hashModel(module, root);
  if (!hash)
    return hash.takeError();
  if (llvm::Error error = statistics->checkModel(*hash, path))
    return std::move(error);
  return statistics;
}

/// The range of an input whose channels were divided by `2^exponents` since it
/// was observed: of its extremes, whatever the method, as nothing more is known
/// of the divided values.
static llvm::Error chooseSmoothedScale(Linear &linear,
                                       const TensorStatistics &input,
                                       ArrayRef<int32_t> exponents) {
  auto maxima = input.getChannelAbsMax();
  if (!maxima)
    return maxima.takeError();
  if (maxima->size() != exponents.size())
    return llvm::createStringError("expects '" + linear.name +
                                   "' to be smoothed by channel");
  float largest = 0;
  for (auto [max, exponent] : llvm::zip(*maxima, exponents))
    largest = std::max(largest, std::ldexp(max, -exponent));
  Operation *op = linear.uses.front().op;
  linear.activationScale = reference::roundScale(
      largest / 127, cast<FloatType>(Float32Type::get(op->getContext())));
  remark::passed(op->getLoc(),
                 remark::RemarkOpts::name("Chosen").category("ptq-quantize"))
      << remark::metric("Linear", linear.name)
      << remark::metric("Statistics", input.tensor.name)
      << remark::metric("Range", "smoothed channel_absmax")
      << remark::metric("High", largest)
      << remark::metric("Scale", linear.activationScale);
  return llvm::Error::success();
}

/// The parameters of a value that is held as codes, in the format of
/// `w8a8-integer`.
static llvm::Error chooseAnchor(IntegerAnchor &anchor,
                                const Statistics &statistics,
                                const RangeChoice &choice) {
  StringRef name = anchor.consumers.front();
  auto input = statistics.getInput(name);
  if (!input)
    return input.takeError();
  MLIRContext *context = anchor.root.getContext();
  auto f32 = cast<FloatType>(Type(Float32Type::get(context)));
  // With an operand, the zero point is chosen, too; it becomes a constant.
  auto format =
      QuantType::get(8, /*isSigned=*/true, -128, 127, f32, {0, 0}, f32,
                     TypeAttr::get(IntegerType::get(context, 8)));
  auto chosen = chooseParameters(**input, format, choice);
  if (!chosen)
    return chosen.takeError();
  anchor.scale = chosen->scale;
  anchor.zeroPoint = chosen->zeroPoint;
  remark::passed(anchor.root.getLoc(),
                 remark::RemarkOpts::name("Chosen").category("ptq-quantize"))
      << remark::metric("Consumer", name)
      << remark::metric("Statistics", (*input)->tensor.name)
      << remark::metric("Range", choice.str())
      << remark::metric("Low", chosen->low)
      << remark::metric("High", chosen->high)
      << remark::metric("Scale", chosen->scale)
      << remark::metric("ZeroPoint", int64_t(chosen->zeroPoint));
  return llvm::Error::success();
}

/// The parameters of a linear's input are those of the value it comes from.
static llvm::Error takeAnchor(Linear &linear, const LinearPlan &plan) {
  Value root = getAnchorRoot(linear.uses.front().structure.lhs->get());
  for (const IntegerAnchor &anchor : plan.anchors)
    if (anchor.root == root) {
      linear.activationScale = anchor.scale;
      linear.activationZeroPoint = anchor.zeroPoint;
      return llvm::Error::success();
    }
  return llvm::createStringError("expects an input of f32 of '" + linear.name +
                                 "' for the format " + linear.format.str());
}

static llvm::Error chooseScale(Linear &linear, const Statistics &statistics,
                               const RangeChoice &choice) {
  auto input = statistics.getInput(linear.name);
  if (!input)
    return input.takeError();
  Operation *op = linear.uses.front().op;
  QuantType format =
      linear.format.getActivationType(op->getContext(), /*rank=*/2);
  if (auto exponents =
          findExponents(op->getParentOfType<ModuleOp>(), linear.name))
    return chooseSmoothedScale(linear, **input, *exponents);
  auto chosen = chooseParameters(**input, format, choice);
  if (!chosen)
    return chosen.takeError();
  linear.activationScale = chosen->scale;
  remark::passed(op->getLoc(),
                 remark::RemarkOpts::name("Chosen").category("ptq-quantize"))
      << remark::metric("Linear", linear.name)
      << remark::metric("Statistics", (*input)->tensor.name)
      << remark::metric("Range", choice.str())
      << remark::metric("High", chosen->high)
      << remark::metric("Scale", chosen->scale);
  return llvm::Error::success();
}

LogicalResult ptq::chooseActivationScales(ModuleOp module, LinearPlan &plan,
                                          StringRef statistics, StringRef range,
                                          StringRef root) {
  auto fail = [&](llvm::Error error) {
    return emitError(module.getLoc(), llvm::toString(std::move(error)));
  };
  llvm::Expected<RangeChoice> choice = RangeChoice::parse(range);
  if (!choice)
    return fail(choice.takeError());
  std::optional<Statistics> loaded;
  bool hasAnchors = false;
  for (Linear &linear : plan.linears) {
    if (linear.outcome != LinearOutcome::Quantized || !linear.format.isStatic ||
        linear.uses.front().gather)
      continue; // an embedding has no activation
    if (statistics.empty())
      return emitError(module.getLoc(), "expects statistics= for the format ")
             << linear.format.str() << " of '" << linear.name << "'";
    if (!loaded) {
      llvm::Expected<Statistics> file =
          loadStatistics(module, statistics, root);
      if (!file)
        return fail(file.takeError());
      loaded = std::move(*file);
    }
    if (linear.format.integerMode) {
      if (!std::exchange(hasAnchors, true))
        for (IntegerAnchor &anchor : plan.anchors)
          if (llvm::Error error = chooseAnchor(anchor, *loaded, *choice))
            return fail(std::move(error));
      if (llvm::Error error = takeAnchor(linear, plan))
        return fail(std::move(error));
      continue;
    }
    if (llvm::Error error = chooseScale(linear, *loaded, *choice))
      return fail(std::move(error));
  }
  return success();
}
