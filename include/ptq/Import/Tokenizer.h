//===- Tokenizer.h - Text to tokens and back --------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IMPORT_TOKENIZER_H
#define PTQ_IMPORT_TOKENIZER_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlir::ptq {

struct TokenizerTables;

/// The byte pair encoding of a Hugging Face `tokenizer.json`, of one of the
/// two families that can spell any text:
///
/// * byte level (GPT-2, Llama 3, Qwen2): merges of bytes;
/// * byte fallback (SentencePiece; Llama 2, Mistral): merges of characters,
///   with `U+2581` for a space and `<0xNN>` for what the vocabulary lacks.
///
/// `decode(encode(text)) == text` for any bytes. Three things that a file may
/// ask for would break this and are not done, so that other tools may give
/// other tokens for such text: a literal U+2581 is spelled in bytes; a space is
/// prepended also to text that starts with one; text is not normalized to NFC.
class Tokenizer {
public:
  /// Reads a `tokenizer.json`. What this class does not know to do exactly,
  /// such as the regular expression of another family, is an error.
  static llvm::Expected<Tokenizer> read(StringRef path);

  /// The same of text that is in memory; errors name `file`.
  static llvm::Expected<Tokenizer> parse(StringRef json, StringRef file);

  Tokenizer(Tokenizer &&);
  Tokenizer &operator=(Tokenizer &&);
  ~Tokenizer();

  /// The tokens of `text`, without any that mark its beginning or end. Text
  /// that looks like a special token, such as `</s>`, is that token if
  /// `parseSpecial`, else text.
  std::vector<int64_t> encode(StringRef text, bool parseSpecial = false) const;

  /// The bytes that `tokens` spell. A special token spells its name, a number
  /// that is not a token spells nothing.
  std::string decode(ArrayRef<int64_t> tokens) const;

  bool isSpecial(int64_t token) const;

  /// The tokens to put before a text, by the file's post-processor. None if
  /// the file has no post-processor and leaves this to the model's
  /// configuration.
  const std::optional<std::vector<int64_t>> &getPrefix() const;

  /// One more than the largest token.
  int64_t getNumTokens() const;

private:
  explicit Tokenizer(std::unique_ptr<TokenizerTables> tables);

  std::unique_ptr<TokenizerTables> tables;
};

} // namespace mlir::ptq

#endif // PTQ_IMPORT_TOKENIZER_H
