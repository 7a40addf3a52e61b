//===- Recipe.cpp - Which linear gets which format ------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Quantize/Recipe.h"

#include "ptq/IR/PTQ.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/Regex.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Formats
//===----------------------------------------------------------------------===//

/// More than any row has; below what overflows when it is added to an index.
static constexpr int64_t maxGroupSize = int64_t(1) << 30;

std::optional<LinearFormat> LinearFormat::parse(StringRef text) {
  LinearFormat format;
  if (!text.consume_front("w") || text.consumeInteger(10, format.weightBits) ||
      !text.consume_front("a") ||
      text.consumeInteger(10, format.activationBits))
    return std::nullopt;
  if ((format.weightBits != 4 && format.weightBits != 8) ||
      (format.activationBits != 8 && format.activationBits != 16))
    return std::nullopt;
  if (text.empty())
    return format;
  if (text == "-static" && format.weightBits == 8 &&
      format.activationBits == 8) {
    format.isStatic = true;
    return format;
  }
  if (format.weightBits == 8 && format.activationBits == 8 &&
      (text == "-integer" || text == "-integer-fixed")) {
    format.isStatic = true;
    format.integerMode =
        text == "-integer" ? RequantizeMode::Float : RequantizeMode::Fixed;
    return format;
  }
  format.hasMultipliers = format.weightBits == 4 &&
                          format.activationBits == 8 && text.consume_back("x");
  if (!text.consume_front("-g") || text.getAsInteger(10, format.groupSize) ||
      format.groupSize < 2 || format.groupSize > maxGroupSize)
    return std::nullopt;
  return format;
}

std::string LinearFormat::str() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << 'w' << weightBits << 'a' << activationBits;
  if (groupSize)
    os << "-g" << groupSize << (hasMultipliers ? "x" : "");
  if (integerMode)
    os << (*integerMode == RequantizeMode::Float ? "-integer"
                                                 : "-integer-fixed");
  else if (isStatic)
    os << "-static";
  return text;
}

QuantType LinearFormat::getWeightType(FloatType expressed,
                                      unsigned rank) const {
  MLIRContext *context = expressed.getContext();
  Builder builder(context);
  SmallVector<int64_t> block(rank, 1);
  block.back() = groupSize;
  if (hasMultipliers) {
    SmallVector<int64_t> rows(rank, 1);
    rows.back() = 0;
    return QuantType::get(context, 4, /*isSigned=*/false, 0, 15, expressed,
                          rows, builder.getF32Type(),
                          builder.getI64IntegerAttr(8),
                          /*multiplierWidth=*/5, /*isMultiplierSigned=*/true,
                          -maxMultiplier, maxMultiplier, block);
  }
  if (weightBits == 4)
    return QuantType::get(4, /*isSigned=*/false, 0, 15, expressed, block,
                          builder.getF16Type(), builder.getI64IntegerAttr(8));
  if (isStatic) // without zero points, products need no sums of activations
    return QuantType::get(8, /*isSigned=*/true, -127, 127, expressed, block,
                          builder.getF32Type());
  return QuantType::get(8, /*isSigned=*/false, 1, 255, expressed, block,
                        builder.getF32Type(), builder.getI64IntegerAttr(128));
}

QuantType LinearFormat::getActivationType(MLIRContext *context, unsigned rank,
                                          int64_t zeroPoint) const {
  SmallVector<int64_t> block(rank, isStatic ? 0 : 1);
  block.back() = 0;
  auto f32 = cast<FloatType>(Type(Float32Type::get(context)));
  if (integerMode)
    return QuantType::get(8, /*isSigned=*/true, -128, 127, f32, block, f32,
                          zeroPoint
                              ? Builder(context).getI64IntegerAttr(zeroPoint)
                              : Attribute());
  return QuantType::get(8, /*isSigned=*/true, -127, 127, f32, block, f32);
}

SmallVector<int64_t> LinearFormat::getSumsBlock(unsigned rank) const {
  SmallVector<int64_t> block(rank, 1);
  block.back() = groupSize;
  return block;
}

//===----------------------------------------------------------------------===//
// Recipes
//===----------------------------------------------------------------------===//

static llvm::Error expects(const Twine &what, StringRef got) {
  return llvm::createStringError("expects " + what + ", but got '" + got + "'");
}

llvm::Expected<Recipe> Recipe::create(StringRef name, StringRef file,
                                      StringRef skip, StringRef scale) {
  Recipe recipe;
  std::optional<LinearFormat> format = LinearFormat::parse(name);
  if (!format)
    return expects(
        "a recipe such as 'w8a8', 'w8a8-static', 'w8a8-integer', 'w8a16', "
        "'w4a16-g128', 'w4a8-g32' or 'w4a8-g32x'",
        name);
  std::optional<ScaleMethod> method = symbolizeScaleMethod(scale);
  if (!scale.empty() && !method)
    return expects("scale to be 'absmax', 'signed_max' or 'search'", scale);
  std::string reason;
  if (!skip.empty() && !llvm::Regex(skip).isValid(reason))
    return expects("skip to be a regular expression (" + reason + ")", skip);

  if (!skip.empty())
    recipe.namedRules.push_back(
        {skip.str(), {std::nullopt, method, "skip names it"}});
  if (!file.empty()) {
    llvm::Expected<std::vector<RecipeRule>> rules =
        readRecipeFile(file, method);
    if (!rules)
      return rules.takeError();
    llvm::append_range(recipe.namedRules, *rules);
  }
  recipe.others = {*format, method, "the recipe is " + name.str()};
  LinearFormat heads; // of 8 bits, without groups
  heads.activationBits = format->activationBits;
  if (format->weightBits < 8)
    recipe.heads = RecipeDecision{
        heads, method, "heads and embeddings have 8 bits in " + name.str()};
  return recipe;
}

RecipeDecision Recipe::decide(StringRef linear, bool isTable) const {
  for (const RecipeRule &rule : namedRules)
    if (llvm::Regex(rule.pattern).match(linear))
      return rule.decision;
  if (heads && (isTable || llvm::Regex(headPattern).match(linear)))
    return *heads;
  return others;
}
