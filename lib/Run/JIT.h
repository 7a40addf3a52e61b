//===- JIT.h - Machine code in the memory of this process -------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_RUN_JIT_H
#define PTQ_LIB_RUN_JIT_H

#include "ptq/Run/EntryPoint.h"

namespace llvm {
class TargetMachine;
namespace orc {
class LLJIT;
} // namespace orc
} // namespace llvm

namespace mlir::ptq {

/// Calls an entry point with a list of pointers to its arguments, followed, if
/// it returns a scalar, by a pointer to where that goes.
using PackedFunction = void (*)(void **);

/// The object code of a lowered module, with what `JIT::find` looks for.
llvm::Expected<SmallVector<char, 0>>
compileForJIT(ModuleOp module, ArrayRef<EntryPoint> entryPoints,
              llvm::TargetMachine &machine);

/// Object code of `compileForJIT` in this process. Other symbols that it uses
/// (memory, threads) are those of the process.
class JIT {
public:
  static llvm::Expected<std::unique_ptr<JIT>>
  create(SmallVector<char, 0> object, llvm::TargetMachine &machine);
  ~JIT();

  llvm::Expected<PackedFunction> find(const EntryPoint &entry) const;

private:
  explicit JIT(std::unique_ptr<llvm::orc::LLJIT> engine);

  std::unique_ptr<llvm::orc::LLJIT> engine;
};

} // namespace mlir::ptq

#endif // PTQ_LIB_RUN_JIT_H
