//===- JSON.cpp - Strict reading of JSON from files -----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/JSON.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mlir::ptq;

static constexpr size_t maxNesting = 64;

/// Index after the string literal whose opening quote is at `begin`.
static size_t skipString(StringRef text, size_t begin) {
  for (size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return text.size();
}

/// The characters that a quoted literal stands for.
static std::string unescape(StringRef literal) {
  if (literal.contains('\\')) {
    llvm::Expected<llvm::json::Value> value = llvm::json::parse(literal);
    if (value && value->getAsString())
      return value->getAsString()->str();
    llvm::consumeError(value.takeError()); // the parser will report it
  }
  return literal.trim('"').str();
}

/// Looks at brackets and keys only; everything else is left to the parser.
static llvm::Error checkNestingAndKeys(StringRef text, const Twine &file) {
  SmallVector<llvm::StringSet<>> objects; // empty sets stand for arrays
  for (size_t i = 0; i < text.size();) {
    char c = text[i];
    if (c == '"') {
      size_t end = skipString(text, i);
      if (!objects.empty() && text.drop_front(end).ltrim().starts_with(":")) {
        std::string key = unescape(text.slice(i, end));
        if (!objects.back().insert(key).second)
          return llvm::createStringError(file + ": key '" + key +
                                         "' occurs twice, at byte " + Twine(i));
      }
      i = end;
      continue;
    }
    if (c == '{' || c == '[') {
      if (objects.size() == maxNesting)
        return llvm::createStringError(
            file + ": expects at most " + Twine(maxNesting) +
            " nested levels of JSON, but got more at byte " + Twine(i));
      objects.emplace_back();
    } else if ((c == '}' || c == ']') && !objects.empty()) {
      objects.pop_back();
    }
    ++i;
  }
  return llvm::Error::success();
}

llvm::Expected<llvm::json::Value> ptq::parseJSON(StringRef text,
                                                 const Twine &file) {
  if (llvm::Error error = checkNestingAndKeys(text, file))
    return std::move(error);
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(text);
  if (!value)
    return llvm::createStringError(
        file + ": invalid JSON: " + llvm::toString(value.takeError()));
  return value;
}

llvm::Expected<llvm::json::Value> ptq::readJSON(StringRef path) {
  if (llvm::sys::fs::is_directory(path))
    return llvm::createStringError(path + ": is a directory");
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer =
      llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return llvm::createStringError(path + ": " + buffer.getError().message());
  return parseJSON((*buffer)->getBuffer(), path);
}
