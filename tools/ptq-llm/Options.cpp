//===- Options.cpp - Options that subcommands share -----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"

#include "ptq/Run/CodeCache.h"

#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;
namespace cl = llvm::cl;

ModelArguments::ModelArguments(cl::SubCommand &command)
    : path(cl::Positional, cl::Required,
           cl::desc("<folder of a checkpoint or a package>"), cl::sub(command)),
      printsJSON("json", cl::desc("Print one JSON object"), cl::sub(command)) {}

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

TextOption::TextOption(cl::SubCommand &command)
    : cl::opt<std::string>(
          "text", cl::desc("File with the text, - for standard input"),
          cl::value_desc("file"), cl::Required, cl::sub(command)) {}

llvm::Expected<std::string> ptq::readText(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(path);
  if (!buffer)
    return llvm::createStringError(path + ": " + buffer.getError().message());
  return (*buffer)->getBuffer().str();
}

void ptq::showProgress(const Twine &message) {
  if (llvm::errs().is_displayed())
    llvm::errs() << "\r\033[K" << message;
}

void ptq::print(llvm::json::Object object) {
  llvm::outs() << llvm::json::Value(std::move(object)) << "\n";
}

llvm::Expected<std::unique_ptr<LanguageModel>>
ptq::openModel(StringRef path, const LanguageModelOptions &options) {
  showProgress("compiling " + path);
  auto model = LanguageModel::open(path, options);
  showProgress("");
  return model;
}
