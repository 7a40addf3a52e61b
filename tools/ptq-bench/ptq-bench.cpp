//===- ptq-bench.cpp - Verify and measure kernels -------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"
#include "Report.h"

#include "ptq/InitAll.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;

enum ExitStatus { done = 0, badInput = 1, badUsage = 2 };

static int fail(ExitStatus status, llvm::Error error) {
  llvm::WithColor::error(llvm::errs(), "ptq-bench")
      << llvm::toString(std::move(error)) << "\n";
  return status;
}

/// Prints `cases` to `path`, or to standard output if it is empty.
template <typename T>
static llvm::Error write(StringRef path, const std::vector<T> &cases,
                         void (*print)(llvm::raw_ostream &, ArrayRef<T>)) {
  if (path.empty()) {
    print(llvm::outs(), cases);
    return llvm::Error::success();
  }
  return llvm::writeToOutput(path, [&](llvm::raw_ostream &os) {
    print(os, cases);
    return llvm::Error::success();
  });
}

template <typename T>
static llvm::Error report(const BenchOptions &options,
                          const std::vector<T> &cases,
                          void (*json)(llvm::raw_ostream &, ArrayRef<T>),
                          void (*markdown)(llvm::raw_ostream &, ArrayRef<T>)) {
  if (!options.jsonFile.empty())
    if (llvm::Error error = write(options.jsonFile, cases, json))
      return error;
  return write(options.markdownFile, cases, markdown);
}

static llvm::Error runMatmul(MLIRContext &context,
                             const BenchOptions &options) {
  std::vector<Measurement> cases;
  for (const std::string &format : options.formats)
    for (ProductShape shape : options.shapes) {
      auto measured = measureMatmul(&context, format, shape, options.measure);
      if (!measured)
        return measured.takeError();
      cases.push_back(*measured);
    }
  if (!options.plotFile.empty())
    if (llvm::Error error = write(options.plotFile, cases, printPlot))
      return error;
  return report(options, cases, printJSON, printMarkdown);
}

static llvm::Error runStatic(MLIRContext &context,
                             const BenchOptions &options) {
  std::vector<StaticMeasurement> cases;
  for (const std::string &cpu : options.cpus)
    for (const std::string &format : options.formats) {
      auto measured = measureStatically(&context, format, cpu, options.isas);
      if (!measured)
        return measured.takeError();
      llvm::append_range(cases, *measured);
    }
  return report(options, cases, printStaticJSON, printStaticMarkdown);
}

static llvm::Error run(const BenchOptions &options) {
  DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  ptq::registerAllDialects(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  return options.cpus.empty() ? runMatmul(context, options)
                              : runStatic(context, options);
}

int main(int argc, char **argv) {
  llvm::InitLLVM initialize(argc, argv);
  llvm::Expected<BenchOptions> options = parseBenchOptions(argc, argv);
  if (!options)
    return fail(badUsage, options.takeError());
  if (options->showHelp) {
    printBenchHelp(llvm::outs());
    return done;
  }
  llvm::Error error = run(*options);
  return error ? fail(badInput, std::move(error)) : done;
}
