//===- Static.h - What a kernel does on a CPU that is not here --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TOOLS_PTQ_BENCH_STATIC_H
#define PTQ_TOOLS_PTQ_BENCH_STATIC_H

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace mlir::ptq {

/// The inner loop of the largest tile of a kernel: a group where that is no
/// longer than 32, what it takes to scale it included; of longer groups, and
/// of all of K, the dot products.
struct StaticMeasurement {
  std::string cpu, format, isa;
  int64_t numDots;
  /// For each multiply-accumulate.
  double instructions, bytes;
  /// Instructions that access the stack.
  int64_t numStack;
  double cycles;
  /// Cycles of the dot products alone.
  double limit;
  /// Share of the cycles in which the pipes of dot products do anything.
  double busy;
  double getShare() const { return limit / cycles; }
};

/// Compiles the product of `format` for `cpu` of AArch64, and simulates its
/// inner loop: with the kernel that a compiled module takes, or with each of
/// `isas` that the CPU has and that takes the format. Nothing is run.
llvm::Expected<std::vector<StaticMeasurement>>
measureStatically(MLIRContext *context, const std::string &format,
                  const std::string &cpu, const std::vector<std::string> &isas);

} // namespace mlir::ptq

#endif // PTQ_TOOLS_PTQ_BENCH_STATIC_H
