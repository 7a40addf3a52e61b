//===- Pipelines.cpp - The whole compiler on one page
//------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Pipeline/Pipelines.h"

#include "ptq/Codegen/ToLLVM.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

void ptq::registerPipelines() {
  PassPipelineRegistration<ToLLVMOptions>(
      "ptq-to-llvm", "Compile tensors to the llvm and omp dialects",
      buildToLLVM);
}
