//===- Target.h - The machine that code is compiled for ---------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_TARGET_H
#define PTQ_RUN_TARGET_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace mlir::ptq {

/// The machine that code is compiled for, as LLVM spells its names. The default
/// is this machine.
struct Target {
  /// "aarch64-linux-gnu"; empty is this machine's.
  std::string triple;
  /// "znver5", "neoverse-n1"; empty is this machine's if `triple` is empty too,
  /// else the least one of the triple that is supported.
  std::string cpu;
  /// Added to those of the CPU: "+dotprod,-sve".
  std::string features;
};

/// Which kernels products with constant weights use.
enum class Kernels {
  Portable,     // the same on every CPU
  Packed,       // those of the CPU where weights are in the module
  PackedOnLoad, // and where they are in files, for code in memory
};

/// Lowers `module` to the LLVM dialect with `ptq-to-llvm`, unless it is there
/// already. What is wrong with the module is also told to its context.
llvm::Error lowerToLLVM(ModuleOp module, const Target &target = {},
                        Kernels kernels = Kernels::Packed);

/// Makes the code generator of the target that `module` was lowered for:
/// position-independent code, at the highest level of optimization.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(ModuleOp module);

/// Fails if this machine lacks a feature that code for `machine` may use.
llvm::Error checkRunsHere(const llvm::TargetMachine &machine);

} // namespace mlir::ptq

#endif // PTQ_RUN_TARGET_H
