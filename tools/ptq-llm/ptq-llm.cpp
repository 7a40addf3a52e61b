//===- ptq-llm.cpp - Language models on the command line ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"

#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir::ptq;
namespace cl = llvm::cl;

static int fail(int status, const llvm::Twine &problem) {
  llvm::WithColor::error(llvm::errs(), "ptq-llm") << problem << "\n";
  return status;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  if (!cl::ParseCommandLineOptions(argc, argv, "ptq language models\n",
                                   &llvm::errs()))
    return 2;
  for (Command command :
       {getCalibrateCommand(), getStatisticsCommand(), getQuantizeCommand(),
        getReportCommand(), getCompileCommand(), getGenerateCommand(),
        getPerplexityCommand(), getTokenizeCommand()}) {
    if (!*command.name)
      continue;
    if (command.check)
      if (llvm::StringRef problem = command.check(); !problem.empty())
        return fail(2, problem);
    if (llvm::Error error = command.run())
      return fail(1, llvm::toString(std::move(error)));
    return 0;
  }
  return fail(2,
              "expects a subcommand: calibrate, statistics, quantize, report, "
              "compile, generate, perplexity, tokenize");
}
