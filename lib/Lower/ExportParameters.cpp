//===- ExportParameters.cpp - Name files in words that anyone can read ----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Lower/Passes.h"

#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/MLProgram/IR/MLProgram.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_EXPORTPARAMETERS
#include "ptq/Lower/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

namespace {

struct ExportParameters : ptq::impl::ExportParametersBase<ExportParameters> {
  void runOnOperation() override {
    getOperation()->walk([](ml_program::GlobalOp global) {
      auto external = dyn_cast_if_present<ExternalAttr>(global.getValueAttr());
      if (!external)
        return;
      global.setValueAttr(
          ml_program::ExternAttr::get(global.getContext(), global.getType()));
      global->setAttr("ptq.file", external.getFile());
      global->setAttr("ptq.key", external.getKey());
    });
  }
};

} // namespace
