//===- ptq-llm.cpp - Language models on the command line ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Import/Tokenizer.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;
namespace cl = llvm::cl;

static cl::SubCommand tokenizeCommand("tokenize", "Print the tokens of a text");

static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("<model folder>"),
                                      cl::sub(tokenizeCommand));
static cl::opt<std::string>
    textPath("text", cl::desc("File with the text, - for standard input"),
             cl::value_desc("file"), cl::Required, cl::sub(tokenizeCommand));
static cl::opt<bool>
    parseSpecial("special",
                 cl::desc("Read the names of special tokens in the text as "
                          "these tokens"),
                 cl::sub(tokenizeCommand));
static cl::opt<bool>
    decodes("decode", cl::desc("Print the text of the numbers in the file"),
            cl::sub(tokenizeCommand));
static cl::opt<bool> printsJSON("json", cl::desc("Print one JSON object"),
                                cl::sub(tokenizeCommand));

static llvm::Expected<std::string> readText(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(path);
  if (!buffer)
    return llvm::createStringError(path + ": " + buffer.getError().message());
  return (*buffer)->getBuffer().str();
}

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

static llvm::Error tokenize() {
  SmallString<128> path(modelPath);
  llvm::sys::path::append(path, "tokenizer.json");
  llvm::Expected<Tokenizer> tokenizer = Tokenizer::read(path);
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

  if (printsJSON)
    llvm::outs() << llvm::json::Value(llvm::json::Object{
                        {"text", llvm::json::fixUTF8(*text)},
                        {"tokens", llvm::json::Array(tokens)}})
                 << "\n";
  else if (decodes)
    llvm::outs() << *text;
  else
    llvm::outs() << llvm::join(llvm::map_range(tokens,
                                               [](int64_t token) {
                                                 return llvm::itostr(token);
                                               }),
                               " ")
                 << "\n";
  return llvm::Error::success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  if (!cl::ParseCommandLineOptions(argc, argv, "ptq language models\n",
                                   &llvm::errs()))
    return 2;
  llvm::Error error = llvm::Error::success();
  if (tokenizeCommand)
    error = tokenize();
  if (error) {
    llvm::WithColor::error(llvm::errs(), "ptq-llm")
        << llvm::toString(std::move(error)) << "\n";
    return 1;
  }
  return 0;
}
