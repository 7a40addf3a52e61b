//===- Tiling.cpp - Shapes and tiles of the quantized ops
//--------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/PTQ.h"

using namespace mlir;
using namespace mlir::ptq;

SmallVector<utils::IteratorType> QuantizeOp::getLoopIteratorTypes() {
  return {};
}
SmallVector<Range> QuantizeOp::getIterationDomain(OpBuilder &) { return {}; }
FailureOr<TilingResult>
QuantizeOp::getTiledImplementation(OpBuilder &, ArrayRef<OpFoldResult>,
                                   ArrayRef<OpFoldResult>) {
  return failure();
}
LogicalResult QuantizeOp::getResultTilePosition(OpBuilder &, unsigned,
                                                ArrayRef<OpFoldResult>,
                                                ArrayRef<OpFoldResult>,
                                                SmallVector<OpFoldResult> &,
                                                SmallVector<OpFoldResult> &) {
  return failure();
}
FailureOr<TilingResult> QuantizeOp::generateResultTileValue(
    OpBuilder &, unsigned, ArrayRef<OpFoldResult>, ArrayRef<OpFoldResult>) {
  return failure();
}
LogicalResult QuantizeOp::reifyResultShapes(OpBuilder &,
                                            ReifiedRankedShapedTypeDims &) {
  return failure();
}
SmallVector<utils::IteratorType> DequantizeOp::getLoopIteratorTypes() {
  return {};
}
SmallVector<Range> DequantizeOp::getIterationDomain(OpBuilder &) { return {}; }
FailureOr<TilingResult>
DequantizeOp::getTiledImplementation(OpBuilder &, ArrayRef<OpFoldResult>,
                                     ArrayRef<OpFoldResult>) {
  return failure();
}
LogicalResult DequantizeOp::getResultTilePosition(OpBuilder &, unsigned,
                                                  ArrayRef<OpFoldResult>,
                                                  ArrayRef<OpFoldResult>,
                                                  SmallVector<OpFoldResult> &,
                                                  SmallVector<OpFoldResult> &) {
  return failure();
}
FailureOr<TilingResult> DequantizeOp::generateResultTileValue(
    OpBuilder &, unsigned, ArrayRef<OpFoldResult>, ArrayRef<OpFoldResult>) {
  return failure();
}
LogicalResult DequantizeOp::reifyResultShapes(OpBuilder &,
                                              ReifiedRankedShapedTypeDims &) {
  return failure();
}
SmallVector<utils::IteratorType> DynamicQuantizeOp::getLoopIteratorTypes() {
  return {};
}
SmallVector<Range> DynamicQuantizeOp::getIterationDomain(OpBuilder &) {
  return {};
}
FailureOr<TilingResult>
DynamicQuantizeOp::getTiledImplementation(OpBuilder &, ArrayRef<OpFoldResult>,
                                          ArrayRef<OpFoldResult>) {
  return failure();
}
LogicalResult DynamicQuantizeOp::getResultTilePosition(
    OpBuilder &, unsigned, ArrayRef<OpFoldResult>, ArrayRef<OpFoldResult>,
    SmallVector<OpFoldResult> &, SmallVector<OpFoldResult> &) {
  return failure();
}
FailureOr<TilingResult> DynamicQuantizeOp::generateResultTileValue(
    OpBuilder &, unsigned, ArrayRef<OpFoldResult>, ArrayRef<OpFoldResult>) {
  return failure();
}
LogicalResult
DynamicQuantizeOp::reifyResultShapes(OpBuilder &,
                                     ReifiedRankedShapedTypeDims &) {
  return failure();
}
SmallVector<utils::IteratorType> FakeQuantizeOp::getLoopIteratorTypes() {
  return {};
}
SmallVector<Range> FakeQuantizeOp::getIterationDomain(OpBuilder &) {
  return {};
}
FailureOr<TilingResult>
FakeQuantizeOp::getTiledImplementation(OpBuilder &, ArrayRef<OpFoldResult>,
                                       ArrayRef<OpFoldResult>) {
  return failure();
}
LogicalResult FakeQuantizeOp::getResultTilePosition(
    OpBuilder &, unsigned, ArrayRef<OpFoldResult>, ArrayRef<OpFoldResult>,
    SmallVector<OpFoldResult> &, SmallVector<OpFoldResult> &) {
  return failure();
}
FailureOr<TilingResult> FakeQuantizeOp::generateResultTileValue(
    OpBuilder &, unsigned, ArrayRef<OpFoldResult>, ArrayRef<OpFoldResult>) {
  return failure();
}
LogicalResult FakeQuantizeOp::reifyResultShapes(OpBuilder &,
                                                ReifiedRankedShapedTypeDims &) {
  return failure();
}
SmallVector<utils::IteratorType> RequantizeOp::getLoopIteratorTypes() {
  return {};
}
SmallVector<Range> RequantizeOp::getIterationDomain(OpBuilder &) { return {}; }
FailureOr<TilingResult>
RequantizeOp::getTiledImplementation(OpBuilder &, ArrayRef<OpFoldResult>,
                                     ArrayRef<OpFoldResult>) {
  return failure();
}
LogicalResult RequantizeOp::getResultTilePosition(OpBuilder &, unsigned,
                                                  ArrayRef<OpFoldResult>,
                                                  ArrayRef<OpFoldResult>,
                                                  SmallVector<OpFoldResult> &,
                                                  SmallVector<OpFoldResult> &) {
  return failure();
}
FailureOr<TilingResult> RequantizeOp::generateResultTileValue(
    OpBuilder &, unsigned, ArrayRef<OpFoldResult>, ArrayRef<OpFoldResult>) {
  return failure();
}
LogicalResult RequantizeOp::reifyResultShapes(OpBuilder &,
                                              ReifiedRankedShapedTypeDims &) {
  return failure();
}
SmallVector<utils::IteratorType> MatmulOp::getLoopIteratorTypes() { return {}; }
SmallVector<Range> MatmulOp::getIterationDomain(OpBuilder &) { return {}; }
FailureOr<TilingResult>
MatmulOp::getTiledImplementation(OpBuilder &, ArrayRef<OpFoldResult>,
                                 ArrayRef<OpFoldResult>) {
  return failure();
}
LogicalResult MatmulOp::getResultTilePosition(OpBuilder &, unsigned,
                                              ArrayRef<OpFoldResult>,
                                              ArrayRef<OpFoldResult>,
                                              SmallVector<OpFoldResult> &,
                                              SmallVector<OpFoldResult> &) {
  return failure();
}
FailureOr<TilingResult>
MatmulOp::generateResultTileValue(OpBuilder &, unsigned, ArrayRef<OpFoldResult>,
                                  ArrayRef<OpFoldResult>) {
  return failure();
}
LogicalResult MatmulOp::reifyResultShapes(OpBuilder &,
                                          ReifiedRankedShapedTypeDims &) {
  return failure();
}
SmallVector<utils::IteratorType> BatchMatmulOp::getLoopIteratorTypes() {
  return {};
}
SmallVector<Range> BatchMatmulOp::getIterationDomain(OpBuilder &) { return {}; }
FailureOr<TilingResult>
BatchMatmulOp::getTiledImplementation(OpBuilder &, ArrayRef<OpFoldResult>,
                                      ArrayRef<OpFoldResult>) {
  return failure();
}
LogicalResult BatchMatmulOp::getResultTilePosition(
    OpBuilder &, unsigned, ArrayRef<OpFoldResult>, ArrayRef<OpFoldResult>,
    SmallVector<OpFoldResult> &, SmallVector<OpFoldResult> &) {
  return failure();
}
FailureOr<TilingResult> BatchMatmulOp::generateResultTileValue(
    OpBuilder &, unsigned, ArrayRef<OpFoldResult>, ArrayRef<OpFoldResult>) {
  return failure();
}
LogicalResult BatchMatmulOp::reifyResultShapes(OpBuilder &,
                                               ReifiedRankedShapedTypeDims &) {
  return failure();
}
SmallVector<utils::IteratorType> EmbeddingOp::getLoopIteratorTypes() {
  return {};
}
SmallVector<Range> EmbeddingOp::getIterationDomain(OpBuilder &) { return {}; }
FailureOr<TilingResult>
EmbeddingOp::getTiledImplementation(OpBuilder &, ArrayRef<OpFoldResult>,
                                    ArrayRef<OpFoldResult>) {
  return failure();
}
LogicalResult EmbeddingOp::getResultTilePosition(OpBuilder &, unsigned,
                                                 ArrayRef<OpFoldResult>,
                                                 ArrayRef<OpFoldResult>,
                                                 SmallVector<OpFoldResult> &,
                                                 SmallVector<OpFoldResult> &) {
  return failure();
}
FailureOr<TilingResult> EmbeddingOp::generateResultTileValue(
    OpBuilder &, unsigned, ArrayRef<OpFoldResult>, ArrayRef<OpFoldResult>) {
  return failure();
}
LogicalResult EmbeddingOp::reifyResultShapes(OpBuilder &,
                                             ReifiedRankedShapedTypeDims &) {
  return failure();
}
LogicalResult StorageCastOp::reifyResultShapes(OpBuilder &,
                                               ReifiedRankedShapedTypeDims &) {
  return failure();
}
