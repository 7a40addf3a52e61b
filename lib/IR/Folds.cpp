//===- Folds.cpp - Folders and canonicalizations of the quantized ops -----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/PTQ.h"

using namespace mlir;
using namespace mlir::ptq;

OpFoldResult QuantizeOp::fold(FoldAdaptor) { return {}; }
OpFoldResult StorageCastOp::fold(FoldAdaptor) { return {}; }
void QuantizeOp::getCanonicalizationPatterns(RewritePatternSet &,
                                             MLIRContext *) {}
void FakeQuantizeOp::getCanonicalizationPatterns(RewritePatternSet &,
                                                 MLIRContext *) {}
void DynamicQuantizeOp::getCanonicalizationPatterns(RewritePatternSet &,
                                                    MLIRContext *) {}
void MatmulOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {
}
void BatchMatmulOp::getCanonicalizationPatterns(RewritePatternSet &,
                                                MLIRContext *) {}
void EmbeddingOp::getCanonicalizationPatterns(RewritePatternSet &,
                                              MLIRContext *) {}
void DequantizeOp::getCanonicalizationPatterns(RewritePatternSet &,
                                               MLIRContext *) {}

bool StorageCastOp::areCastCompatible(TypeRange inputs, TypeRange outputs) {
  return inputs.size() == 1 && outputs.size() == 1;
}
