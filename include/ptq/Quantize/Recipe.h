//===- Recipe.h - Which linear gets which format ----------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_QUANTIZE_RECIPE_H
#define PTQ_QUANTIZE_RECIPE_H

#include "ptq/Quantize/WeightQuantizer.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir::ptq {

/// What the name of a format says: `w8a8`, `w8a16`, `w4a8-g32`, `w4a8-g32x`.
struct LinearFormat {
  /// Multipliers are in [-15, 15]: times a code of 4 bits, 8 bits.
  static constexpr int64_t maxMultiplier = 15;

  unsigned weightBits = 8;
  /// 8: quantized dynamically, per token. 16: float.
  unsigned activationBits = 8;
  /// Weights that share a scale; 0 is the whole row.
  int64_t groupSize = 0;
  /// Groups have an integer multiplier of the row's scale instead of a scale.
  bool hasMultipliers = false;
  /// Activations have one scale, known from statistics.
  bool isStatic = false;
  /// Then: activations have a zero point, too, and whatever lies between two
  /// linears is to stay integer, rescaled in this mode.
  std::optional<RequantizeMode> integerMode;

  /// `w(4|8)a(8|16)`, then `-gN` with N >= 2 for groups of N; `w4a8-gNx` for
  /// groups with multipliers; or `w8a8-static`, `w8a8-integer`,
  /// `w8a8-integer-fixed`. Null if `text` is none.
  static std::optional<LinearFormat> parse(StringRef text);
  std::string str() const;

  /// Type of weights `[.., N, K]` of rank `rank` that are `expressed` in float.
  QuantType getWeightType(FloatType expressed, unsigned rank) const;
  /// Type of activations `[.., K]` of rank `rank`; `zeroPoint` is that of an
  /// integer format.
  QuantType getActivationType(MLIRContext *context, unsigned rank,
                              int64_t zeroPoint = 0) const;
  /// Blocks of the sums of such activations: the groups of the weights.
  SmallVector<int64_t> getSumsBlock(unsigned rank) const;
};

/// What a recipe says of one linear.
struct RecipeDecision {
  /// None: it is to stay float.
  std::optional<LinearFormat> format;
  /// None: the default of the format.
  std::optional<ScaleMethod> scale;
  /// What decided, such as "skip names it".
  std::string reason;
};

/// A regular expression, searched in the name of a linear, and what it means.
struct RecipeRule {
  std::string pattern;
  RecipeDecision decision;
};

/// Rules from the most to the least particular, the first match wins: `skip`,
/// those of the recipe file, heads and embeddings, the named recipe.
class Recipe {
public:
  /// Matches the names of heads and embeddings, which have 8-bit weights in
  /// the 4-bit recipes. So have tied heads, whatever their name.
  static constexpr llvm::StringLiteral headPattern =
      "(^|[._])(lm_head|head|embed|embedding|embed_tokens|tok_embeddings)$";

  /// Reads the options of `ptq-quantize-linears`. `file` is the path of a YAML
  /// file of rules, or empty; errors in it name the file and the line.
  static llvm::Expected<Recipe> create(StringRef name, StringRef file,
                                       StringRef skip, StringRef scale);

  /// `isTable`: the weight is also, or only, the table of an embedding.
  RecipeDecision decide(StringRef linear, bool isTable) const;

private:
  std::vector<RecipeRule> namedRules; // of `skip` and the recipe file
  std::optional<RecipeDecision> heads;
  RecipeDecision others;
};

/// Reads the rules of a YAML file; those without a scale get `scale`.
llvm::Expected<std::vector<RecipeRule>>
readRecipeFile(StringRef path, std::optional<ScaleMethod> scale);

} // namespace mlir::ptq

#endif // PTQ_QUANTIZE_RECIPE_H
