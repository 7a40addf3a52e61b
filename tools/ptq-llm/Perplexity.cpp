//===- Perplexity.cpp - ptq-llm perplexity --------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"

#include "ptq/Run/LanguageModelPerplexity.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;
namespace cl = llvm::cl;

static cl::SubCommand command("perplexity",
                              "Measure how well a model predicts a text");
static ModelArguments model(command);
static CompileArguments compileArguments(command);
static TextOption textPath(command);
static cl::opt<std::string>
    reference("against", cl::desc("Model to compare the predictions with"),
              cl::value_desc("folder"), cl::sub(command));
static cl::opt<int64_t>
    window("window",
           cl::desc("Tokens of a sequence; default the context length"),
           cl::value_desc("tokens"), cl::init(0), cl::sub(command));

static void printPerplexity(const Perplexity &result) {
  llvm::outs() << llvm::formatv("perplexity {0:f4} over {1} tokens\n",
                                result.perplexity, result.numTokens);
  if (result.reference)
    llvm::outs() << llvm::formatv(
        "of the reference {0:f4}, ratio {1:f4}\n"
        "divergence mean {2:e3}, 99% {3:e3}, max {4:e3}\n"
        "same most likely token {5:P2}\n",
        result.reference->perplexity,
        result.perplexity / result.reference->perplexity,
        result.reference->meanDivergence, result.reference->divergence99,
        result.reference->maxDivergence, result.reference->sameTop1);
}

static llvm::Error runPerplexity() {
  llvm::Expected<TokenSource> source = TokenSource::read(model.path, textPath);
  if (!source)
    return source.takeError();
  auto measured = openModel(model.path, compileArguments.get());
  if (!measured)
    return measured.takeError();
  std::unique_ptr<LanguageModel> against;
  int64_t length = (*measured)->getContextLength();
  if (!reference.empty()) {
    auto opened = openModel(reference, compileArguments.get());
    if (!opened)
      return opened.takeError();
    against = std::move(*opened);
    length = std::min(length, against->getContextLength());
  }
  SmallVector<StringRef> documents = splitDocuments(source->text);
  TimeLeft time;
  auto result = measurePerplexity(
      **measured, against.get(), source->tokenizer, source->begin, documents,
      window ? window : length, [&](size_t numDone) {
        time.show(Twine(numDone) + " of " + Twine(documents.size()) +
                      " documents",
                  numDone, documents.size());
      });
  showProgress("");
  if (!result)
    return result.takeError();
  if (model.printsJSON)
    print(toJSON(*result));
  else
    printPerplexity(*result);
  return llvm::Error::success();
}

static StringRef check() {
  if (window < 0 || window == 1)
    return "expects --window to be 2 or more tokens";
  if (compileArguments.context < 0)
    return "expects --context not to be negative";
  return "";
}

Command ptq::getPerplexityCommand() { return {&command, check, runPerplexity}; }
