//===- VerifyLowered.cpp - Check that nothing of the dialect is left ------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Lower/Passes.h"

#include "ptq/IR/PTQ.h"

#include "mlir/IR/AttrTypeSubElements.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_VERIFYLOWERED
#include "ptq/Lower/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

template <typename T>
static WalkResult refuseDialect(T element) {
  bool isOurs = isa<PTQDialect>(element.getDialect());
  return isOurs ? WalkResult::interrupt() : WalkResult::advance();
}

/// Reports the first trace of the dialect in `op` itself.
static LogicalResult verifyLowered(Operation *op, AttrTypeWalker &walker) {
  if (isa_and_present<PTQDialect>(op->getDialect()))
    return op->emitOpError("is left after lowering");
  auto isOurs = [&](auto element) {
    return walker.walk(element).wasInterrupted();
  };
  for (Type type : op->getResultTypes())
    if (isOurs(type))
      return op->emitOpError("has a result of type ")
             << type << " after lowering";
  for (Region &region : op->getRegions())
    for (Block &block : region)
      for (BlockArgument argument : block.getArguments())
        if (isOurs(argument.getType()))
          return op->emitOpError("has a block argument of type ")
                 << argument.getType() << " after lowering";
  for (NamedAttribute attribute : op->getAttrs())
    if (isOurs(attribute.getValue()))
      return op->emitOpError("has '")
             << attribute.getName().getValue() << "' of the ptq "
             << "dialect after lowering";
  return success();
}

namespace {

struct VerifyLowered : ptq::impl::VerifyLoweredBase<VerifyLowered> {
  void runOnOperation() override {
    AttrTypeWalker walker;
    walker.addWalk([](Type type) { return refuseDialect(type); });
    walker.addWalk(
        [](Attribute attribute) { return refuseDialect(attribute); });
    bool isLowered = true;
    getOperation()->walk([&](Operation *op) {
      isLowered &= succeeded(verifyLowered(op, walker));
    });
    if (!isLowered)
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};

} // namespace
