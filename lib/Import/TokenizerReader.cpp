//===- TokenizerReader.cpp - Reads tokenizer.json -------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TokenizerReader.h"

#include "ptq/IR/JSON.h"

using namespace mlir;
using namespace mlir::ptq;

namespace json = llvm::json;

static constexpr int64_t maxToken = (int64_t(1) << 31) - 2;

std::optional<int64_t> ptq::getTokenNumber(const json::Value *value) {
  std::optional<int64_t> token = value ? value->getAsInteger() : std::nullopt;
  if (!token || *token < 0 || *token > maxToken)
    return std::nullopt;
  return token;
}

bool ptq::isNullOrAbsent(const json::Value *value) {
  return !value || value->kind() == json::Value::Null;
}

llvm::Error TokenizerReader::read(const json::Object &root) {
  if (llvm::Error error = readNormalizer(root.get("normalizer")))
    return error;
  if (llvm::Error error = readPreTokenizer(root.get("pre_tokenizer")))
    return error;
  if (llvm::Error error = readPostProcessor(root.get("post_processor")))
    return error;
  if (llvm::Error error = readAddedTokens(root.get("added_tokens")))
    return error;
  const json::Object *model = root.getObject("model");
  if (!model)
    return error("expects an object 'model'");
  if (llvm::Error error = readModel(*model))
    return error;
  return readDecoder(root.get("decoder"));
}

llvm::Expected<std::unique_ptr<TokenizerTables>>
ptq::parseTokenizerTables(StringRef text, StringRef file) {
  llvm::Expected<json::Value> value = parseJSON(text, file);
  if (!value)
    return value.takeError();
  const json::Object *root = value->getAsObject();
  if (!root)
    return llvm::createStringError(file + ": expects a JSON object");
  auto tables = std::make_unique<TokenizerTables>();
  if (llvm::Error error = TokenizerReader(file, *tables).read(*root))
    return std::move(error);
  return tables;
}
