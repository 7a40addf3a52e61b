//===- LanguageModel.h - A model that continues text ------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_LANGUAGEMODEL_H
#define PTQ_RUN_LANGUAGEMODEL_H

#include "ptq/Run/Buffer.h"

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <optional>
#include <string>

namespace mlir::ptq {

class Tokenizer;

struct LanguageModelOptions {
  /// As in `ptq-to-llvm`; empty is this machine's.
  std::string cpu;
  /// 0 is one for each processor.
  unsigned threads = 0;
  /// Longest sequence to import a checkpoint for; 0 is what it was made for.
  int64_t context = 0;
  /// Check the checksums of a package's large files, too.
  bool verifiesAll = false;
  /// Folder that compiled code is kept in; empty is none. See `getCodeCache`.
  std::string codeCache;
};

/// Computes the logits of a sequence of tokens, step by step. What it has seen
/// of the sequence is kept inside.
class LanguageModel {
public:
  /// Compiles the model in `folder`: a Hugging Face checkpoint, whose weights
  /// are used as they are, or a package of `quantizeLanguageModel`.
  static llvm::Expected<std::unique_ptr<LanguageModel>>
  open(StringRef folder, const LanguageModelOptions &options = {});

  virtual ~LanguageModel() = default;

  virtual int64_t getVocabularySize() const = 0;

  /// Number of tokens that a sequence may have.
  virtual int64_t getContextLength() const = 0;

  /// The logits after each of `tokens`, which come behind the first `position`
  /// tokens of the sequence: `[tokens, vocabulary]`, f32. Position 0 starts a
  /// new sequence. Fails if the sequence gets too long or a token is not of
  /// the vocabulary.
  llvm::Expected<Buffer> forward(ArrayRef<int64_t> tokens, int64_t position);

protected:
  virtual llvm::Expected<Buffer> compute(ArrayRef<int64_t> tokens,
                                         int64_t position) = 0;
};

/// The tokens of a model that frame a text.
struct TextFrame {
  /// Put before a text that is to be continued.
  std::vector<int64_t> prefix;
  /// Starts a document. Absent if the model has none.
  std::optional<int64_t> begin;
  /// Any of these ends a text.
  std::vector<int64_t> ends;

  /// Reads the model's `config.json`; what the tokenizer says of the prefix
  /// comes before it.
  static llvm::Expected<TextFrame> read(StringRef folder,
                                        const Tokenizer &tokenizer);
};

/// The tokenizer of the model in `folder`.
llvm::Expected<Tokenizer> readTokenizer(StringRef folder);

} // namespace mlir::ptq

#endif // PTQ_RUN_LANGUAGEMODEL_H
