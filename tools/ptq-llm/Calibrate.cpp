//===- Calibrate.cpp - ptq-llm calibrate ----------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"

#include "ptq/Run/CodeCache.h"
#include "ptq/Run/LanguageModelCalibrate.h"
#include "ptq/Run/LanguageModelPerplexity.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;
namespace cl = llvm::cl;

static cl::SubCommand command("calibrate",
                              "Collect statistics of the inputs of linears");
static ModelArguments model(command);
static SampleArguments sampleArguments(command, /*numSamples=*/128,
                                       /*length=*/512, /*isRequired=*/true);
static RecipeArguments recipeArguments(command);
static cl::opt<std::string> output("o", cl::desc("Statistics to write"),
                                   cl::value_desc("file"), cl::Required,
                                   cl::sub(command));
static cl::opt<std::string>
    shard("shard",
          cl::desc("Take only the I-th of N parts of the sequences, to be "
                   "merged with the others"),
          cl::value_desc("I/N"), cl::sub(command));
static cl::opt<std::string>
    observers("observers",
              cl::desc("all (default), or some of minmax, moving_average, "
                       "absmax, channel_absmax, token_absmax, mean, mean_abs, "
                       "mean_square, histogram, gram"),
              cl::init("all"), cl::sub(command));
static cl::opt<unsigned> skipPositions(
    "skip-positions",
    cl::desc("Positions to leave out at the start of each sequence: 1 for "
             "models whose first token has outliers"),
    cl::init(0), cl::sub(command));
static cl::opt<unsigned> threads("threads",
                                 cl::desc("Default one for each processor"),
                                 cl::init(0), cl::sub(command));
static cl::opt<std::string> cpu("cpu", cl::desc("Default this machine's"),
                                cl::sub(command));

/// The numbers of `I/N`, with 1 <= I <= N.
static std::optional<std::pair<size_t, size_t>> parseShard(StringRef text) {
  auto [number, count] = text.split('/');
  size_t i, n;
  if (number.getAsInteger(10, i) || count.getAsInteger(10, n) || i < 1 || i > n)
    return std::nullopt;
  return std::make_pair(i, n);
}

static StringRef check() {
  if (StringRef problem = sampleArguments.check(); !problem.empty())
    return problem;
  if (!shard.empty() && !parseShard(shard))
    return "expects --shard to be I/N with 1 <= I <= N";
  if (static_cast<int64_t>(skipPositions) >= sampleArguments.length)
    return "expects --skip-positions to be less than --seq";
  return "";
}

static CalibrateLanguageModelOptions getOptions() {
  CalibrateLanguageModelOptions options;
  options.observers = observers;
  options.recipe = recipeArguments.recipe;
  options.recipeFile = recipeArguments.recipeFile;
  options.skip = recipeArguments.skip;
  options.skipPositions = skipPositions;
  options.cpu = cpu;
  options.threads = threads;
  options.codeCache = getCodeCache();
  return options;
}

/// The part of the samples that `--shard` names.
static llvm::Expected<TokenSamples> readSamples() {
  llvm::Expected<TokenSamples> all = sampleArguments.read(model.path);
  if (!all)
    return all;
  TokenSamples samples;
  auto part = parseShard(shard).value_or(std::make_pair<size_t, size_t>(1, 1));
  for (size_t i = part.first - 1; i < all->size(); i += part.second)
    samples.push_back(std::move((*all)[i]));
  if (samples.empty())
    return llvm::createStringError(sampleArguments.textPath +
                                   ": expects text for a sample");
  return samples;
}

static void warn(const TensorStatistics &tensor) {
  const ObservedCounts &counts = tensor.counts;
  auto say = [&](const Twine &what) {
    llvm::errs() << "ptq-llm: warning: '" << tensor.tensor.name << "': " << what
                 << "\n";
  };
  if (counts.nonFiniteRows)
    say(Twine(counts.nonFiniteRows) +
        " tokens with a value that is not finite were left out");
  if (counts.maskedRows)
    say(Twine(counts.maskedRows) + " masked tokens were left out");
}

static void printResult(const Statistics &statistics, size_t numSequences,
                        double seconds) {
  uint64_t numTokens = 0;
  for (const TensorStatistics &tensor : statistics)
    numTokens = std::max(numTokens, tensor.counts.tokens);
  if (model.printsJSON)
    return print(llvm::json::Object{{"samples", int64_t(numSequences)},
                                    {"tokens", int64_t(numTokens)},
                                    {"tensors", int64_t(statistics.size())},
                                    {"seconds", seconds},
                                    {"model", statistics.getModel()}});
  llvm::outs() << llvm::formatv(
      "{0} sequences, {1} tokens, {2} tensors, {3:f1} s\n", numSequences,
      numTokens, statistics.size(), seconds);
}

static llvm::Error runCalibrate() {
  llvm::Expected<TokenSamples> samples = readSamples();
  if (!samples)
    return samples.takeError();
  TimeLeft time;
  llvm::Expected<Statistics> statistics = calibrateLanguageModel(
      model.path, *samples, getOptions(),
      [&](StringRef step) {
        showProgress(step);
        time.start();
      },
      [&](size_t numDone) {
        if (numDone == 1) // the first one is slower
          time.start();
        time.show(Twine(numDone) + " of " + Twine(samples->size()) +
                      " sequences",
                  numDone - 1, samples->size() - 1);
      });
  showProgress("");
  if (!statistics)
    return statistics.takeError();
  double seconds = time.getSeconds();
  for (const TensorStatistics &tensor : *statistics)
    warn(tensor);
  if (llvm::Error error = statistics->save(output))
    return error;
  printResult(*statistics, samples->size(), seconds);
  return llvm::Error::success();
}

Command ptq::getCalibrateCommand() { return {&command, check, runCalibrate}; }
