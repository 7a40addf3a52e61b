//===- Options.h - The command line of ptq-run ------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TOOLS_PTQ_RUN_OPTIONS_H
#define PTQ_TOOLS_PTQ_RUN_OPTIONS_H

#include "ptq/Run/Emit.h"
#include "ptq/Run/Target.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir::ptq {

struct RunOptions {
  bool showHelp = false;
  std::string moduleFile;
  std::string entry;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  bool useReference = false;
  bool calibrates = false;
  std::string observers = "all", recipe = "w8a8";
  unsigned skipPositions = 0;
  unsigned threads = 0;
  std::string parameterRoot;
  Target target;
  /// None to call a function.
  std::optional<EmitKind> emitKind;
  /// Of what is emitted, or of statistics.
  std::string emitFile;
};

/// Fails on what is unknown, incomplete or contradicts itself.
llvm::Expected<RunOptions> parseRunOptions(int argc, char **argv);

void printRunHelp(llvm::raw_ostream &os);

} // namespace mlir::ptq

#endif // PTQ_TOOLS_PTQ_RUN_OPTIONS_H
