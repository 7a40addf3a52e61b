//===- HashModel.cpp - What tells one model from another ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Quantize/HashModel.h"

#include "LinearPlan.h"
#include "Smoothing.h"
#include "SourceBytes.h"

#include "ptq/IR/Parameters.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace mlir::ptq;

static std::string hash(ArrayRef<char> bytes) {
  llvm::XXH128_hash_t value = llvm::xxh3_128bits(
      {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()});
  return llvm::formatv("{0:x-16}{1:x-16}", value.high64, value.low64).str();
}

llvm::Error ptq::recordModelHash(ModuleOp module, StringRef root) {
  llvm::Expected<std::string> hash = hashModel(module, root);
  if (!hash)
    return hash.takeError();
  module->setAttr(modelHashAttrName,
                  StringAttr::get(module.getContext(), *hash));
  return llvm::Error::success();
}

llvm::Expected<std::string> ptq::hashModel(ModuleOp module, StringRef root) {
  // What it was before its channels were scaled.
  if (auto hash = module->getAttrOfType<StringAttr>(modelHashAttrName))
    return hash.str();
  // Whatever a recipe would leave float is part of the model.
  llvm::Expected<Recipe> recipe = Recipe::create("w8a8", "", "", "");
  if (!recipe)
    return recipe.takeError();
  module.getContext()->getOrLoadDialect<PTQDialect>(); // plans have formats
  LinearPlan plan = planLinears(module, *recipe);
  Parameters parameters(getParameterRoot(module, root));
  llvm::DenseMap<Attribute, std::string> hashOf;
  std::vector<std::string> lines;
  for (const Linear &linear : plan.linears) {
    if (linear.outcome != LinearOutcome::Quantized)
      continue;
    const ConstantView &view = plan.weights[linear.weight].view;
    std::string &digits = hashOf[view.source];
    if (digits.empty()) {
      llvm::Expected<ArrayRef<char>> bytes =
          getSourceBytes(view.source, view.sourceType, parameters);
      if (!bytes)
        return bytes.takeError();
      digits = hash(*bytes);
    }
    std::string line;
    llvm::raw_string_ostream(line)
        << linear.name << ' ' << view.sourceType << ' ' << digits << '\n';
    lines.push_back(std::move(line));
  }
  llvm::sort(lines);
  std::string text = llvm::join(lines, "");
  return hash(text);
}
