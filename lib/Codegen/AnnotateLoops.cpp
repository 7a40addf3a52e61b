//===- AnnotateLoops.cpp - Annotations of loops become LLVM's own ---------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Codegen/Passes.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_ANNOTATELOOPS
#include "ptq/Codegen/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

namespace {

struct AnnotateLoops : ptq::impl::AnnotateLoopsBase<AnnotateLoops> {
  void runOnOperation() override {
    getOperation()->walk([&](LLVM::BrOp branch) {
      constexpr StringLiteral name = "llvm.loop_annotation";
      auto annotation = branch->getAttrOfType<LLVM::LoopAnnotationAttr>(name);
      if (!annotation)
        return;
      branch->removeDiscardableAttr(name);
      branch.setLoopAnnotationAttr(annotation);
    });
  }
};

} // namespace
