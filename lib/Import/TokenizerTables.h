//===- TokenizerTables.h - What a tokenizer looks up ------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_TOKENIZERTABLES_H
#define PTQ_LIB_IMPORT_TOKENIZERTABLES_H

#include "BytePairMerger.h"
#include "TextSplitter.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace mlir::ptq {

struct TokenizerTables {
  struct Token {
    std::string text; // the bytes it spells
    bool isAdded = false;
    bool isSpecial = false;
  };

  llvm::DenseMap<int64_t, Token> tokens;
  /// Of tokens that are not added, by the bytes they spell.
  llvm::StringMap<int64_t> byText;
  /// Added tokens, the longest first; `addedStarts` has their first bytes.
  std::vector<int64_t> added;
  std::string addedStarts;
  std::array<int64_t, 256> bytes;
  BytePairMerger merger;
  SmallVector<TextSplitter> splitters;
  std::optional<std::vector<int64_t>> prefix;
  int64_t numTokens = 0;
  bool isByteLevel = false;
  bool prependsSpace = false;
  bool ignoresMerges = false;
};

/// Reads the JSON text of a `tokenizer.json`; errors name `file`.
llvm::Expected<std::unique_ptr<TokenizerTables>>
parseTokenizerTables(StringRef json, StringRef file);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_TOKENIZERTABLES_H
