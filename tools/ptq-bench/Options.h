//===- Options.h - The command line of ptq-bench ----------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TOOLS_PTQ_BENCH_OPTIONS_H
#define PTQ_TOOLS_PTQ_BENCH_OPTIONS_H

#include "Matmul.h"

namespace mlir::ptq {

struct BenchOptions {
  std::vector<std::string> formats;
  std::vector<ProductShape> shapes;
  MeasureOptions measure;
  std::vector<std::string> cpus; // to simulate, instead of measuring
  std::vector<std::string> isas; // those of simulated kernels
  std::string jsonFile, markdownFile, plotFile;
  bool showHelp = false;
};

llvm::Expected<BenchOptions> parseBenchOptions(int argc, char **argv);

void printBenchHelp(llvm::raw_ostream &os);

} // namespace mlir::ptq

#endif // PTQ_TOOLS_PTQ_BENCH_OPTIONS_H
