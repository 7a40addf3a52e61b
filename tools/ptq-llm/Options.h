//===- Options.h - Options that subcommands share ---------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TOOLS_PTQ_LLM_OPTIONS_H
#define PTQ_TOOLS_PTQ_LLM_OPTIONS_H

#include "ptq/Run/LanguageModel.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/JSON.h"

namespace mlir::ptq {

/// The folder of the model, and how results are printed.
struct ModelArguments {
  llvm::cl::opt<std::string> path;
  llvm::cl::opt<bool> printsJSON;

  explicit ModelArguments(llvm::cl::SubCommand &command);
};

/// Longest sequence to prepare for.
struct ContextOption : llvm::cl::opt<int64_t> {
  explicit ContextOption(llvm::cl::SubCommand &command);
};

/// How a model is compiled.
struct CompileArguments {
  ContextOption context;
  llvm::cl::opt<unsigned> threads;
  llvm::cl::opt<std::string> cpu;
  llvm::cl::opt<bool> verifiesAll;

  explicit CompileArguments(llvm::cl::SubCommand &command);
  LanguageModelOptions get() const;
};

/// The file that a text is read from.
struct TextOption : llvm::cl::opt<std::string> {
  explicit TextOption(llvm::cl::SubCommand &command);
};

llvm::Expected<std::string> readText(StringRef path);

/// Replaces the last line of a terminal; says nothing elsewhere.
void showProgress(const Twine &message);

void print(llvm::json::Object object);

/// Compiles the model in `path`, and shows that it does.
llvm::Expected<std::unique_ptr<LanguageModel>>
openModel(StringRef path, const LanguageModelOptions &options);

} // namespace mlir::ptq

#endif // PTQ_TOOLS_PTQ_LLM_OPTIONS_H
