//===- Compile.cpp - ptq-llm compile --------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"

#include "ptq/Run/LanguageModelCompile.h"

using namespace mlir;
using namespace mlir::ptq;
namespace cl = llvm::cl;

static cl::SubCommand
    command("compile",
            "Compile a model ahead of time: object code, C header and program");
static cl::opt<std::string>
    model(cl::Positional, cl::Required,
          cl::desc("<folder of a checkpoint, a package, or a compiled model>"),
          cl::sub(command));
static ContextOption contextLength(command);
static cl::opt<std::string> output("o", cl::desc("Folder to write to"),
                                   cl::value_desc("folder"), cl::Required,
                                   cl::sub(command));
static cl::opt<std::string> triple("target", cl::desc("Default this machine's"),
                                   cl::value_desc("triple"), cl::sub(command));
static cl::opt<std::string>
    cpu("cpu", cl::desc("Default this one, or the least one of --target"),
        cl::sub(command));
static cl::opt<std::string>
    features("features", cl::desc("Features to add to the CPU or remove"),
             cl::value_desc("+A,-B"), cl::sub(command));

static llvm::Error runCompile() {
  CompileLanguageModelOptions options;
  options.target.triple = triple;
  options.target.cpu = cpu;
  options.target.features = features;
  options.context = contextLength;
  llvm::Error error = compileLanguageModel(
      model, output, options, [](StringRef step) { showProgress(step); });
  showProgress("");
  return error;
}

static StringRef check() {
  return contextLength < 0 ? "expects --context not to be negative" : "";
}

Command ptq::getCompileCommand() { return {&command, check, runCompile}; }
