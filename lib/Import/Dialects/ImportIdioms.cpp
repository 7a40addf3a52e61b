//===- ImportIdioms.cpp - Find quantized arithmetic in linalg -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Idioms.h"
#include "ReplaceRoot.h"

#include "ptq/Import/Passes.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Remarks.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_IMPORTIDIOMS
#include "ptq/Import/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Remarks
//===----------------------------------------------------------------------===//

static remark::RemarkOpts describe(StringRef name, Operation *op) {
  auto function = op->getParentOfType<SymbolOpInterface>();
  return remark::RemarkOpts::name(name)
      .category("ptq-import")
      .function(function && function.getNameAttr() ? function.getName() : "");
}

static void remarkImported(Operation *root, StringRef idiom,
                           StringRef difference) {
  auto options = describe("Imported", root);
  if (difference.empty())
    remark::passed(root->getLoc(), options) << remark::metric("Idiom", idiom);
  else
    remark::passed(root->getLoc(), options)
        << remark::metric("Idiom", idiom)
        << remark::metric("Difference", difference);
}

static void remarkLeft(Operation *root, StringRef idiom, StringRef reason) {
  remark::missed(root->getLoc(), describe("Left", root))
      << remark::metric("Idiom", idiom) << remark::reason("{0}", reason);
}

//===----------------------------------------------------------------------===//
// Importer
//===----------------------------------------------------------------------===//

namespace {

/// Knows which of the ops that were there at first are gone.
struct Erasures : RewriterBase::Listener {
  void notifyOperationErased(Operation *op) override { erased.insert(op); }
  llvm::DenseSet<Operation *> erased;
};

class Importer {
public:
  Importer(MLIRContext *context, bool isRelaxed)
      : isRelaxed(isRelaxed), rewriter(context, &erasures) {}

  void import(Operation *module);

private:
  void importRoot(Operation *root);

  template <typename Idiom>
  bool replace(Operation *root, StringRef name, const FailureOr<Idiom> &idiom,
               AffineMap map, StringRef reason, StringRef difference = "");

  bool isRelaxed;
  Erasures erasures;
  IRRewriter rewriter;
};

} // namespace

/// Puts what `idiom` builds in the place of `root`; says why not if it cannot.
/// True if the question what `root` is has an answer.
template <typename Idiom>
bool Importer::replace(Operation *root, StringRef name,
                       const FailureOr<Idiom> &idiom, AffineMap map,
                       StringRef reason, StringRef difference) {
  if (failed(idiom)) {
    if (!reason.empty())
      remarkLeft(root, name, reason);
    return !reason.empty();
  }
  if (!canReplaceRoot(root, map)) {
    remarkLeft(root, name, "is part of an op that is no linalg.generic");
    return true;
  }
  remarkImported(root, name, difference);
  Operation *around = getLinalgOpAround(root->getResult(0));
  rewriter.setInsertionPoint(around ? around : root);
  Value tensor = build(rewriter, root->getLoc(), *idiom);
  rewriter.setInsertionPoint(around ? around : root);
  replaceRoot(rewriter, root, tensor, map);
  return true;
}

/// Whether `root` is a product that is only there to be truncated: the
/// truncation is the root.
static bool isTruncated(Operation *root) {
  return isa<arith::MulFOp>(root) && root->hasOneUse() &&
         isa<arith::TruncFOp>(*root->user_begin());
}

void Importer::importRoot(Operation *root) {
  if (isTruncated(root))
    return;
  std::string reason;
  if (isa<arith::MulFOp, arith::TruncFOp>(root)) {
    auto product = matchProduct(root, reason);
    if (replace(root, "product", product,
                succeeded(product) ? product->sums.map : AffineMap(), reason))
      return;
    auto dequantize = matchDequantize(root, reason);
    replace(root, "dequantize", dequantize,
            succeeded(dequantize) ? dequantize->codes.map : AffineMap(),
            reason);
    return;
  }
  if (isa<tensor::CollapseShapeOp>(root)) {
    auto unpack = matchUnpack(root, reason);
    auto map = AffineMap::getMultiDimIdentityMap(
        cast<RankedTensorType>(root->getResult(0).getType()).getRank(),
        root->getContext());
    replace(root, "unpack", unpack, map, reason);
    return;
  }
  auto requantize = matchRequantize(root, reason);
  if (replace(root, "requantize", requantize,
              succeeded(requantize) ? requantize->input.map : AffineMap(),
              reason) ||
      isa<tosa::RescaleOp>(root))
    return;
  auto quantize = matchQuantize(root, isRelaxed, reason);
  replace(root, "quantize", quantize,
          succeeded(quantize) ? quantize->values.map : AffineMap(), reason,
          succeeded(quantize) ? StringRef(quantize->difference) : "");
}

/// Whether `root` may be the last op of an idiom.
static bool isCandidate(Operation *op) {
  if (!isa<arith::MulFOp, arith::TruncFOp, arith::FPToSIOp, arith::FPToUIOp,
           arith::TruncIOp, tosa::RescaleOp, tensor::CollapseShapeOp>(op))
    return false;
  Value result = op->getResult(0);
  return isa<RankedTensorType>(result.getType()) || getLinalgOpAround(result);
}

void Importer::import(Operation *module) {
  llvm::DenseSet<Operation *> dead;
  SmallVector<Operation *> roots, products;
  module->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isOpTriviallyDead(op))
      dead.insert(op);
    if (isCandidate(op))
      roots.push_back(op);
    if (isa<linalg::QuantizedMatmulOp, linalg::QuantizedBatchMatmulOp>(op))
      products.push_back(op);
  });
  for (Operation *root : roots)
    if (!erasures.erased.contains(root))
      importRoot(root);
  // What only the formulas used.
  module->walk<WalkOrder::PostOrder, ReverseIterator>([&](Operation *op) {
    if (isOpTriviallyDead(op) && !dead.contains(op))
      rewriter.eraseOp(op);
  });
  for (Operation *product : products)
    if (!erasures.erased.contains(product) && !dead.contains(product))
      remarkLeft(product, "product", "its sums are used as integers");
}

namespace {

struct ImportIdioms : ptq::impl::ImportIdiomsBase<ImportIdioms> {
  using ImportIdiomsBase::ImportIdiomsBase;

  void runOnOperation() override {
    Importer(&getContext(), relaxed).import(getOperation());
  }
};

} // namespace
