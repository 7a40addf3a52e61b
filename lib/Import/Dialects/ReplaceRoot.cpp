//===- ReplaceRoot.cpp - Put a tensor where a formula was -----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReplaceRoot.h"

#include "ConstantTensors.h"
#include "Element.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Whole results
//===----------------------------------------------------------------------===//

/// Dimension of the tensor at `map` that each dimension of the tensor at
/// `resultMap` is; none if that takes more than a transpose.
static std::optional<SmallVector<int64_t>> getOrder(AffineMap map,
                                                    AffineMap resultMap) {
  if (!map.isPermutation() || !resultMap.isPermutation() ||
      map.getNumDims() != resultMap.getNumDims())
    return std::nullopt;
  SmallVector<int64_t> order;
  for (AffineExpr expr : resultMap.getResults())
    order.push_back(*map.getResultPosition(expr));
  return order;
}

static Value arrangeAs(RewriterBase &rewriter, Location loc, Value tensor,
                       ArrayRef<int64_t> order, Type type) {
  tensor = transposeTensor(rewriter, loc, tensor, order);
  if (tensor.getType() != type)
    tensor = tensor::CastOp::create(rewriter, loc, type, tensor);
  return tensor;
}

static AffineMap getResultMap(linalg::LinalgOp op, unsigned result) {
  return op.getMatchingIndexingMap(op.getDpsInitOperand(result));
}

/// The results of `op` that are the value of `root` and nothing else.
static SmallVector<unsigned> getYielded(linalg::LinalgOp op, Operation *root) {
  SmallVector<unsigned> results;
  if (op.getNumParallelLoops() != op.getNumLoops() ||
      !op.hasPureTensorSemantics())
    return results;
  Operation *yield = op.getBlock()->getTerminator();
  for (auto [index, value] : llvm::enumerate(yield->getOperands()))
    if (value.getDefiningOp() == root)
      results.push_back(index);
  return results;
}

/// Whether every user of `root` is the end of a body whose result it is.
static bool isOnlyYielded(linalg::LinalgOp op, Operation *root, AffineMap map) {
  SmallVector<unsigned> results = getYielded(op, root);
  return results.size() ==
             size_t(std::distance(root->use_begin(), root->use_end())) &&
         llvm::all_of(results, [&](unsigned result) {
           return getOrder(map, getResultMap(op, result)).has_value();
         });
}

bool ptq::canReplaceRoot(Operation *root, AffineMap map) {
  Operation *around = getLinalgOpAround(root->getResult(0));
  if (!around)
    return getOrder(map, AffineMap::getMultiDimIdentityMap(map.getNumDims(),
                                                           map.getContext()))
        .has_value();
  auto op = cast<linalg::LinalgOp>(around);
  return (isa<linalg::GenericOp>(around) && op.hasPureTensorSemantics()) ||
         isOnlyYielded(op, root, map);
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

/// Erases the ops of a body that nothing uses.
static void eraseDeadOps(RewriterBase &rewriter, Block &body) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
    if (isOpTriviallyDead(&op))
      rewriter.eraseOp(&op);
}

/// Adds an input to `op`, has the users of `root` read it, and drops the inputs
/// that nothing reads then.
static void readFromInput(RewriterBase &rewriter, linalg::GenericOp op,
                          Operation *root, Value tensor, AffineMap map) {
  Block &body = *op.getBlock();
  SmallVector<Value> inputs(op.getDpsInputs());
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  BlockArgument argument = body.insertArgument(
      inputs.size(), getElementTypeOrSelf(tensor), root->getLoc());
  maps.insert(maps.begin() + inputs.size(), map);
  inputs.push_back(tensor);
  rewriter.replaceAllUsesWith(root->getResult(0), argument);
  eraseDeadOps(rewriter, body);
  for (int64_t i = int64_t(inputs.size()) - 1; i >= 0; --i) {
    if (!body.getArgument(i).use_empty() || inputs[i] == tensor)
      continue;
    body.eraseArgument(i);
    inputs.erase(inputs.begin() + i);
    maps.erase(maps.begin() + i);
  }
  rewriter.setInsertionPoint(op);
  auto replacement = linalg::GenericOp::create(
      rewriter, op.getLoc(), op.getResultTypes(), inputs, op.getOutputs(), maps,
      op.getIteratorTypesArray());
  replacement->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  rewriter.inlineRegionBefore(op.getRegion(), replacement.getRegion(),
                              replacement.getRegion().begin());
  rewriter.replaceOp(op, replacement);
}

void ptq::replaceRoot(RewriterBase &rewriter, Operation *root, Value tensor,
                      AffineMap map) {
  Operation *around = getLinalgOpAround(root->getResult(0));
  Location loc = root->getLoc();
  if (!around) {
    auto order = getOrder(map, AffineMap::getMultiDimIdentityMap(
                                   map.getNumDims(), map.getContext()));
    Value arranged =
        arrangeAs(rewriter, loc, tensor, *order, root->getResult(0).getType());
    rewriter.replaceOp(root, arranged);
    return;
  }
  auto op = cast<linalg::LinalgOp>(around);
  if (!isOnlyYielded(op, root, map))
    return readFromInput(rewriter, cast<linalg::GenericOp>(around), root,
                         tensor, map);
  for (unsigned result : getYielded(op, root)) {
    Value old = around->getResult(result);
    rewriter.replaceAllUsesWith(
        old,
        arrangeAs(rewriter, loc, tensor,
                  *getOrder(map, getResultMap(op, result)), old.getType()));
  }
  if (around->use_empty())
    rewriter.eraseOp(around);
}
