//===- FakeLanguageModel.h - A model by a table -----------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_UNIT_RUN_FAKELANGUAGEMODEL_H
#define PTQ_UNIT_RUN_FAKELANGUAGEMODEL_H

#include "ptq/Import/Tokenizer.h"
#include "ptq/Run/LanguageModel.h"

#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <functional>

namespace mlir::ptq {

/// Logits that depend on the last token alone.
class FakeLanguageModel : public LanguageModel {
public:
  using Table = std::function<float(int64_t last, int64_t next)>;

  FakeLanguageModel(int64_t vocabularySize, int64_t contextLength, Table table)
      : vocabularySize(vocabularySize), contextLength(contextLength),
        table(std::move(table)) {}

  int64_t getVocabularySize() const override { return vocabularySize; }
  int64_t getContextLength() const override { return contextLength; }

  /// Number of tokens and position of each call.
  std::vector<std::pair<int64_t, int64_t>> calls;

protected:
  llvm::Expected<Buffer> compute(ArrayRef<int64_t> tokens,
                                 int64_t position) override {
    calls.emplace_back(tokens.size(), position);
    int64_t numTokens = tokens.size();
    Buffer logits =
        Buffer::allocate(ElementKind::Float32, {numTokens, vocabularySize});
    float *value = logits.getValues<float>().data();
    for (int64_t token : tokens)
      for (int64_t next = 0; next < vocabularySize; ++next)
        *value++ = table(token, next);
    return logits;
  }

private:
  int64_t vocabularySize, contextLength;
  Table table;
};

/// Bytes only; token 256 is `</s>`.
inline Tokenizer makeByteTokenizer() {
  llvm::json::Object vocabulary;
  unsigned next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) {
    bool prints = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
    char symbol[4];
    char *end = symbol;
    llvm::ConvertCodePointToUTF8(prints ? byte : next++, end);
    vocabulary[std::string(symbol, end)] = byte;
  }
  llvm::json::Value root = llvm::json::Object{
      {"added_tokens",
       llvm::json::Array{llvm::json::Object{
           {"id", 256}, {"content", "</s>"}, {"special", true}}}},
      {"pre_tokenizer",
       llvm::json::Object{{"type", "ByteLevel"}, {"add_prefix_space", false}}},
      {"decoder", llvm::json::Object{{"type", "ByteLevel"}}},
      {"model", llvm::json::Object{{"type", "BPE"},
                                   {"vocab", std::move(vocabulary)},
                                   {"merges", llvm::json::Array{}}}}};
  return llvm::cantFail(
      Tokenizer::parse(llvm::formatv("{0}", root).str(), "bytes"));
}

} // namespace mlir::ptq

#endif // PTQ_UNIT_RUN_FAKELANGUAGEMODEL_H
