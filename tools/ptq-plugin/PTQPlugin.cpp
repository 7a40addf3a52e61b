//===- PTQPlugin.cpp - ptq for tools that load plugins --------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   mlir-opt --load-dialect-plugin=PTQPlugin.so --load-pass-plugin=PTQPlugin.so
//     --pass-pipeline='builtin.module(ptq-quantize{recipe=w8a8})' model.mlir
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/PTQ.h"
#include "ptq/InitAll.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

using namespace mlir;

// A tool that links ptq, such as ptq-opt, keeps its own: MLIR aborts if one
// name is registered from two places.

static void registerDialects(DialectRegistry *registry) {
  if (!registry->getDialectAllocator(ptq::PTQDialect::getDialectNamespace()))
    ptq::registerAllDialects(*registry);
}

static void registerPasses() {
  if (!PassInfo::lookup("ptq-quantize-linears"))
    ptq::registerAllPasses();
}

extern "C" LLVM_ATTRIBUTE_WEAK DialectPluginLibraryInfo
mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "ptq", PTQ_VERSION, registerDialects};
}

extern "C" LLVM_ATTRIBUTE_WEAK PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "ptq", PTQ_VERSION, registerPasses};
}
