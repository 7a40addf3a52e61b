//===- MachineModel.h - What LLVM's model of a CPU makes of a loop -*- C++
//-*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TOOLS_PTQ_BENCH_MACHINEMODEL_H
#define PTQ_TOOLS_PTQ_BENCH_MACHINEMODEL_H

#include "InnerLoop.h"

#include "llvm/Support/Error.h"

#include <map>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace mlir::ptq {

/// What one round of a loop takes.
struct LoopCost {
  double cycles = 0;
  /// Cycles in which each pipe is busy, by what llvm-mca numbers it with: a
  /// resource and a unit of it.
  std::map<std::pair<uint64_t, uint64_t>, double> pipes;
};

/// Simulates `loop` with the scheduling model of the CPU of `machine`, as
/// llvm-mca does: issue, pipes and latencies, but neither caches nor jumps.
/// Fails if LLVM has no model of it, or cannot read an instruction.
llvm::Expected<LoopCost> simulateLoop(const llvm::TargetMachine &machine,
                                      const InstructionList &loop);

/// Bytes of a vector register of any length, on the CPU of `machine`.
int64_t getVectorBytes(llvm::TargetMachine &machine);

} // namespace mlir::ptq

#endif // PTQ_TOOLS_PTQ_BENCH_MACHINEMODEL_H
