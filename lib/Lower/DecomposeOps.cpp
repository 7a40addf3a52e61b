//===- DecomposeOps.cpp - Turn quantized ops into linalg on codes ---------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Lower/Passes.h"

#include "ptq/IR/PTQ.h"
#include "ptq/IR/PackedStorage.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_DECOMPOSEOPS
#include "ptq/Lower/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

/// A cast between packed bytes and codes, as linalg and a cast that is not
/// packed.
static Value decomposePackedCast(OpBuilder &builder, StorageCastOp op) {
  Location loc = op.getLoc();
  auto inputType = cast<RankedTensorType>(op.getInput().getType());
  auto resultType = cast<RankedTensorType>(op.getType());
  if (isa<QuantType>(resultType.getElementType())) {
    Value codes = unpackCodes(builder, loc, op.getInput(), resultType);
    return StorageCastOp::create(builder, loc, resultType, codes,
                                 /*packed=*/false);
  }
  auto format = cast<QuantType>(inputType.getElementType());
  Value codes = StorageCastOp::create(
      builder, loc, inputType.clone(format.getByteStorageType()), op.getInput(),
      /*packed=*/false);
  return packCodes(builder, loc, codes, format);
}

/// What stands for `op`; no values if it stays as it is.
static FailureOr<SmallVector<Value>> decompose(OpBuilder &builder,
                                               Operation *op) {
  if (auto storageCast = dyn_cast<StorageCastOp>(op)) {
    if (!storageCast.getPacked())
      return SmallVector<Value>();
    return SmallVector<Value>{decomposePackedCast(builder, storageCast)};
  }
  auto aggregated = dyn_cast<linalg::AggregatedOpInterface>(op);
  if (!aggregated)
    return op->emitOpError("has no decomposition into linalg");
  FailureOr<SmallVector<Value>> values = aggregated.decomposeOperation(builder);
  if (failed(values))
    return op->emitOpError("cannot be decomposed into linalg");
  return values;
}

namespace {

struct DecomposeOps : ptq::impl::DecomposeOpsBase<DecomposeOps> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa_and_present<PTQDialect>(op->getDialect()))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (Operation *op : ops) {
      rewriter.setInsertionPoint(op);
      FailureOr<SmallVector<Value>> values = decompose(rewriter, op);
      if (failed(values))
        return signalPassFailure();
      if (!values->empty())
        rewriter.replaceOp(op, *values);
    }
  }
};

} // namespace
