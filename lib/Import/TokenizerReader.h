//===- TokenizerReader.h - Reads tokenizer.json -----------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_TOKENIZERREADER_H
#define PTQ_LIB_IMPORT_TOKENIZERREADER_H

#include "TokenizerTables.h"

#include "llvm/Support/JSON.h"

namespace mlir::ptq {

/// Fills the tables, one section of the file after the other. Each function
/// returns the first error it meets.
class TokenizerReader {
public:
  TokenizerReader(StringRef file, TokenizerTables &tables)
      : file(file), tables(tables) {}

  llvm::Error read(const llvm::json::Object &root);

private:
  llvm::Error error(const Twine &message) const {
    return llvm::createStringError(file + ": " + message);
  }

  // TokenizerSteps.cpp
  llvm::Error readNormalizer(const llvm::json::Value *normalizer);
  llvm::Error readPreTokenizer(const llvm::json::Value *preTokenizer);
  llvm::Error readByteLevel(const llvm::json::Object &preTokenizer);
  llvm::Error readSplit(const llvm::json::Object &preTokenizer);
  llvm::Error readMetaspace(const llvm::json::Object &preTokenizer);
  llvm::Error readDecoder(const llvm::json::Value *decoder) const;
  llvm::Error readPostProcessor(const llvm::json::Value *postProcessor);
  llvm::Error readTemplate(const llvm::json::Object &postProcessor);

  // TokenizerVocabulary.cpp
  llvm::Error readAddedTokens(const llvm::json::Value *added);
  llvm::Error readAddedToken(const llvm::json::Object &added);
  llvm::Error readModel(const llvm::json::Object &model);
  llvm::Error readVocabulary(const llvm::json::Object &vocabulary);
  llvm::Error readMerge(const llvm::json::Value &merge,
                        const llvm::json::Object &vocabulary);
  llvm::Error findBytes(const llvm::json::Object &vocabulary);
  std::optional<std::string> spell(StringRef symbol) const;

  StringRef file;
  TokenizerTables &tables;
  bool replacesSpaces = false;
};

/// A token's number if `value` is one.
std::optional<int64_t> getTokenNumber(const llvm::json::Value *value);

/// Whether an optional section of the file is left out.
bool isNullOrAbsent(const llvm::json::Value *value);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_TOKENIZERREADER_H
