//===- Commands.h - The subcommands of ptq-llm ------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TOOLS_PTQ_LLM_COMMANDS_H
#define PTQ_TOOLS_PTQ_LLM_COMMANDS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"

namespace mlir::ptq {

/// A subcommand: its options are those of its file.
struct Command {
  llvm::cl::SubCommand *name;
  /// What is wrong with the values of its options, empty if nothing is. Null if
  /// nothing can be.
  llvm::StringRef (*check)();
  llvm::Error (*run)();
};

Command getCalibrateCommand();
Command getCompileCommand();
Command getGenerateCommand();
Command getPerplexityCommand();
Command getQuantizeCommand();
Command getReportCommand();
Command getStatisticsCommand();
Command getTokenizeCommand();

} // namespace mlir::ptq

#endif // PTQ_TOOLS_PTQ_LLM_COMMANDS_H
