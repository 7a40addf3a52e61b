//===- ReductionPatterns.cpp - What ptq-reduce makes of ptq ops -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Without these, `mlir-reduce` erases whole chains of ops only: an op whose
// result is read has to stay, and with it all that it reads.
//
//===----------------------------------------------------------------------===//

#include "ReductionPatterns.h"

#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Reducer/ReductionPatternInterface.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Simplifications
//===----------------------------------------------------------------------===//

/// Changes one op; fails, without a change, if it is no op for that.
using Simplification = LogicalResult (*)(RewriterBase &, Operation *);

/// What nobody reads goes.
static LogicalResult eraseDead(RewriterBase &rewriter, Operation *op) {
  if (!isOpTriviallyDead(op))
    return failure();
  rewriter.eraseOp(op);
  return success();
}

/// A contraction gives what it would have been written to.
static LogicalResult takeInits(RewriterBase &rewriter, Operation *op) {
  auto destination = dyn_cast<DestinationStyleOpInterface>(op);
  if (!destination ||
      op->getResultTypes() != destination.getDpsInits().getTypes())
    return failure();
  rewriter.replaceOp(op, llvm::to_vector_of<Value>(destination.getDpsInits()));
  return success();
}

/// dequantize(quantize(x)) is x.
static LogicalResult skipRounding(RewriterBase &rewriter, Operation *op) {
  auto dequantize = dyn_cast<DequantizeOp>(op);
  if (!dequantize)
    return failure();
  auto source = dequantize.getInput().getDefiningOp<QuantizeOp>();
  if (!source || source.getInput().getType() != dequantize.getType())
    return failure();
  rewriter.replaceOp(op, source.getInput());
  return success();
}

/// The type of a constant for `type`; null if there is none.
static RankedTensorType getConstantType(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape())
    return nullptr;
  Type element = tensor.getElementType();
  if (auto format = dyn_cast<QuantType>(element))
    element = format.getByteStorageType();
  return element.isIntOrFloat() ? tensor.clone(element) : RankedTensorType();
}

/// Results of known sizes are zeros, or codes of zero bytes.
static LogicalResult takeZeros(RewriterBase &rewriter, Operation *op) {
  bool isMade =
      isa<StorageCastOp>(op) && matchPattern(op->getOperand(0), m_Constant());
  if (op->getNumResults() == 0 || isMade ||
      !llvm::all_of(op->getResultTypes(), getConstantType))
    return failure();
  SmallVector<Value> zeros;
  for (Type type : op->getResultTypes()) {
    RankedTensorType stored = getConstantType(type);
    Value zero = arith::ConstantOp::create(rewriter, op->getLoc(),
                                           rewriter.getZeroAttr(stored));
    if (stored != type)
      zero = StorageCastOp::create(rewriter, op->getLoc(), type, zero);
    zeros.push_back(zero);
  }
  rewriter.replaceOp(op, zeros);
  return success();
}

//===----------------------------------------------------------------------===//
// Pattern
//===----------------------------------------------------------------------===//

namespace {

/// Simplifies an op where the module stays interesting. `mlir-reduce` begins
/// with all ops at once, and ends with a crash if that is not interesting; so
/// each change is tried on a copy before.
struct Simplify : RewritePattern {
  Simplify(MLIRContext *context, const Tester &tester)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context),
        tester(tester) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (succeeded(eraseDead(rewriter, op)))
      return success();
    if (!isa_and_present<PTQDialect>(op->getDialect()))
      return failure();
    for (Simplification simplify : {takeInits, skipRounding, takeZeros})
      if (isInteresting(op, simplify))
        return simplify(rewriter, op);
    return failure();
  }

private:
  bool isInteresting(Operation *op, Simplification simplify) const {
    IRMapping copies;
    OwningOpRef<ModuleOp> copy(
        cast<ModuleOp>(op->getParentOfType<ModuleOp>()->clone(copies)));
    Operation *copiedOp = copies.lookup(op);
    IRRewriter rewriter(copiedOp);
    return succeeded(simplify(rewriter, copiedOp)) &&
           tester.isInteresting(*copy).first == Tester::Interestingness::True;
  }

  const Tester &tester;
};

struct PTQReductionPatterns : DialectReductionPatternInterface {
  explicit PTQReductionPatterns(Dialect *dialect)
      : DialectReductionPatternInterface(dialect) {}

  void populateReductionPatterns(RewritePatternSet &) const override {}

  void populateReductionPatternsWithTester(RewritePatternSet &patterns,
                                           Tester &tester) const override {
    patterns.add<Simplify>(patterns.getContext(), tester);
  }
};

} // namespace

void ptq::registerReductionPatterns(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, PTQDialect *dialect) {
    context->loadDialect<arith::ArithDialect>();
    dialect->addInterfaces<PTQReductionPatterns>();
  });
}
