//===- ExportParameters.cpp - Name files in words that anyone can read ----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Lower/Passes.h"

#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/SymbolTable.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_EXPORTPARAMETERS
#include "ptq/Lower/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

/// Names the file of an external global in strings.
static void exportFile(ml_program::GlobalOp global) {
  auto external = dyn_cast_if_present<ExternalAttr>(global.getValueAttr());
  if (!external)
    return;
  global.setValueAttr(
      ml_program::ExternAttr::get(global.getContext(), global.getType()));
  global->setAttr("ptq.file", external.getFile());
  global->setAttr("ptq.key", external.getKey());
}

/// Replaces the load of a constant that is in the module by that constant:
/// upstream bufferizes no `global_load_const`.
static void inlineConstant(ml_program::GlobalLoadConstOp load,
                           SymbolTableCollection &symbols) {
  auto global = symbols.lookupNearestSymbolFrom<ml_program::GlobalOp>(
      load, load.getGlobalAttr());
  if (!global || global.getIsMutable())
    return;
  auto value = dyn_cast_if_present<ElementsAttr>(global.getValueAttr());
  if (!value || value.getType() != load.getType())
    return;
  IRRewriter rewriter(load);
  rewriter.replaceOpWithNewOp<arith::ConstantOp>(load, value);
}

namespace {

struct ExportParameters : ptq::impl::ExportParametersBase<ExportParameters> {
  void runOnOperation() override {
    getOperation()->walk(exportFile);
    SymbolTableCollection symbols;
    getOperation()->walk([&](ml_program::GlobalLoadConstOp load) {
      inlineConstant(load, symbols);
    });
  }
};

} // namespace
