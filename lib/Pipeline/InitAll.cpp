//===- InitAll.cpp - Registers dialects, interfaces, passes, pipelines ----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/InitAll.h"

#include "ptq/Calibrate/ObservedRows.h"
#include "ptq/Calibrate/Passes.h"
#include "ptq/Codegen/Microkernels.h"
#include "ptq/Codegen/Passes.h"
#include "ptq/IR/PTQ.h"
#include "ptq/IR/Passes.h"
#include "ptq/Import/Passes.h"
#include "ptq/Lower/Passes.h"
#include "ptq/Pipeline/Pipelines.h"
#include "ptq/Quantize/Passes.h"
#include "ptq/Quantize/QuantizableModels.h"

#include "mlir/IR/DialectRegistry.h"

using namespace mlir;

void ptq::registerAllDialects(DialectRegistry &registry) {
  registry.insert<PTQDialect>();
  registerQuantizableModels(registry);
  registerObserverModels(registry);
  registerMicrokernels(registry);
}

void ptq::registerAllPasses() {
  registerPTQIRPasses();
  registerPTQImportPasses();
  registerPTQCalibratePasses();
  registerPTQQuantizePasses();
  registerPTQLowerPasses();
  registerPTQCodegenPasses();
  registerPipelines();
}
