//===- TilingStructure.cpp - What may be cut of an op ---------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TilingStructure.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

static TiledDimensions getLoopsInOrder(unsigned count) {
  TiledDimensions dimensions;
  for (unsigned loop = 0; loop < count; ++loop)
    dimensions.push_back({loop});
  return dimensions;
}

/// Numbers of `block` over dimensions that follow `loops`.
static TiledDimensions getBlockDimensions(ArrayRef<TiledDimension> loops,
                                          ArrayRef<int64_t> block) {
  TiledDimensions dimensions;
  for (auto [loop, length] : llvm::zip_equal(loops, block))
    dimensions.push_back(length == 0 ? TiledDimension{std::nullopt}
                                     : TiledDimension{loop.loop, length});
  return dimensions;
}

/// Every dimension is a loop.
template <typename OpTy>
static TilingStructure getElementwiseStructure(OpTy op, QuantType format) {
  TilingStructure structure;
  structure.domain = op.getInput();
  structure.loopDimensions =
      llvm::to_vector(llvm::seq<int64_t>(0, format.getRank()));
  TiledDimensions loops = getLoopsInOrder(format.getRank());
  TiledDimensions blocks = getBlockDimensions(loops, format.getBlock());
  structure.addOperand(op.getInput(), loops);
  if constexpr (std::is_same_v<OpTy, RequantizeOp>) {
    TiledDimensions multipliers =
        getBlockDimensions(loops, op.getMultiplierBlock());
    for (Value value :
         {Value(op.getMultiplier()), Value(op.getShift()), Value(op.getBias())})
      structure.addOperand(value, multipliers);
  } else {
    structure.addOperand(op.getScale(), blocks);
    if (format.hasMultiplier())
      structure.addOperand(
          op.getMultiplier(),
          getBlockDimensions(loops, format.getMultiplierBlock()));
  }
  structure.addOperand(op.getZeroPoint(), blocks);
  structure.results.push_back(loops);
  return structure;
}

TilingStructure ptq::getStructure(QuantizeOp op) {
  return getElementwiseStructure(
      op, cast<QuantType>(getElementTypeOrSelf(op.getResult())));
}
TilingStructure ptq::getStructure(DequantizeOp op) {
  return getElementwiseStructure(
      op, cast<QuantType>(getElementTypeOrSelf(op.getInput())));
}
TilingStructure ptq::getStructure(FakeQuantizeOp op) {
  return getElementwiseStructure(op, op.getFormat());
}
TilingStructure ptq::getStructure(RequantizeOp op) {
  return getElementwiseStructure(
      op, cast<QuantType>(getElementTypeOrSelf(op.getResult())));
}

TilingStructure ptq::getStructure(AddOp op) {
  auto format = cast<QuantType>(getElementTypeOrSelf(op.getResult()));
  TilingStructure structure;
  structure.domain = op.getLhs();
  structure.loopDimensions =
      llvm::to_vector(llvm::seq<int64_t>(0, format.getRank()));
  TiledDimensions loops = getLoopsInOrder(format.getRank());
  TiledDimensions blocks = getBlockDimensions(loops, format.getBlock());
  structure.operands = {loops, loops, blocks, blocks};
  structure.addOperand(op.getShift(), blocks);
  structure.results.push_back(loops);
  return structure;
}

/// Loops are the dimensions with one index per block, of scales and of sums.
TilingStructure ptq::getStructure(DynamicQuantizeOp op) {
  auto format = cast<QuantType>(getElementTypeOrSelf(op.getResult()));
  TilingStructure structure;
  structure.domain = op.getInput();
  TiledDimensions loops;
  for (auto [dim, length] : llvm::enumerate(format.getBlock())) {
    bool isLoop =
        length == 1 && (!op.getSums() || (*op.getSumsBlock())[dim] == 1);
    loops.push_back({std::nullopt});
    if (!isLoop)
      continue;
    loops.back().loop = structure.loopDimensions.size();
    structure.loopDimensions.push_back(dim);
  }
  structure.addOperand(op.getInput(), loops);
  structure.results = {loops, loops};
  if (op.getSums())
    structure.results.push_back(loops);
  return structure;
}

/// Loops are the dimensions of the result: batch, M and N, not K.
template <typename OpTy>
static TilingStructure getContractionStructure(OpTy op) {
  TilingStructure structure;
  structure.domain = op.getInit();
  int64_t rank = op.getInit().getType().getRank();
  structure.loopDimensions = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  TiledDimensions result = getLoopsInOrder(rank);
  TiledDimensions lhs(result.begin(), result.end() - 1), rhs;
  if (std::is_same_v<OpTy, BatchMatmulOp>)
    rhs.push_back(result.front());
  rhs.push_back(result.back());
  for (TiledDimensions *side : {&lhs, &rhs})
    side->push_back({std::nullopt});

  // Numbers of a side that is float are absent.
  auto getNumbers = [](ArrayRef<TiledDimension> side, QuantType format) {
    return format ? getBlockDimensions(side, format.getBlock())
                  : TiledDimensions();
  };
  QuantType lhsFormat = op.getLhsFormat(), rhsFormat = op.getRhsFormat();
  structure.addOperand(op.getLhs(), lhs);
  structure.addOperand(op.getRhs(), rhs);
  structure.addOperand(op.getLhsScale(), getNumbers(lhs, lhsFormat));
  structure.addOperand(op.getLhsZeroPoint(), getNumbers(lhs, lhsFormat));
  structure.addOperand(op.getLhsSums(), lhs);
  structure.addOperand(op.getRhsScale(), getNumbers(rhs, rhsFormat));
  if (op.getRhsMultiplier())
    structure.addOperand(
        op.getRhsMultiplier(),
        getBlockDimensions(rhs, rhsFormat.getMultiplierBlock()));
  structure.addOperand(op.getRhsZeroPoint(), getNumbers(rhs, rhsFormat));
  structure.addOperand(op.getInit(), result);
  structure.results.push_back(result);
  return structure;
}

TilingStructure ptq::getStructure(MatmulOp op) {
  return getContractionStructure(op);
}
TilingStructure ptq::getStructure(BatchMatmulOp op) {
  return getContractionStructure(op);
}

/// Loops are N and the channels of the result; windows overlap.
template <typename OpTy>
static TilingStructure getConvolutionStructure(OpTy op) {
  TilingStructure structure;
  structure.domain = op.getInit();
  structure.loopDimensions = {0, op.getChannelDim()};
  TiledDimensions result(4, {std::nullopt}), lhs(4, {std::nullopt}),
      one(4, {std::nullopt}), rhs = {{1}, {std::nullopt}};
  result[0] = lhs[0] = {0};
  result[op.getChannelDim()] = {1};
  if (OpTy::isDepthwise)
    lhs[op.getChannelDim()] = {1};
  structure.operands = {lhs, rhs};
  structure.addOperand(op.getLhsScale(), one);
  structure.addOperand(op.getRhsScale(),
                       getBlockDimensions(rhs, op.getRhsFormat().getBlock()));
  structure.addOperand(op.getInit(), result);
  structure.results.push_back(result);
  return structure;
}

TilingStructure ptq::getStructure(Conv2DOp op) {
  return getConvolutionStructure(op);
}
TilingStructure ptq::getStructure(DepthwiseConv2DOp op) {
  return getConvolutionStructure(op);
}

/// Loops are the dimensions of the result. Any row may be asked for.
TilingStructure ptq::getStructure(EmbeddingOp op) {
  TilingStructure structure;
  structure.domain = op.getInit();
  int64_t rank = op.getInit().getType().getRank();
  structure.loopDimensions = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  TiledDimensions result = getLoopsInOrder(rank);
  TiledDimensions rows = {{std::nullopt}, result.back()}, blocks, multipliers;
  if (QuantType format = op.getTableFormat()) {
    blocks = getBlockDimensions(rows, format.getBlock());
    if (format.hasMultiplier())
      multipliers = getBlockDimensions(rows, format.getMultiplierBlock());
  }
  structure.addOperand(op.getIndices(),
                       TiledDimensions(result.begin(), result.end() - 1));
  structure.addOperand(op.getTable(), rows);
  structure.addOperand(op.getScale(), blocks);
  structure.addOperand(op.getMultiplier(), multipliers);
  structure.addOperand(op.getZeroPoint(), blocks);
  structure.addOperand(op.getInit(), result);
  structure.results.push_back(result);
  return structure;
}
