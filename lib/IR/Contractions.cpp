//===- Contractions.cpp - Verifiers of matmul, batch_matmul, embedding ----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verification.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Formats
//===----------------------------------------------------------------------===//

QuantType MatmulOp::getLhsFormat() { return getFormat(getLhs().getType()); }
QuantType MatmulOp::getRhsFormat() { return getFormat(getRhs().getType()); }
QuantType BatchMatmulOp::getLhsFormat() {
  return getFormat(getLhs().getType());
}
QuantType BatchMatmulOp::getRhsFormat() {
  return getFormat(getRhs().getType());
}
QuantType EmbeddingOp::getTableFormat() {
  return getFormat(getTable().getType());
}

/// Groups of the scales along K: 0 if a side is float or has one block there.
static int64_t getGroupAlongK(QuantType format) {
  return format ? format.getBlock().back() : 0;
}

/// The whole K unless a side has groups along it.
static int64_t getGroupSizeOf(QuantType lhs, QuantType rhs, int64_t k) {
  for (QuantType format : {rhs, lhs})
    if (int64_t group = getGroupAlongK(format))
      return group;
  return k;
}

int64_t MatmulOp::getGroupSize() {
  return getGroupSizeOf(getLhsFormat(), getRhsFormat(),
                        getRhs().getType().getShape().back());
}

int64_t BatchMatmulOp::getGroupSize() {
  return getGroupSizeOf(getLhsFormat(), getRhsFormat(),
                        getRhs().getType().getShape().back());
}

//===----------------------------------------------------------------------===//
// Constraints that both contractions have
//===----------------------------------------------------------------------===//

/// (C9) Accumulators have no scale: there is one for each output, and both
/// sides are integers.
template <typename OpTy>
static LogicalResult verifyAccumulatorResult(OpTy op) {
  if (!op.getInit().getType().getElementType().isInteger())
    return success();
  QuantType lhs = op.getLhsFormat(), rhs = op.getRhsFormat();
  if (!lhs || !rhs)
    return op.emitOpError(
        "expects quantized sides for a result of i32, but got a float one");
  if (int64_t group = getGroupSizeOf(lhs, rhs, /*k=*/0))
    return op.emitOpError(
               "expects one group along K for a result of i32, but got groups "
               "of ")
           << group;
  if (op.getLhsScale() || op.getRhsScale())
    return op.emitOpError(
        "expects no scales for a result of i32, but got some");
  return success();
}

/// (C3) The operands of both sides are those that their formats ask for.
template <typename OpTy>
static LogicalResult verifyOperandsOfSides(OpTy op) {
  if (op.getInit().getType().getElementType().isInteger()) {
    auto check = [&](StringRef side, QuantType format, ArrayRef<int64_t> shape,
                     Value zeroPoint, Value multiplier) {
      Type multiplierType = format.hasMultiplier()
                                ? IntegerType::get(op.getContext(), 8)
                                : IntegerType();
      return success(
          succeeded(verifyPerBlock(op, (side + "zero point").str(), zeroPoint,
                                   format.getZeroPointType(), shape,
                                   format.getBlock())) &&
          succeeded(verifyPerBlock(op, (side + "multiplier").str(), multiplier,
                                   multiplierType, shape,
                                   format.getMultiplierBlock())));
    };
    return success(
        succeeded(check("lhs ", op.getLhsFormat(),
                        op.getLhs().getType().getShape(), op.getLhsZeroPoint(),
                        Value())) &&
        succeeded(check("rhs ", op.getRhsFormat(),
                        op.getRhs().getType().getShape(), op.getRhsZeroPoint(),
                        op.getRhsMultiplier())));
  }
  if (failed(verifyFormatOperands(
          op, "lhs ", op.getLhsFormat(), op.getLhs().getType().getShape(),
          {op.getLhsScale(), /*multiplier=*/Value(), op.getLhsZeroPoint()})))
    return failure();
  return verifyFormatOperands(
      op, "rhs ", op.getRhsFormat(), op.getRhs().getType().getShape(),
      {op.getRhsScale(), op.getRhsMultiplier(), op.getRhsZeroPoint()});
}

/// (C4) A sum per row of lhs and group exactly if zero points of rhs meet
/// codes of lhs.
template <typename OpTy>
static LogicalResult verifySums(OpTy op) {
  QuantType lhs = op.getLhsFormat(), rhs = op.getRhsFormat();
  Type sumType;
  ArrayRef<int64_t> shape = op.getLhs().getType().getShape();
  SmallVector<int64_t> block(shape.size(), 1);
  if (lhs && rhs && !rhs.isSymmetric()) {
    sumType = IntegerType::get(op.getContext(), 32);
    if (rhs.hasMultiplier())
      block.back() = rhs.getMultiplierBlock().back();
    else
      block.back() = getGroupSizeOf(lhs, rhs, /*k=*/0);
  }
  return verifyPerBlock(op, "sums", op.getLhsSums(), sumType, shape, block);
}

/// (C5) Groups of both sides are equal.
template <typename OpTy>
static LogicalResult verifyGroups(OpTy op) {
  int64_t lhs = getGroupAlongK(op.getLhsFormat());
  int64_t rhs = getGroupAlongK(op.getRhsFormat());
  if (lhs && rhs && lhs != rhs)
    return op.emitOpError("expects groups of one length along K, but got ")
           << lhs << " for lhs and " << rhs << " for rhs";
  return success();
}

/// (C6) Except along K, a block is one index or all of them; on the side of
/// lhs that in all dimensions alike.
template <typename OpTy>
static LogicalResult verifyBlocks(OpTy op) {
  if (QuantType format = op.getLhsFormat()) {
    ArrayRef<int64_t> block = format.getBlock();
    bool isPerRow = llvm::all_of(block.drop_back(),
                                 [](int64_t length) { return length == 1; });
    bool isWhole =
        llvm::all_of(block, [](int64_t length) { return length == 0; });
    if (!isPerRow && !isWhole)
      return op.emitOpError("expects block of lhs with 1 in each dimension but "
                            "K, or 0 in all, but got [")
             << block << ']';
  }
  if (QuantType format = op.getRhsFormat())
    for (ArrayRef<int64_t> block :
         {format.getBlock(), format.getMultiplierBlock()})
      if (llvm::any_of(block.drop_back(block.empty() ? 0 : 1),
                       [](int64_t length) { return length > 1; }))
        return op.emitOpError("expects block of rhs with 0 or 1 in each "
                              "dimension but K, but got [")
               << block << ']';
  return success();
}

/// (C7) An integer-accumulated span fits i32.
template <typename OpTy>
static LogicalResult verifyAccumulators(OpTy op) {
  QuantType lhs = op.getLhsFormat(), rhs = op.getRhsFormat();
  if (!lhs || !rhs)
    return success();
  int64_t k = op.getRhs().getType().getShape().back();
  if (ShapedType::isDynamic(k))
    k = op.getLhs().getType().getShape().back();
  int64_t span = op.getGroupSize();
  if (!ShapedType::isDynamic(k))
    span = ShapedType::isDynamic(span) ? k : std::min(span, k);
  if (ShapedType::isDynamic(span))
    return op.emitOpError("expects static K or groups along K to bound the "
                          "i32 accumulators, but got dynamic K in one group");

  auto largest = [](QuantType format) {
    auto [min, max] = format.getCenteredRange();
    return std::max(std::abs(min), std::abs(max));
  };
  int64_t lhsMax = largest(lhs), rhsMax = largest(rhs);
  // Centred codes have 17 bits at most, so their product cannot overflow.
  if (span > std::numeric_limits<int32_t>::max() / (lhsMax * rhsMax))
    return op.emitOpError("expects accumulators below 2^31, but got ")
           << span << " products of " << lhsMax << " * " << rhsMax;
  return success();
}

/// (C8) Two-level scales are those of a quantized rhs against a quantized lhs,
/// with nothing else in groups.
template <typename OpTy>
static LogicalResult verifyLevels(OpTy op) {
  QuantType lhs = op.getLhsFormat(), rhs = op.getRhsFormat();
  if (lhs && lhs.hasMultiplier())
    return op.emitOpError("expects lhs without multiplier, but got ") << lhs;
  if (!rhs || !rhs.hasMultiplier())
    return success();
  if (!lhs)
    return op.emitOpError("expects quantized lhs beside multipliers of rhs, "
                          "but got ")
           << op.getLhs().getType().getElementType();
  if (int64_t group = getGroupSizeOf(lhs, rhs, /*k=*/0))
    return op.emitOpError("expects one scale along K beside multipliers of "
                          "rhs, but got groups of ")
           << group;
  return success();
}

/// (C3) to (C8), in an order in which each may rely on the ones before.
template <typename OpTy>
static LogicalResult verifyFormats(OpTy op) {
  return success(succeeded(verifyLevels(op)) &&            // matmul_c8
                 succeeded(verifyAccumulatorResult(op)) && // matmul_c9
                 succeeded(verifyOperandsOfSides(op)) &&   // matmul_c3
                 succeeded(verifyGroups(op)) &&            // matmul_c5
                 succeeded(verifyBlocks(op)) &&            // matmul_c6
                 succeeded(verifySums(op)) &&              // matmul_c4
                 succeeded(verifyAccumulators(op)));       // matmul_c7
}

static LogicalResult verifyInit(Operation *op, ArrayRef<int64_t> expected,
                                ShapedType init) {
  if (succeeded(verifyCompatibleShape(expected, init.getShape())))
    return success();
  return op->emitOpError("expects outs of shape ")
         << formatShape(expected) << ", but got "
         << formatShape(init.getShape());
}

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

LogicalResult MatmulOp::verify() {
  ArrayRef<int64_t> lhs = getLhs().getType().getShape();
  ArrayRef<int64_t> rhs = getRhs().getType().getShape();
  if (lhs.size() < 2 || rhs.size() != 2 ||
      failed(verifyCompatibleDims({lhs.back(), rhs.back()}))) // matmul_c1
    return emitOpError(
               "expects lhs of shape [.., K] and rhs of [N, K], but got ")
           << formatShape(lhs) << " and " << formatShape(rhs);
  SmallVector<int64_t> result(lhs.drop_back());
  result.push_back(rhs.front());
  if (failed(verifyInit(*this, result, getInit().getType()))) // matmul_c2
    return failure();
  return verifyFormats(*this);
}

LogicalResult BatchMatmulOp::verify() {
  ArrayRef<int64_t> lhs = getLhs().getType().getShape();
  ArrayRef<int64_t> rhs = getRhs().getType().getShape();
  if (lhs.size() != 3 || rhs.size() != 3 ||
      failed(verifyCompatibleDims({lhs.front(), rhs.front()})) ||
      failed(verifyCompatibleDims({lhs.back(), rhs.back()}))) // batch_matmul_c1
    return emitOpError(
               "expects lhs of shape [B, M, K] and rhs of [B, N, K], but got ")
           << formatShape(lhs) << " and " << formatShape(rhs);
  SmallVector<int64_t> result = {lhs[0], lhs[1], rhs[1]};
  if (failed(verifyInit(*this, result, getInit().getType()))) // batch_matmul_c2
    return failure();
  return verifyFormats(*this); // batch_matmul_c3 to batch_matmul_c9
}

LogicalResult EmbeddingOp::verify() {
  ArrayRef<int64_t> table = getTable().getType().getShape();
  if (table.size() != 2) // embedding_c1
    return emitOpError("expects table of shape [V, K], but got ")
           << formatShape(table);
  SmallVector<int64_t> result(getIndices().getType().getShape());
  result.push_back(table.back());
  if (failed(verifyInit(*this, result, getInit().getType()))) // embedding_c1
    return failure();
  QuantType format = getTableFormat();
  if (failed(verifyFormatOperands(
          *this, "", format, table,
          {getScale(), getMultiplier(), getZeroPoint()}))) // embedding_c2
    return failure();
  if (!format)
    return success();
  for (ArrayRef<int64_t> block :
       {format.getBlock(), format.getMultiplierBlock()})
    if (!block.empty() && block.front() > 1) // embedding_c3
      return emitOpError(
                 "expects block of table with 0 or 1 along V, but got [")
             << block << ']';
  return success();
}
