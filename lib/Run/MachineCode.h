//===- MachineCode.h - From the LLVM dialect to object code -----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is run in this process and what is written to a file is the same code.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_RUN_MACHINECODE_H
#define PTQ_LIB_RUN_MACHINECODE_H

#include "ptq/Run/EntryPoint.h"

#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/CodeGen.h"

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace mlir::ptq {

/// LLVM IR with the context that owns its types.
struct LLVMIR {
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
};

/// The entry points of code that somebody else loads: nobody there packs
/// weights.
llvm::Expected<std::vector<EntryPoint>> readEmittedEntryPoints(ModuleOp module);

/// Translates a lowered module. Only the entry points can be seen from outside.
llvm::Expected<LLVMIR> translateToLLVMIR(ModuleOp module,
                                         ArrayRef<EntryPoint> entryPoints,
                                         llvm::TargetMachine &machine);

/// Runs LLVM's pipeline of level 3, tuned for kernels that are vectors already.
void optimize(llvm::Module &module, llvm::TargetMachine &machine);

/// Object code or assembly text.
llvm::Expected<SmallVector<char, 0>> generateCode(llvm::Module &module,
                                                  llvm::TargetMachine &machine,
                                                  llvm::CodeGenFileType type);

} // namespace mlir::ptq

#endif // PTQ_LIB_RUN_MACHINECODE_H
