//===- Options.cpp - The command line of ptq-run --------------------------===//
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

/// Fails on options that exist, but not with each other.
static llvm::Error checkCombination(const InputArgList &arguments) {
  if (arguments.hasArg(OPT_reference))
    if (const Arg *compile = arguments.getLastArg(
            OPT_cpu, OPT_features, OPT_threads, OPT_emit, OPT_target))
      return llvm::createStringError(
          "--reference does not compile: expects no " +
          compile->getSpelling().rtrim('='));
  if (arguments.hasArg(OPT_calibrate)) {
    if (!arguments.hasArg(OPT_o))
      return llvm::createStringError("--calibrate expects -o");
    if (const Arg *other =
            arguments.getLastArg(OPT_emit, OPT_output, OPT_reference))
      return llvm::createStringError("--calibrate expects no " +
                                     other->getSpelling().rtrim('='));
  } else if (const Arg *other = arguments.getLastArg(OPT_observers, OPT_recipe,
                                                     OPT_skip_positions)) {
    return llvm::createStringError(other->getSpelling().rtrim('=') +
                                   " expects --calibrate");
  }
  if (!arguments.hasArg(OPT_emit)) {
    if (arguments.hasArg(OPT_o) && !arguments.hasArg(OPT_calibrate))
      return llvm::createStringError("-o expects --emit or --calibrate");
    if (arguments.hasArg(OPT_target))
      return llvm::createStringError(
          "--target expects --emit: code of other targets does not run here");
    return llvm::Error::success();
  }
  if (!arguments.hasArg(OPT_o))
    return llvm::createStringError("--emit expects -o");
  if (const Arg *call = arguments.getLastArg(OPT_entry, OPT_input, OPT_output,
                                             OPT_threads, OPT_root))
    return llvm::createStringError("--emit writes code and does not call: "
                                   "expects no " +
                                   call->getSpelling().rtrim('='));
  return llvm::Error::success();
}

static llvm::Expected<EmitKind> parseEmitKind(StringRef name) {
  auto kind = llvm::StringSwitch<std::optional<EmitKind>>(name)
                  .Case("llvm", EmitKind::LLVM)
                  .Case("asm", EmitKind::Assembly)
                  .Case("obj", EmitKind::Object)
                  .Case("shared", EmitKind::SharedLibrary)
                  .Default(std::nullopt);
  if (kind)
    return *kind;
  return llvm::createStringError("--emit expects llvm, asm, obj or shared, "
                                 "but got '" +
                                 name + "'");
}

static llvm::Expected<RunOptions> readOptions(const InputArgList &arguments) {
  RunOptions options;
  std::vector<std::string> files = arguments.getAllArgValues(OPT_INPUT);
  if (files.size() != 1)
    return llvm::createStringError("expects one module, but got " +
                                   Twine(files.size()));
  options.moduleFile = files.front();
  options.entry = arguments.getLastArgValue(OPT_entry);
  options.inputs = arguments.getAllArgValues(OPT_input);
  options.outputs = arguments.getAllArgValues(OPT_output);
  options.useReference = arguments.hasArg(OPT_reference);
  options.calibrates = arguments.hasArg(OPT_calibrate);
  options.observers = arguments.getLastArgValue(OPT_observers, "all");
  options.recipe = arguments.getLastArgValue(OPT_recipe, "w8a8");
  options.parameterRoot = arguments.getLastArgValue(OPT_root);
  options.target.triple = arguments.getLastArgValue(OPT_target);
  options.target.cpu = arguments.getLastArgValue(OPT_cpu);
  options.target.features = arguments.getLastArgValue(OPT_features);
  options.emitFile = arguments.getLastArgValue(OPT_o);
  StringRef threads = arguments.getLastArgValue(OPT_threads, "0");
  if (threads.getAsInteger(10, options.threads) || options.threads > 4096)
    return llvm::createStringError("--threads expects a number up to 4096, "
                                   "but got '" +
                                   threads + "'");
  StringRef skip = arguments.getLastArgValue(OPT_skip_positions, "0");
  if (skip.getAsInteger(10, options.skipPositions))
    return llvm::createStringError("--skip-positions expects a number, but "
                                   "got '" +
                                   skip + "'");
  if (const Arg *emit = arguments.getLastArg(OPT_emit)) {
    llvm::Expected<EmitKind> kind = parseEmitKind(emit->getValue());
    if (!kind)
      return kind.takeError();
    options.emitKind = *kind;
  }
  return options;
}

llvm::Expected<RunOptions> ptq::parseRunOptions(int argc, char **argv) {
  auto arguments = OptionTable().parse(argc, argv);
  if (!arguments)
    return arguments.takeError();
  if (arguments->hasArg(OPT_help)) {
    RunOptions options;
    options.showHelp = true;
    return options;
  }
  if (llvm::Error error = checkCombination(*arguments))
    return std::move(error);
  return readOptions(*arguments);
}

void ptq::printRunHelp(llvm::raw_ostream &os) {
  OptionTable().printHelp(os, "ptq-run MODULE [options]",
                          "Compiles a module and calls a function of it, or "
                          "writes its code");
}
