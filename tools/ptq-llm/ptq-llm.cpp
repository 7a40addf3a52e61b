//===- ptq-llm.cpp - Language models on the command line ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Import/Tokenizer.h"
#include "ptq/Run/LanguageModel.h"
#include "ptq/Run/LanguageModelGenerate.h"
#include "ptq/Run/LanguageModelPackage.h"
#include "ptq/Run/LanguageModelPerplexity.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;
namespace cl = llvm::cl;

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

static cl::SubCommand
    quantizeCommand("quantize",
                    "Quantize a Hugging Face checkpoint into a package");
static cl::SubCommand generateCommand("generate", "Continue a text");
static cl::SubCommand
    perplexityCommand("perplexity", "Measure how well a model predicts a text");
static cl::SubCommand tokenizeCommand("tokenize", "Print the tokens of a text");

static cl::opt<std::string>
    modelPath(cl::Positional, cl::Required,
              cl::desc("<folder of a checkpoint or a package>"),
              cl::sub(quantizeCommand), cl::sub(generateCommand),
              cl::sub(perplexityCommand), cl::sub(tokenizeCommand));
static cl::opt<bool> printsJSON("json", cl::desc("Print one JSON object"),
                                cl::sub(quantizeCommand),
                                cl::sub(generateCommand),
                                cl::sub(perplexityCommand),
                                cl::sub(tokenizeCommand));
static cl::opt<int64_t> contextLength(
    "context", cl::desc("Longest sequence to import a checkpoint for"),
    cl::value_desc("tokens"), cl::init(0), cl::sub(quantizeCommand),
    cl::sub(generateCommand), cl::sub(perplexityCommand));

// Of quantize.
static cl::opt<std::string> output("o", cl::desc("Package to write"),
                                   cl::value_desc("folder"), cl::Required,
                                   cl::sub(quantizeCommand));
static cl::opt<std::string>
    recipe("recipe",
           cl::desc("w8a8 (default), w8a16, w4a16-gN or w4a8-gN; N is the "
                    "size of groups"),
           cl::init("w8a8"), cl::sub(quantizeCommand));
static cl::opt<std::string>
    recipeFile("recipe-file", cl::desc("YAML rules by name of linears"),
               cl::value_desc("file"), cl::sub(quantizeCommand));
static cl::opt<std::string> skip("skip",
                                 cl::desc("Names of linears to leave float"),
                                 cl::value_desc("regular expression"),
                                 cl::sub(quantizeCommand));
static cl::opt<std::string>
    scale("scale", cl::desc("How to find scales: absmax, signed_max, search"),
          cl::sub(quantizeCommand));
static cl::opt<bool>
    failOnFallback("fail-on-fallback",
                   cl::desc("Fail if a linear stays float unasked"),
                   cl::sub(quantizeCommand));

// Of generate.
static cl::opt<std::string> prompt("prompt", cl::desc("Text to continue"),
                                   cl::value_desc("text"),
                                   cl::sub(generateCommand));
static cl::opt<int64_t> numTokens("tokens",
                                  cl::desc("Tokens to generate at most"),
                                  cl::init(128), cl::sub(generateCommand));
static cl::opt<double>
    temperature("temperature",
                cl::desc("0 (default) takes the most likely token"),
                cl::init(0), cl::sub(generateCommand));
static cl::opt<double>
    topP("top-p",
         cl::desc("Sample from the most likely tokens that have this "
                  "probability together"),
         cl::init(1), cl::sub(generateCommand));
static cl::opt<uint64_t> seed("seed", cl::desc("Of the random numbers"),
                              cl::init(0), cl::sub(generateCommand));

static cl::opt<unsigned>
    numSamples("samples",
               cl::desc("Texts to generate, separated by blank lines; the "
                        "seed of each is one more than that before"),
               cl::init(1), cl::sub(generateCommand));

// Of perplexity.
static cl::opt<std::string>
    reference("against", cl::desc("Model to compare the predictions with"),
              cl::value_desc("folder"), cl::sub(perplexityCommand));
static cl::opt<int64_t>
    window("window",
           cl::desc("Tokens of a sequence; default the context length"),
           cl::value_desc("tokens"), cl::init(0), cl::sub(perplexityCommand));

// Of whatever runs.
static cl::opt<unsigned> threads("threads",
                                 cl::desc("Default one for each processor"),
                                 cl::init(0), cl::sub(generateCommand),
                                 cl::sub(perplexityCommand));
static cl::opt<std::string> cpu("cpu", cl::desc("Default this machine's"),
                                cl::sub(generateCommand),
                                cl::sub(perplexityCommand));
static cl::opt<bool>
    verifiesAll("verify", cl::desc("Check the checksums of large files, too"),
                cl::sub(generateCommand), cl::sub(perplexityCommand));

// Of whatever reads text.
static cl::opt<std::string>
    textPath("text", cl::desc("File with the text, - for standard input"),
             cl::value_desc("file"), cl::Required, cl::sub(perplexityCommand),
             cl::sub(tokenizeCommand));
static cl::opt<bool>
    parseSpecial("special",
                 cl::desc("Read the names of special tokens in the text as "
                          "these tokens"),
                 cl::sub(tokenizeCommand));
static cl::opt<bool>
    decodes("decode", cl::desc("Print the text of the numbers in the file"),
            cl::sub(tokenizeCommand));

/// What is wrong with the values of options, empty if nothing is.
static StringRef checkOptions() {
  if (numTokens < 0)
    return "expects --tokens not to be negative";
  if (!(temperature >= 0) || std::isinf(temperature))
    return "expects --temperature to be a finite number, 0 or more";
  if (!(topP > 0 && topP <= 1))
    return "expects --top-p to be in (0, 1]";
  if (numSamples != 1 && printsJSON)
    return "expects --json with one sample";
  if (window < 0 || window == 1)
    return "expects --window to be 2 or more tokens";
  if (contextLength < 0)
    return "expects --context not to be negative";
  return "";
}

//===----------------------------------------------------------------------===//
// Input and output
//===----------------------------------------------------------------------===//

static llvm::Expected<std::string> readText(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(path);
  if (!buffer)
    return llvm::createStringError(path + ": " + buffer.getError().message());
  return (*buffer)->getBuffer().str();
}

/// Replaces the last line of a terminal; says nothing elsewhere.
static void showProgress(const Twine &message) {
  if (llvm::errs().is_displayed())
    llvm::errs() << "\r\033[K" << message;
}

static void print(llvm::json::Object object) {
  llvm::outs() << llvm::json::Value(std::move(object)) << "\n";
}

static LanguageModelOptions getModelOptions() {
  LanguageModelOptions options;
  options.cpu = cpu;
  options.threads = threads;
  options.context = contextLength;
  options.verifiesAll = verifiesAll;
  return options;
}

static llvm::Expected<std::unique_ptr<LanguageModel>>
openModel(StringRef path) {
  showProgress("compiling " + path);
  auto model = LanguageModel::open(path, getModelOptions());
  showProgress("");
  return model;
}

//===----------------------------------------------------------------------===//
// Subcommands
//===----------------------------------------------------------------------===//

static void printTable(const QuantizationSummary &summary) {
  auto format = [](std::optional<double> value) {
    return value ? llvm::formatv("{0:f2}", *value).str() : std::string("-");
  };
  size_t width = 0;
  for (const LinearSummary &linear : summary.linears)
    width = std::max(width, linear.name.size());
  for (const LinearSummary &linear : summary.linears)
    llvm::outs() << llvm::left_justify(linear.name, width) << "  "
                 << llvm::left_justify(linear.format, 9)
                 << llvm::right_justify(format(linear.bitsPerWeight), 6)
                 << " bits " << llvm::right_justify(format(linear.sqnr), 6)
                 << " dB\n";
  llvm::outs() << summary.linears.size() << " linears, " << summary.floatBytes
               << " -> " << summary.packageBytes << " bytes\n";
}

static llvm::Error runQuantize() {
  QuantizeLanguageModelOptions options;
  options.recipe = recipe;
  options.recipeFile = recipeFile;
  options.skip = skip;
  options.scale = scale;
  options.failOnFallback = failOnFallback;
  options.context = contextLength;
  llvm::Expected<QuantizationSummary> summary = quantizeLanguageModel(
      modelPath, output, options, [](StringRef step) { showProgress(step); });
  showProgress("");
  if (!summary)
    return summary.takeError();
  if (printsJSON)
    print(toJSON(*summary));
  else
    printTable(*summary);
  return llvm::Error::success();
}

/// Whether text is shown as it comes. In a pipe, an error leaves no text
/// behind.
static bool streams() { return llvm::outs().is_displayed() && !printsJSON; }

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
  llvm::Expected<Tokenizer> tokenizer = readTokenizer(modelPath);
  if (!tokenizer)
    return tokenizer.takeError();
  llvm::Expected<TextFrame> frame = TextFrame::read(modelPath, *tokenizer);
  if (!frame)
    return frame.takeError();
  auto model = openModel(modelPath);
  if (!model)
    return model.takeError();

  std::string texts;
  for (unsigned i = 0; i < numSamples; ++i) {
    auto generation = generate(**model, *tokenizer, *frame, prompt, numTokens,
                               {temperature, topP, seed + i}, streamText);
    if (!generation)
      return generation.takeError();
    if (printsJSON)
      print(toJSON(*generation));
    else
      finishText(*generation, i + 1 == numSamples, texts);
  }
  llvm::outs() << texts;
  return llvm::Error::success();
}

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
  llvm::Expected<std::string> text = readText(textPath);
  if (!text)
    return text.takeError();
  llvm::Expected<Tokenizer> tokenizer = readTokenizer(modelPath);
  if (!tokenizer)
    return tokenizer.takeError();
  llvm::Expected<TextFrame> frame = TextFrame::read(modelPath, *tokenizer);
  if (!frame)
    return frame.takeError();
  if (!frame->begin)
    return llvm::createStringError(
        modelPath + ": the model has no token that begins a text");
  auto model = openModel(modelPath);
  if (!model)
    return model.takeError();
  std::unique_ptr<LanguageModel> against;
  int64_t length = (*model)->getContextLength();
  if (!reference.empty()) {
    auto opened = openModel(reference);
    if (!opened)
      return opened.takeError();
    against = std::move(*opened);
    length = std::min(length, against->getContextLength());
  }
  SmallVector<StringRef> documents = splitDocuments(*text);
  auto result = measurePerplexity(
      **model, against.get(), *tokenizer, *frame->begin, documents,
      window ? window : length, [&](size_t numDone) {
        showProgress(Twine(numDone) + " of " + Twine(documents.size()) +
                     " documents");
      });
  showProgress("");
  if (!result)
    return result.takeError();
  if (printsJSON)
    print(toJSON(*result));
  else
    printPerplexity(*result);
  return llvm::Error::success();
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

static llvm::Error runTokenize() {
  llvm::Expected<Tokenizer> tokenizer = readTokenizer(modelPath);
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

  if (printsJSON) {
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

static llvm::Error run() {
  if (quantizeCommand)
    return runQuantize();
  if (generateCommand)
    return runGenerate();
  if (perplexityCommand)
    return runPerplexity();
  return runTokenize();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  if (!cl::ParseCommandLineOptions(argc, argv, "ptq language models\n",
                                   &llvm::errs()))
    return 2;
  StringRef problem = checkOptions();
  if (cl::SubCommand::getTopLevel())
    problem = "expects a subcommand: quantize, generate, perplexity, tokenize";
  if (!problem.empty()) {
    llvm::WithColor::error(llvm::errs(), "ptq-llm") << problem << "\n";
    return 2;
  }
  if (llvm::Error error = run()) {
    llvm::WithColor::error(llvm::errs(), "ptq-llm")
        << llvm::toString(std::move(error)) << "\n";
    return 1;
  }
  return 0;
}
