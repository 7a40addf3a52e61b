//===- LowerTypes.cpp - Turn quantized tensors into tensors of bytes ------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Lower/Passes.h"

#include "ptq/IR/Packed.h"

#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_LOWERTYPES
#include "ptq/Lower/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

/// Refuses what would keep a meaning that its type is about to lose.
static LogicalResult verifyOnlyPlainCasts(Operation *root) {
  WalkResult result = root->walk([](Operation *op) {
    if (!isa_and_present<PTQDialect>(op->getDialect()))
      return WalkResult::advance();
    auto storageCast = dyn_cast<StorageCastOp>(op);
    if (storageCast && !storageCast.getPacked())
      return WalkResult::advance();
    op->emitOpError("expects to be decomposed before its types are lowered");
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

namespace {

struct LowerTypes : ptq::impl::LowerTypesBase<LowerTypes> {
  void runOnOperation() override {
    if (failed(verifyOnlyPlainCasts(getOperation())))
      return signalPassFailure();

    AttrTypeReplacer replacer;
    replacer.addReplacement([](RankedTensorType type) -> std::optional<Type> {
      if (isPacked(type))
        return RankedTensorType::get(type.getShape(), type.getElementType());
      auto format = dyn_cast<QuantType>(type.getElementType());
      if (!format)
        return std::nullopt;
      return type.clone(format.getByteStorageType());
    });
    replacer.recursivelyReplaceElementsIn(getOperation(), /*replaceAttrs=*/true,
                                          /*replaceLocs=*/false,
                                          /*replaceTypes=*/true);

    // A cast now has one type on both sides.
    IRRewriter rewriter(&getContext());
    getOperation()->walk(
        [&](StorageCastOp op) { rewriter.replaceOp(op, op.getInput()); });
  }
};

} // namespace
