//===- LanguageModel.cpp - A model that continues text --------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/LanguageModel.h"

#include "ptq/IR/JSON.h"
#include "ptq/Import/Tokenizer.h"

#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::ptq;

llvm::Expected<Buffer> LanguageModel::forward(ArrayRef<int64_t> tokens,
                                              int64_t position) {
  int64_t end = position + static_cast<int64_t>(tokens.size());
  if (end > getContextLength())
    return llvm::createStringError("expects a sequence of at most " +
                                   Twine(getContextLength()) +
                                   " tokens, but got " + Twine(end));
  for (int64_t token : tokens)
    if (token < 0 || token >= getVocabularySize())
      return llvm::createStringError("token " + Twine(token) +
                                     " is not one of the model's " +
                                     Twine(getVocabularySize()));
  return compute(tokens, position);
}

llvm::Expected<Tokenizer> ptq::readTokenizer(StringRef folder) {
  SmallString<128> path(folder);
  llvm::sys::path::append(path, "tokenizer.json");
  return Tokenizer::read(path);
}

/// The tokens of the member `key`: a number, an array of numbers, or nothing.
static llvm::Expected<std::vector<int64_t>>
readTokens(const llvm::json::Object &config, StringRef key, StringRef file) {
  std::vector<int64_t> tokens;
  auto add = [&](const llvm::json::Value &value) {
    std::optional<int64_t> token = value.getAsInteger();
    if (!token || *token < 0)
      return false;
    tokens.push_back(*token);
    return true;
  };
  const llvm::json::Value *value = config.get(key);
  if (!value || value->kind() == llvm::json::Value::Null)
    return tokens;
  const llvm::json::Array *array = value->getAsArray();
  if (array ? !llvm::all_of(*array, add) : !add(*value))
    return llvm::createStringError(file + ": expects '" + key +
                                   "' to be a token or an array of tokens");
  return tokens;
}

llvm::Expected<TextFrame> TextFrame::read(StringRef folder,
                                          const Tokenizer &tokenizer) {
  SmallString<128> path(folder);
  llvm::sys::path::append(path, "config.json");
  llvm::Expected<llvm::json::Value> config = readJSON(path);
  if (!config)
    return config.takeError();
  const llvm::json::Object *object = config->getAsObject();
  if (!object)
    return llvm::createStringError(path + ": expects a JSON object");
  auto begin = readTokens(*object, "bos_token_id", path);
  if (!begin)
    return begin.takeError();
  auto ends = readTokens(*object, "eos_token_id", path);
  if (!ends)
    return ends.takeError();

  TextFrame frame;
  frame.ends = std::move(*ends);
  if (!begin->empty())
    frame.begin = begin->front();
  frame.prefix = tokenizer.getPrefix().value_or(*begin);
  return frame;
}
