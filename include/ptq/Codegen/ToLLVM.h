//===- ToLLVM.h - From tensors to the LLVM dialect --------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_CODEGEN_TOLLVM_H
#define PTQ_CODEGEN_TOLLVM_H

#include "mlir/Pass/PassOptions.h"

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace mlir::ptq {

struct ToLLVMOptions : PassPipelineOptions<ToLLVMOptions> {
  Option<std::string> cpu{
      *this, "cpu",
      llvm::cl::desc("CPU to generate code for, as LLVM names it, or host"),
      llvm::cl::init("host")};
  Option<std::string> features{
      *this, "features",
      llvm::cl::desc(
          "Features to add or remove, as LLVM writes them: +name,-name")};
  Option<std::string> triple{
      *this, "triple",
      llvm::cl::desc("Target triple; that of the host if empty")};
  Option<bool> packs{
      *this, "packs",
      llvm::cl::desc("Whether products with constant weights use kernels for "
                     "the instruction sets of the CPU, with packed weights"),
      llvm::cl::init(true)};
  Option<bool> packsOnLoad{
      *this, "packs-on-load",
      llvm::cl::desc(
          "Whether that goes for weights in files too, which whoever "
          "loads the code then has to pack"),
      llvm::cl::init(false)};
  Option<bool> emulates{
      *this, "emulates",
      llvm::cl::desc("Whether kernels compute what instructions of their "
                     "instruction set do without using them, so that they run "
                     "on CPUs without it"),
      llvm::cl::init(false)};
};

/// Appends the passes that turn a module of `func`, `linalg` on tensors, `ptq`
/// ops, memref arguments and `ml_program` globals into one of `llvm` and `omp`
/// ops: vectorized, bufferized, threaded.
void buildToLLVM(OpPassManager &pm, const ToLLVMOptions &options);

} // namespace mlir::ptq

#endif // PTQ_CODEGEN_TOLLVM_H
