//===- Report.cpp - ptq-llm report ----------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"

#include "ptq/Run/CodeCache.h"
#include "ptq/Run/LanguageModelPackage.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;
namespace cl = llvm::cl;

static cl::SubCommand
    command("report", "Say what quantization does to each linear, and why");
static ModelArguments model(command);
static QuantizeArguments quantizeArguments(command);
static BudgetArguments budgetArguments(command);
static SampleArguments sampleArguments(command, /*numSamples=*/16,
                                       /*length=*/256, /*isRequired=*/false);
static cl::opt<bool>
    leavesOneOut("leave-one-out",
                 cl::desc("Measure each format of each linear alone, too"),
                 cl::sub(command));
static cl::opt<bool> measuresTimes("times",
                                   cl::desc("Measure kernels (default)"),
                                   cl::init(true), cl::sub(command));
static cl::opt<std::string> htmlPath("html",
                                     cl::desc("Write a page with pictures"),
                                     cl::value_desc("file"), cl::sub(command));
static cl::opt<unsigned> threads("threads",
                                 cl::desc("Default one for each processor"),
                                 cl::init(0), cl::sub(command));
static cl::opt<std::string> cpu("cpu", cl::desc("Default this machine's"),
                                cl::sub(command));

static llvm::Error writeReport(const Report &report) {
  if (!htmlPath.empty()) {
    std::string page;
    llvm::raw_string_ostream os(page);
    writeHTML(report, os);
    if (llvm::Error error = writeText(htmlPath, page))
      return error;
  }
  if (model.printsJSON)
    print(toJSON(report));
  else
    ptq::writeText(report, llvm::outs());
  return llvm::Error::success();
}

static llvm::Error runReport() {
  if (isPackage(model.path)) {
    llvm::Expected<Report> report = reportPackage(model.path);
    return report ? writeReport(*report) : report.takeError();
  }
  if (sampleArguments.textPath.empty())
    return llvm::createStringError(model.path +
                                   ": expects --text to report a checkpoint");
  ReportOptions options;
  options.candidates.quantize = quantizeArguments.get();
  options.candidates.cpu = cpu;
  options.candidates.codeCache = getCodeCache();
  options.candidates.threads = threads;
  options.leavesOneOut = leavesOneOut;
  options.measuresTimes = measuresTimes;
  if (llvm::Error error = budgetArguments.addTo(options))
    return error;
  llvm::Expected<TokenSamples> samples = sampleArguments.read(model.path);
  if (!samples)
    return samples.takeError();
  auto result = reportLanguageModel(model.path, std::move(*samples), options,
                                    showProgress);
  showProgress("");
  if (!result)
    return result.takeError();
  if (!budgetArguments.recipePath.empty())
    if (llvm::Error error =
            writeText(budgetArguments.recipePath, result->recipe))
      return error;
  return writeReport(result->report);
}

static StringRef check() {
  for (StringRef problem : {quantizeArguments.check(), budgetArguments.check(),
                            sampleArguments.check()})
    if (!problem.empty())
      return problem;
  return "";
}

Command ptq::getReportCommand() { return {&command, check, runReport}; }
