//===- ContractionLoops.cpp - Indexing maps of contractions ---------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionLoops.h"

using namespace mlir;
using namespace mlir::ptq;

ContractionLoops::Dims ContractionLoops::getLeadingDims() const {
  Dims dims;
  for (unsigned i = 0; i < numLeading; ++i)
    dims.push_back(getAffineDimExpr(i, context));
  return dims;
}

/// The dimensions of rhs before K.
ContractionLoops::Dims ContractionLoops::getRhsRowDims() const {
  Dims dims;
  if (hasBatch)
    dims.push_back(getAffineDimExpr(0, context));
  dims.push_back(getAffineDimExpr(numLeading, context));
  return dims;
}

/// `rowDims`, the group, and the index in it.
AffineMap ContractionLoops::getSideMap(Dims rowDims) const {
  for (unsigned loop = numLeading + 1; loop <= getNumScaling(); ++loop)
    rowDims.push_back(getAffineDimExpr(loop, context));
  return AffineMap::get(getNumScaling() + 1, 0, rowDims, context);
}

AffineMap ContractionLoops::getLhsMap() const {
  return getSideMap(getLeadingDims());
}

AffineMap ContractionLoops::getRhsMap() const {
  return getSideMap(getRhsRowDims());
}

AffineMap ContractionLoops::getPartialMap() const {
  unsigned numScaling = getNumScaling();
  return AffineMap::getMultiDimIdentityMap(numScaling + 1, context)
      .dropResult(numScaling);
}

AffineMap ContractionLoops::getResultMap(unsigned numLoops) const {
  return AffineMap::getMultiDimIdentityMap(numLoops, context)
      .getMajorSubMap(numLeading + 1);
}

AffineMap ContractionLoops::getNumbersMap(Dims rowDims, ArrayRef<int64_t> block,
                                          unsigned numLoops) const {
  rowDims.push_back(getAffineDimExpr(numLeading + 1, context));
  for (auto [expr, length] : llvm::zip_equal(rowDims, block))
    if (length == 0)
      expr = getAffineConstantExpr(0, context);
  return AffineMap::get(numLoops, 0, rowDims, context);
}

AffineMap ContractionLoops::getLhsNumbersMap(ArrayRef<int64_t> block,
                                             unsigned numLoops) const {
  return getNumbersMap(getLeadingDims(), block, numLoops);
}

AffineMap ContractionLoops::getRhsNumbersMap(ArrayRef<int64_t> block,
                                             unsigned numLoops) const {
  return getNumbersMap(getRhsRowDims(), block, numLoops);
}
