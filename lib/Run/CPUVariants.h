//===- CPUVariants.h - Which code a machine can run -------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_RUN_CPUVARIANTS_H
#define PTQ_LIB_RUN_CPUVARIANTS_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace llvm {
class FunctionType;
class TargetMachine;
class Triple;
} // namespace llvm

namespace mlir::ptq {

/// Bits that the words in which a machine says what it has must have: AT_HWCAP
/// and AT_HWCAP2 of Linux on AArch64; on x86-64 ECX of leaf 1, EBX and ECX of
/// leaf 7, EAX of leaf 7.1, ECX of leaf 0x80000001 of cpuid, and XCR0.
using CPURequirement = SmallVector<uint64_t, 6>;

/// What code of `machine` needs. Fails where machines are not asked.
llvm::Expected<CPURequirement>
getCPURequirement(const llvm::TargetMachine &machine);

/// A function in textual LLVM IR, `i32 @NAME()`: the number of the first of
/// `variants` that the machine has everything of, the last number if there is
/// none.
std::string makeSelectFunction(const llvm::Triple &triple, StringRef name,
                               ArrayRef<CPURequirement> variants);

} // namespace mlir::ptq

#endif // PTQ_LIB_RUN_CPUVARIANTS_H
