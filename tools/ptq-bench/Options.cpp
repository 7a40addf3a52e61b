//===- Options.cpp - The command line of ptq-bench ------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"

#include "../OptionTable.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::ptq;

static llvm::Expected<ProductShape> parseShape(StringRef text) {
  SmallVector<StringRef> sizes;
  text.split(sizes, 'x');
  ProductShape shape;
  int64_t *const fields[] = {&shape.m, &shape.n, &shape.k};
  bool isValid = sizes.size() == 3;
  for (size_t i = 0; isValid && i < 3; ++i)
    isValid = !sizes[i].getAsInteger(10, *fields[i]) && *fields[i] > 0 &&
              *fields[i] <= (1 << 20);
  if (isValid)
    return shape;
  return llvm::createStringError(
      "--shapes expects MxNxK, each in [1, 2^20], but got '" + text + "'");
}

static llvm::Error readNumber(const InputArgList &arguments, unsigned option,
                              StringRef name, unsigned limit,
                              unsigned &number) {
  StringRef text = arguments.getLastArgValue(option);
  if (text.empty() ||
      (!text.getAsInteger(10, number) && number > 0 && number <= limit))
    return llvm::Error::success();
  return llvm::createStringError(name + " expects a number in [1, " +
                                 Twine(limit) + "], but got '" + text + "'");
}

/// The parts of a value between commas; none of an empty one.
static std::vector<std::string> getList(const InputArgList &arguments,
                                        unsigned option,
                                        StringRef defaultValue = "") {
  SmallVector<StringRef> parts;
  arguments.getLastArgValue(option, defaultValue)
      .split(parts, ',', -1, /*KeepEmpty=*/false);
  return std::vector<std::string>(parts.begin(), parts.end());
}

static std::optional<Peer> parsePeer(StringRef name) {
  return llvm::StringSwitch<std::optional<Peer>>(name)
      .Case("none", Peer::None)
      .Case("portable", Peer::Portable)
      .Case("onednn", Peer::OneDNN)
      .Default(std::nullopt);
}

static llvm::Expected<BenchOptions> readOptions(const InputArgList &arguments) {
  BenchOptions options;
  std::vector<std::string> words = arguments.getAllArgValues(OPT_INPUT);
  bool isStatic = arguments.hasArg(OPT_static);
  if (words != std::vector<std::string>{"matmul"} &&
      !(words.empty() && isStatic))
    return llvm::createStringError("expects the word 'matmul'");
  options.cpus = getList(arguments, OPT_cpu);
  if (isStatic == options.cpus.empty())
    return llvm::createStringError(
        "expects --static and --cpu=NAMES together, but got one of them");
  options.formats =
      getList(arguments, OPT_formats,
              isStatic ? "w8a8,w4a8-g32,w4a8-g128" : "w4a8-g32,w8a8");
  options.isas = getList(arguments, OPT_isa);
  for (const std::string &text :
       getList(arguments, OPT_shapes, "1x4096x4096,128x4096x4096")) {
    llvm::Expected<ProductShape> shape = parseShape(text);
    if (!shape)
      return shape.takeError();
    options.shapes.push_back(*shape);
  }
  if (llvm::Error error = readNumber(arguments, OPT_threads, "--threads", 4096,
                                     options.measure.threads))
    return std::move(error);
  if (llvm::Error error = readNumber(arguments, OPT_rounds, "--rounds", 10000,
                                     options.measure.rounds))
    return std::move(error);
  options.measure.isa = arguments.getLastArgValue(OPT_isa);
  options.measure.isHot = arguments.hasArg(OPT_hot);
  StringRef peer = arguments.getLastArgValue(OPT_peer, "portable");
  std::optional<Peer> known = parsePeer(peer);
  if (!known)
    return llvm::createStringError(
        "--peer expects portable, onednn or none, but got '" + peer + "'");
  options.measure.peer = *known;
  options.jsonFile = arguments.getLastArgValue(OPT_json);
  options.plotFile = arguments.getLastArgValue(OPT_plot);
  if (isStatic && !options.plotFile.empty())
    return llvm::createStringError(
        "--plot expects measurements, but got --static");
  options.markdownFile = arguments.getLastArgValue(OPT_markdown);
  return options;
}

llvm::Expected<BenchOptions> ptq::parseBenchOptions(int argc, char **argv) {
  auto arguments = OptionTable().parse(argc, argv);
  if (!arguments)
    return arguments.takeError();
  if (arguments->hasArg(OPT_help)) {
    BenchOptions options;
    options.showHelp = true;
    return options;
  }
  return readOptions(*arguments);
}

void ptq::printBenchHelp(llvm::raw_ostream &os) {
  OptionTable().printHelp(os, "ptq-bench matmul [options]",
                          "Verify and measure products with weights, or "
                          "simulate them with --static --cpu=NAMES");
}
