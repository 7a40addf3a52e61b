//===- ArmMicrokernel.cpp - What kernels for Arm share --------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ArmMicrokernel.h"

using namespace mlir;
using namespace mlir::ptq;

LayoutAttr ArmMicrokernel::getLayout(MLIRContext *context,
                                     ProductFormats formats) const {
  int64_t bits = formats.getWeightBits();
  if (!formats.isInteger())
    return LayoutAttr::get(context, 2 * getNumLanes(), 1, bits);
  return LayoutAttr::get(context, 2 * getNumLanes(), getDotDepth(), bits,
                         /*centered=*/bits == 8);
}

PanelExpansion ArmMicrokernel::getExpansion(ProductFormats formats) const {
  if (!formats.isInteger() || formats.getWeightBits() != 4 || isScalable())
    return PanelExpansion::None;
  if (formats.getRhsFormat().hasMultiplier())
    return PanelExpansion::Products;
  return getSpan(formats) == 0 ? PanelExpansion::Codes : PanelExpansion::None;
}

bool ArmMicrokernel::hasSmallGroups(ProductFormats formats) {
  int64_t group = formats.getRhsFormat().getBlock().back();
  return group != 0 && group < 128;
}

SmallVector<Value> ArmMicrokernel::expand(ImplicitLocOpBuilder &b,
                                          ProductFormats formats,
                                          Value bytes) const {
  if (formats.getWeightBits() != 4)
    return {bytes};
  return separateHalves(b, bytes);
}
