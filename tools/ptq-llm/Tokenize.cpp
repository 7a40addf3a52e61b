//===- Tokenize.cpp - ptq-llm tokenize ------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"

#include "ptq/Import/Tokenizer.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;
namespace cl = llvm::cl;

static cl::SubCommand command("tokenize", "Print the tokens of a text");
static ModelArguments model(command);
static TextOption textPath(command);
static cl::opt<bool>
    parseSpecial("special",
                 cl::desc("Read the names of special tokens in the text as "
                          "these tokens"),
                 cl::sub(command));
static cl::opt<bool>
    decodes("decode", cl::desc("Print the text of the numbers in the file"),
            cl::sub(command));

/// The numbers in `text`, which lie between white space.
static llvm::Expected<std::vector<int64_t>> readNumbers(StringRef text,
                                                        StringRef file) {
  std::vector<int64_t> numbers;
  SmallVector<StringRef> words;
  llvm::SplitString(text, words, " \t\r\n");
  for (StringRef word : words)
    if (word.getAsInteger(10, numbers.emplace_back()))
      return llvm::createStringError(file + ": expects numbers, but got '" +
                                     word + "'");
  return numbers;
}

static llvm::Error runTokenize() {
  llvm::Expected<Tokenizer> tokenizer = readTokenizer(model.path);
  if (!tokenizer)
    return tokenizer.takeError();
  llvm::Expected<std::string> text = readText(textPath);
  if (!text)
    return text.takeError();

  std::vector<int64_t> tokens;
  if (decodes) {
    llvm::Expected<std::vector<int64_t>> numbers = readNumbers(*text, textPath);
    if (!numbers)
      return numbers.takeError();
    tokens = std::move(*numbers);
    *text = tokenizer->decode(tokens);
  } else {
    tokens = tokenizer->encode(*text, parseSpecial);
  }

  if (model.printsJSON) {
    print(llvm::json::Object{{"text", llvm::json::fixUTF8(*text)},
                             {"tokens", llvm::json::Array(tokens)}});
  } else if (decodes) {
    llvm::outs() << *text;
  } else {
    llvm::interleave(tokens, llvm::outs(), " ");
    llvm::outs() << "\n";
  }
  return llvm::Error::success();
}

Command ptq::getTokenizeCommand() { return {&command, nullptr, runTokenize}; }
