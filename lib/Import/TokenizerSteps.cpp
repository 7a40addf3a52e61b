//===- TokenizerSteps.cpp - The steps around a vocabulary -----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TokenizerReader.h"

#include "TokenSpelling.h"

using namespace mlir;
using namespace mlir::ptq;

namespace json = llvm::json;

/// The member `type` of an object; empty for anything else.
static StringRef getStepType(const json::Value &value) {
  const json::Object *object = value.getAsObject();
  return object ? object->getString("type").value_or("") : "";
}

/// Calls `read` on `value`, or on each element of its array `elements` if it is
/// of type `Sequence`.
static llvm::Error
forEachOf(const json::Value &value, StringRef elements,
          llvm::function_ref<llvm::Error(const json::Value &)> read) {
  if (getStepType(value) != "Sequence")
    return read(value);
  if (const json::Array *array = value.getAsObject()->getArray(elements))
    for (const json::Value &element : *array)
      if (llvm::Error error = read(element))
        return error;
  return llvm::Error::success();
}

llvm::Error TokenizerReader::readNormalizer(const json::Value *normalizer) {
  if (isNullOrAbsent(normalizer))
    return llvm::Error::success();
  return forEachOf(
      *normalizer, "normalizers", [&](const json::Value &value) -> llvm::Error {
        StringRef type = getStepType(value);
        if (type == "NFC") // would change text: see the class comment
          return llvm::Error::success();
        const json::Object *object = value.getAsObject();
        if (type == "Prepend" && object->getString("prepend") == spaceSymbol) {
          tables.prependsSpace = true;
          return llvm::Error::success();
        }
        const json::Object *pattern =
            type == "Replace" ? object->getObject("pattern") : nullptr;
        if (pattern && pattern->getString("String") == " " &&
            object->getString("content") == spaceSymbol) {
          replacesSpaces = true;
          return llvm::Error::success();
        }
        return error("normalizer '" + type +
                     "' with these settings is not supported");
      });
}

llvm::Error TokenizerReader::readByteLevel(const json::Object &preTokenizer) {
  if (preTokenizer.getBoolean("add_prefix_space").value_or(true))
    return error("pre-tokenizer 'ByteLevel' with add_prefix_space is not "
                 "supported, it is not reversible");
  tables.isByteLevel = true;
  if (preTokenizer.getBoolean("use_regex").value_or(true))
    tables.splitters.push_back(splitLikeGPT2);
  return llvm::Error::success();
}

llvm::Error TokenizerReader::readSplit(const json::Object &preTokenizer) {
  const json::Object *pattern = preTokenizer.getObject("pattern");
  StringRef regex = pattern ? pattern->getString("Regex").value_or("") : "";
  TextSplitter splitter = getPatternSplitter(regex);
  if (!splitter)
    return error("expects the split pattern of GPT-2, Llama 3 or Qwen2, but "
                 "got '" +
                 regex + "'");
  // The patterns match all of a text: to keep the matches is to remove the
  // nothing between them.
  StringRef behavior = preTokenizer.getString("behavior").value_or("");
  bool invert = preTokenizer.getBoolean("invert").value_or(false);
  if (!(behavior == "Isolated" && !invert) &&
      !(behavior == "Removed" && invert))
    return error("expects the matches of the split pattern isolated, but got "
                 "behavior '" +
                 behavior + "'");
  tables.splitters.push_back(splitter);
  return llvm::Error::success();
}

llvm::Error TokenizerReader::readMetaspace(const json::Object &preTokenizer) {
  if (preTokenizer.getString("replacement") != spaceSymbol)
    return error("expects pre-tokenizer 'Metaspace' to replace spaces by "
                 "U+2581");
  bool prepends = preTokenizer.getBoolean("add_prefix_space").value_or(true);
  if (std::optional<StringRef> scheme =
          preTokenizer.getString("prepend_scheme"))
    prepends = *scheme != "never";
  replacesSpaces = true;
  tables.prependsSpace |= prepends;
  if (preTokenizer.getBoolean("split").value_or(true))
    tables.splitters.push_back(splitBeforeSpaces);
  return llvm::Error::success();
}

llvm::Error TokenizerReader::readPreTokenizer(const json::Value *preTokenizer) {
  if (isNullOrAbsent(preTokenizer))
    return llvm::Error::success();
  return forEachOf(
      *preTokenizer, "pretokenizers",
      [&](const json::Value &value) -> llvm::Error {
        StringRef type = getStepType(value);
        const json::Object *object = value.getAsObject();
        if (type == "ByteLevel")
          return readByteLevel(*object);
        if (type == "Split")
          return readSplit(*object);
        if (type == "Metaspace")
          return readMetaspace(*object);
        if (type == "Digits") {
          bool single = object->getBoolean("individual_digits").value_or(false);
          tables.splitters.push_back(single ? splitDigits : splitNumbers);
          return llvm::Error::success();
        }
        return error("pre-tokenizer '" + type + "' is not supported");
      });
}

llvm::Error TokenizerReader::readDecoder(const json::Value *decoder) const {
  // Decoding is the inverse of encoding, whatever the file says; but a file
  // that says something else is not of the two families.
  StringRef type = isNullOrAbsent(decoder) ? "none" : getStepType(*decoder);
  if (tables.isByteLevel ? type == "ByteLevel"
                         : type == "Sequence" || type == "Metaspace")
    return llvm::Error::success();
  return error(Twine("expects decoder ") +
               (tables.isByteLevel ? "'ByteLevel'" : "'Sequence'") +
               ", but got '" + type + "'");
}

llvm::Error TokenizerReader::readTemplate(const json::Object &postProcessor) {
  const json::Array *single = postProcessor.getArray("single");
  const json::Object *known = postProcessor.getObject("special_tokens");
  if (!single)
    return error("expects post-processor 'TemplateProcessing' to have an array "
                 "'single'");
  bool isAfterText = false;
  for (const json::Value &item : *single) {
    const json::Object *object = item.getAsObject();
    if (object && object->getObject("Sequence")) {
      isAfterText = true;
      continue;
    }
    const json::Object *special =
        object ? object->getObject("SpecialToken") : nullptr;
    StringRef name = special ? special->getString("id").value_or("") : "";
    const json::Object *entry = known ? known->getObject(name) : nullptr;
    const json::Array *ids = entry ? entry->getArray("ids") : nullptr;
    if (!ids)
      return error("post-processor names the special token '" + name +
                   "' without giving its ids");
    if (isAfterText)
      return error("expects no special token after the text, but the "
                   "post-processor adds '" +
                   name + "'");
    for (const json::Value &id : *ids) {
      std::optional<int64_t> token = getTokenNumber(&id);
      if (!token)
        return error("special token '" + name + "' has an invalid id");
      tables.prefix->push_back(*token);
    }
  }
  return llvm::Error::success();
}

llvm::Error
TokenizerReader::readPostProcessor(const json::Value *postProcessor) {
  if (isNullOrAbsent(postProcessor))
    return llvm::Error::success();
  tables.prefix.emplace();
  return forEachOf(*postProcessor, "processors",
                   [&](const json::Value &value) -> llvm::Error {
                     StringRef type = getStepType(value);
                     if (type == "TemplateProcessing")
                       return readTemplate(*value.getAsObject());
                     if (type == "ByteLevel") // only trims offsets
                       return llvm::Error::success();
                     return error("post-processor '" + type +
                                  "' is not supported");
                   });
}
