//===- Report.h - Measurements as JSON and as a table -----------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TOOLS_PTQ_BENCH_REPORT_H
#define PTQ_TOOLS_PTQ_BENCH_REPORT_H

#include "Matmul.h"
#include "Static.h"

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace mlir::ptq {

/// One object per case.
void printJSON(llvm::raw_ostream &os, llvm::ArrayRef<Measurement> cases);

void printMarkdown(llvm::raw_ostream &os, llvm::ArrayRef<Measurement> cases);

/// The share of the limit that each case reached, with its spread, and what its
/// peer reached, as SVG.
void printPlot(llvm::raw_ostream &os, llvm::ArrayRef<Measurement> cases);

void printStaticJSON(llvm::raw_ostream &os,
                     llvm::ArrayRef<StaticMeasurement> cases);

void printStaticMarkdown(llvm::raw_ostream &os,
                         llvm::ArrayRef<StaticMeasurement> cases);

} // namespace mlir::ptq

#endif // PTQ_TOOLS_PTQ_BENCH_REPORT_H
