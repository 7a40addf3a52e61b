//===- Generate.cpp - ptq-llm generate ------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"

#include "ptq/Import/Tokenizer.h"
#include "ptq/Run/LanguageModelGenerate.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;
namespace cl = llvm::cl;

static cl::SubCommand command("generate", "Continue a text");
static ModelArguments model(command);
static CompileArguments compileArguments(command);
static cl::opt<std::string> prompt("prompt", cl::desc("Text to continue"),
                                   cl::value_desc("text"), cl::sub(command));
static cl::opt<int64_t> numTokens("tokens",
                                  cl::desc("Tokens to generate at most"),
                                  cl::init(128), cl::sub(command));
static cl::opt<double>
    temperature("temperature",
                cl::desc("0 (default) takes the most likely token"),
                cl::init(0), cl::sub(command));
static cl::opt<double>
    topP("top-p",
         cl::desc("Sample from the most likely tokens that have this "
                  "probability together"),
         cl::init(1), cl::sub(command));
static cl::opt<uint64_t> seed("seed", cl::desc("Of the random numbers"),
                              cl::init(0), cl::sub(command));
static cl::opt<unsigned>
    numSamples("samples",
               cl::desc("Texts to generate, separated by blank lines; the "
                        "seed of each is one more than that before"),
               cl::init(1), cl::sub(command));

/// Whether text is shown as it comes. In a pipe, an error leaves no text
/// behind.
static bool streams() {
  return llvm::outs().is_displayed() && !model.printsJSON;
}

static void streamText(StringRef text) {
  if (!streams())
    return;
  llvm::outs() << text;
  llvm::outs().flush();
}

/// Ends a text that was shown, or adds it to `texts`.
static void finishText(const Generation &generation, bool isLast,
                       std::string &texts) {
  StringRef end = isLast ? "\n" : "\n\n";
  if (!streams()) {
    texts += generation.text + end.str();
    return;
  }
  llvm::outs() << end;
  llvm::errs() << llvm::formatv(
      "prefill {0:f1} tokens/s, decode {1:f1} tokens/s\n",
      generation.prefillTokensPerSecond, generation.decodeTokensPerSecond);
}

static llvm::Error runGenerate() {
  llvm::Expected<Tokenizer> tokenizer = readTokenizer(model.path);
  if (!tokenizer)
    return tokenizer.takeError();
  llvm::Expected<TextFrame> frame = TextFrame::read(model.path, *tokenizer);
  if (!frame)
    return frame.takeError();
  auto opened = openModel(model.path, compileArguments.get());
  if (!opened)
    return opened.takeError();

  std::string texts;
  for (unsigned i = 0; i < numSamples; ++i) {
    auto generation = generate(**opened, *tokenizer, *frame, prompt, numTokens,
                               {temperature, topP, seed + i}, streamText);
    if (!generation)
      return generation.takeError();
    if (model.printsJSON)
      print(toJSON(*generation));
    else
      finishText(*generation, i + 1 == numSamples, texts);
  }
  llvm::outs() << texts;
  return llvm::Error::success();
}

static StringRef check() {
  if (numTokens < 0)
    return "expects --tokens not to be negative";
  if (!(temperature >= 0) || std::isinf(temperature))
    return "expects --temperature to be a finite number, 0 or more";
  if (!(topP > 0 && topP <= 1))
    return "expects --top-p to be in (0, 1]";
  if (numSamples != 1 && model.printsJSON)
    return "expects --json with one sample";
  if (compileArguments.context < 0)
    return "expects --context not to be negative";
  return "";
}

Command ptq::getGenerateCommand() { return {&command, check, runGenerate}; }
