//===- Options.cpp - Options that subcommands share -----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"

#include "ptq/Run/CodeCache.h"

#include "llvm/Support/Error.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;
namespace cl = llvm::cl;

/// Not for programs, which ask for JSON.
static bool showsProgress = true;

ModelArguments::ModelArguments(cl::SubCommand &command)
    : path(cl::Positional, cl::Required,
           cl::desc("<folder of a checkpoint or a package>"), cl::sub(command)),
      printsJSON("json", cl::desc("Print one JSON object"),
                 cl::callback([](const bool &value) {
                   showsProgress = showsProgress && !value;
                 }),
                 cl::sub(command)) {}

ContextOption::ContextOption(cl::SubCommand &command)
    : cl::opt<int64_t>(
          "context", cl::desc("Longest sequence to import a checkpoint for"),
          cl::value_desc("tokens"), cl::init(0), cl::sub(command)) {}

CompileArguments::CompileArguments(cl::SubCommand &command)
    : context(command),
      threads("threads", cl::desc("Default one for each processor"),
              cl::init(0), cl::sub(command)),
      cpu("cpu", cl::desc("Default this machine's"), cl::sub(command)),
      verifiesAll("verify", cl::desc("Check the checksums of large files, too"),
                  cl::sub(command)) {}

LanguageModelOptions CompileArguments::get() const {
  LanguageModelOptions options;
  options.cpu = cpu;
  options.threads = threads;
  options.context = context;
  options.verifiesAll = verifiesAll;
  options.codeCache = getCodeCache();
  return options;
}

TextOption::TextOption(cl::SubCommand &command, bool isRequired)
    : cl::opt<std::string>(
          "text", cl::desc("File with the text, - for standard input"),
          cl::value_desc("file"), isRequired ? cl::Required : cl::Optional,
          cl::sub(command)) {}

RecipeArguments::RecipeArguments(cl::SubCommand &command)
    : recipe("recipe",
             cl::desc("w8a8 (default), w8a8-static, w8a16, w4a16-gN, w4a8-gN "
                      "or w4a8-gNx; N is the size of groups"),
             cl::init("w8a8"), cl::sub(command)),
      recipeFile("recipe-file", cl::desc("YAML rules by name of linears"),
                 cl::value_desc("file"), cl::sub(command)),
      skip("skip", cl::desc("Names of linears to leave float"),
           cl::value_desc("regular expression"), cl::sub(command)) {}

QuantizeArguments::QuantizeArguments(cl::SubCommand &command)
    : RecipeArguments(command),
      scale("scale",
            cl::desc(
                "How to find scales: absmax, signed_max or search (default)"),
            cl::sub(command)),
      statistics("statistics", cl::desc("What ptq-llm calibrate has written"),
                 cl::value_desc("file"), cl::sub(command)),
      range("range",
            cl::desc("How to find the range of static activations: minmax, "
                     "moving_average, percentile[:P], entropy, mse (default)"),
            cl::init("mse"), cl::sub(command)),
      smoothQuant("smoothquant",
                  cl::desc("Move outliers of activations to weights, by "
                           "--statistics; alpha is 0.5, as given, or searched "
                           "for each input"),
                  cl::value_desc("alpha|search"), cl::ValueOptional,
                  cl::sub(command)) {}

QuantizeLanguageModelOptions QuantizeArguments::get() const {
  QuantizeLanguageModelOptions options;
  options.recipe = recipe;
  options.recipeFile = recipeFile;
  options.skip = skip;
  options.scale = scale;
  options.statistics = statistics;
  options.range = range;
  if (smoothQuant.getNumOccurrences())
    options.smoothQuant =
        smoothQuant.empty() ? std::string("0.5") : smoothQuant.getValue();
  return options;
}

StringRef QuantizeArguments::check() const {
  double alpha = 0;
  if (!smoothQuant.empty() && StringRef(smoothQuant) != "search" &&
      (StringRef(smoothQuant).getAsDouble(alpha) ||
       !(alpha >= 0 && alpha <= 1)))
    return "expects --smoothquant to be 'search' or a number from 0 to 1";
  if (smoothQuant.getNumOccurrences() && statistics.empty())
    return "expects --statistics for --smoothquant";
  return "";
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

llvm::Expected<TokenSource> TokenSource::read(StringRef model,
                                              StringRef textPath) {
  llvm::Expected<std::string> text = readText(textPath);
  if (!text)
    return text.takeError();
  llvm::Expected<Tokenizer> tokenizer = readTokenizer(model);
  if (!tokenizer)
    return tokenizer.takeError();
  llvm::Expected<TextFrame> frame = TextFrame::read(model, *tokenizer);
  if (!frame)
    return frame.takeError();
  if (!frame->begin)
    return llvm::createStringError(
        model + ": the model has no token that begins a text");
  return TokenSource{std::move(*text), std::move(*tokenizer), *frame->begin};
}

SampleArguments::SampleArguments(cl::SubCommand &command, unsigned numSamples,
                                 int64_t length, bool isRequired)
    : textPath(command, isRequired),
      numSamples("samples",
                 cl::desc("Sequences to take from the text; 0 takes all"),
                 cl::init(numSamples), cl::sub(command)),
      seed("seed", cl::desc("Of the choice of sequences"), cl::init(0),
           cl::sub(command)),
      length("seq", cl::desc("Tokens of a sequence"), cl::init(length),
             cl::value_desc("tokens"), cl::sub(command)) {}

llvm::Expected<TokenSamples> SampleArguments::read(StringRef model) const {
  llvm::Expected<TokenSource> source = TokenSource::read(model, textPath);
  if (!source)
    return source.takeError();
  TokenSamples samples =
      makeSamples(source->tokenizer, source->begin,
                  splitDocuments(source->text), length, numSamples, seed);
  if (samples.empty())
    return llvm::createStringError(textPath + ": expects text for a sample");
  return samples;
}

StringRef SampleArguments::check() const {
  return length < 2 ? "expects --seq to be 2 or more tokens" : "";
}

//===----------------------------------------------------------------------===//
// Budgets
//===----------------------------------------------------------------------===//

BudgetArguments::BudgetArguments(cl::SubCommand &command)
    : budget(
          "budget",
          cl::desc("Choose formats for a size, such as 4.5bpw or 200kB, or a "
                   "time of a token in kernels, such as 350us"),
          cl::sub(command)),
      recipePath("write-recipe", cl::desc("Write the rules that were chosen"),
                 cl::value_desc("file"), cl::sub(command)),
      maxDivergence(
          "max-kl",
          cl::desc("Choose formats for a KL divergence from float, of "
                   "the predictions of the text"),
          cl::init(0), cl::value_desc("nats"), cl::sub(command)),
      formats(
          "formats",
          cl::desc("Formats to choose from; by default w8, w4 in groups of 16, "
                   "32, 128 and, with two levels of scales, of 8, 16, 32"),
          cl::CommaSeparated, cl::sub(command)) {}

llvm::Error BudgetArguments::addTo(ReportOptions &options) const {
  options.candidates.formats.assign(formats.begin(), formats.end());
  if (formats.empty() && isGiven())
    options.candidates.formats =
        getDefaultFormats(options.candidates.quantize.recipe);
  if (maxDivergence.getNumOccurrences())
    options.maxDivergence = maxDivergence;
  if (budget.empty())
    return llvm::Error::success();
  llvm::Expected<Budget> parsed = Budget::parse(budget);
  if (!parsed)
    return parsed.takeError();
  options.budget = *parsed;
  return llvm::Error::success();
}

StringRef BudgetArguments::check() const {
  if (!budget.empty() && maxDivergence.getNumOccurrences())
    return "expects --budget or --max-kl, but got both";
  if (maxDivergence.getNumOccurrences() && !(maxDivergence > 0))
    return "expects --max-kl to be a positive number";
  if (!recipePath.empty() && !isGiven())
    return "expects --budget or --max-kl for --write-recipe";
  if (!budget.empty())
    if (llvm::Expected<Budget> parsed = Budget::parse(budget); !parsed) {
      llvm::consumeError(parsed.takeError());
      return "expects --budget to be such as '4.5bpw', '200kB' or '350us'";
    }
  return "";
}

//===----------------------------------------------------------------------===//
// Input and output
//===----------------------------------------------------------------------===//

llvm::Expected<std::string> ptq::readText(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(path);
  if (!buffer)
    return llvm::createStringError(path + ": " + buffer.getError().message());
  return (*buffer)->getBuffer().str();
}

void ptq::showProgress(const Twine &message) {
  if (showsProgress && llvm::errs().is_displayed())
    llvm::errs() << "\r\033[K" << message;
}

void TimeLeft::start() { begin = std::chrono::steady_clock::now(); }

double TimeLeft::getSeconds() const {
  std::chrono::duration<double> passed =
      std::chrono::steady_clock::now() - begin;
  return passed.count();
}

void TimeLeft::show(const Twine &what, double numDone, double numTotal) const {
  if (numDone <= 0)
    return showProgress(what);
  double left = getSeconds() / numDone * (numTotal - numDone);
  showProgress(what + llvm::formatv(", {0:f0} s left", left).str());
}

void ptq::print(llvm::json::Object object) {
  llvm::outs() << llvm::json::Value(std::move(object)) << "\n";
}

llvm::Error ptq::writeText(StringRef path, StringRef text) {
  if (llvm::Error error =
          llvm::writeToOutput(path, [&](raw_ostream &os) -> llvm::Error {
            os << text;
            return llvm::Error::success();
          }))
    return llvm::createStringError(path + ": " +
                                   llvm::toString(std::move(error)));
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<LanguageModel>>
ptq::openModel(StringRef path, const LanguageModelOptions &options) {
  showProgress("compiling " + path);
  auto model = LanguageModel::open(path, options);
  showProgress("");
  return model;
}
