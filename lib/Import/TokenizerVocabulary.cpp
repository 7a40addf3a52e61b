//===- TokenizerVocabulary.cpp - Tokens and merges of a tokenizer.json ----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TokenizerReader.h"

#include "TokenSpelling.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::ptq;

namespace json = llvm::json;

static bool isAbsentOrEmpty(const json::Object &object, StringRef key) {
  const json::Value *value = object.get(key);
  return isNullOrAbsent(value) || value->getAsString().value_or("x").empty();
}

std::optional<std::string> TokenizerReader::spell(StringRef symbol) const {
  if (tables.isByteLevel)
    return spellByteLevel(symbol);
  if (std::optional<char> byte = spellByteFallback(symbol))
    return std::string(1, *byte);
  return spellSpaces(symbol);
}

llvm::Error TokenizerReader::readAddedToken(const json::Object &added) {
  std::optional<StringRef> content = added.getString("content");
  std::optional<int64_t> id = getTokenNumber(added.get("id"));
  if (!content || content->empty() || !id)
    return error("expects every added token to have an id and a content");
  bool isSpecial = added.getBoolean("special").value_or(false);
  for (StringRef flag : {"single_word", "lstrip", "rstrip"})
    if (!isSpecial && added.getBoolean(flag).value_or(false))
      return error("added token '" + *content + "' with '" + flag +
                   "' is not supported, it is not reversible");
  auto [entry, isNew] = tables.tokens.try_emplace(
      *id, TokenizerTables::Token{content->str(), true, isSpecial});
  if (!isNew)
    return error("added token '" + *content + "' has the id of '" +
                 entry->second.text + "'");
  tables.added.push_back(*id);
  tables.addedStarts += content->front();
  return llvm::Error::success();
}

llvm::Error TokenizerReader::readAddedTokens(const json::Value *added) {
  if (isNullOrAbsent(added))
    return llvm::Error::success();
  const json::Array *array = added->getAsArray();
  if (!array)
    return error("expects 'added_tokens' to be an array");
  for (const json::Value &value : *array) {
    const json::Object *object = value.getAsObject();
    if (!object)
      return error("expects every added token to be an object");
    if (llvm::Error error = readAddedToken(*object))
      return error;
  }
  llvm::sort(tables.added, [&](int64_t left, int64_t right) {
    size_t leftSize = tables.tokens[left].text.size();
    size_t rightSize = tables.tokens[right].text.size();
    return std::tie(rightSize, left) < std::tie(leftSize, right);
  });
  return llvm::Error::success();
}

llvm::Error TokenizerReader::readVocabulary(const json::Object &vocabulary) {
  for (const auto &[key, value] : vocabulary) {
    StringRef symbol = key;
    std::optional<int64_t> id = getTokenNumber(&value);
    if (!id)
      return error("token '" + symbol + "' has an invalid id");
    auto known = tables.tokens.find(*id);
    if (known != tables.tokens.end() && known->second.isAdded &&
        known->second.text == symbol)
      continue;
    if (known != tables.tokens.end())
      return error("tokens '" + symbol + "' and '" + known->second.text +
                   "' share the id " + Twine(*id));
    std::optional<std::string> text = spell(symbol);
    if (!text)
      return error("token '" + symbol +
                   "' is not spelled in the byte alphabet");
    // A token with a true space is never met: spaces are U+2581 by then. A
    // byte never stands for a character.
    if (tables.isByteLevel ||
        (!symbol.contains(' ') && !spellByteFallback(symbol)))
      tables.byText[*text] = *id;
    tables.tokens[*id] = {std::move(*text)};
  }
  for (const auto &[id, token] : tables.tokens)
    tables.numTokens = std::max(tables.numTokens, id + 1);
  return llvm::Error::success();
}

llvm::Error TokenizerReader::findBytes(const json::Object &vocabulary) {
  for (unsigned byte = 0; byte < tables.bytes.size(); ++byte) {
    std::optional<int64_t> token = getTokenNumber(
        vocabulary.get(tables.isByteLevel ? getByteLevelSymbol(byte)
                                          : getByteFallbackSymbol(byte)));
    if (!token)
      return error("expects a token for every byte, but the vocabulary has "
                   "none for " +
                   getByteFallbackSymbol(byte));
    tables.bytes[byte] = *token;
  }
  return llvm::Error::success();
}

/// A merge is `"left right"` or `["left", "right"]`.
static std::optional<std::pair<StringRef, StringRef>>
getPair(const json::Value &merge) {
  if (std::optional<StringRef> text = merge.getAsString()) {
    auto pair = text->split(' ');
    if (pair.first.empty() || pair.second.empty() || pair.second.contains(' '))
      return std::nullopt;
    return pair;
  }
  const json::Array *array = merge.getAsArray();
  if (!array || array->size() != 2)
    return std::nullopt;
  std::optional<StringRef> left = (*array)[0].getAsString();
  std::optional<StringRef> right = (*array)[1].getAsString();
  if (!left || !right)
    return std::nullopt;
  return std::make_pair(*left, *right);
}

llvm::Error TokenizerReader::readMerge(const json::Value &merge,
                                       const json::Object &vocabulary) {
  auto pair = getPair(merge);
  if (!pair)
    return error("expects every merge to be a pair of tokens");
  auto [left, right] = *pair;
  std::string merged = (left + right).str();
  std::array<StringRef, 3> symbols = {left, right, merged};
  std::array<std::optional<int64_t>, 3> ids;
  for (auto [id, symbol] : llvm::zip_equal(ids, symbols)) {
    id = getTokenNumber(vocabulary.get(symbol));
    if (!id)
      return error("merge of '" + left + "' and '" + right +
                   "' needs the token '" + symbol +
                   "', which the vocabulary does not have");
  }
  const std::string &text = tables.tokens[*ids[2]].text;
  if (text != tables.tokens[*ids[0]].text + tables.tokens[*ids[1]].text)
    return error("merge of '" + left + "' and '" + right +
                 "' is not reversible: the token '" + merged + "' spells '" +
                 text + "'");
  tables.merger.add(*ids[0], *ids[1], *ids[2]);
  return llvm::Error::success();
}

llvm::Error TokenizerReader::readModel(const json::Object &model) {
  StringRef type = model.getString("type").value_or("");
  if (type != "BPE")
    return error("expects a model of type 'BPE', but got '" + type + "'");
  for (StringRef key : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (!isAbsentOrEmpty(model, key))
      return error("'" + key + "' is not supported");
  if (model.getNumber("dropout").value_or(0) != 0)
    return error("'dropout' is not supported");
  if (tables.isByteLevel && (replacesSpaces || tables.prependsSpace))
    return error("expects a byte-level vocabulary without a symbol for spaces");
  if (!tables.isByteLevel &&
      !(replacesSpaces && model.getBoolean("byte_fallback").value_or(false)))
    return error("expects a byte-level pre-tokenizer, or spaces replaced by "
                 "U+2581 and byte_fallback: anything else cannot spell every "
                 "text");
  tables.ignoresMerges = model.getBoolean("ignore_merges").value_or(false);
  const json::Object *vocabulary = model.getObject("vocab");
  const json::Array *merges = model.getArray("merges");
  if (!vocabulary || !merges)
    return error("expects the model to have an object 'vocab' and an array "
                 "'merges'");
  if (llvm::Error error = readVocabulary(*vocabulary))
    return error;
  if (llvm::Error error = findBytes(*vocabulary))
    return error;
  for (const json::Value &merge : *merges)
    if (llvm::Error error = readMerge(merge, *vocabulary))
      return error;
  return llvm::Error::success();
}
