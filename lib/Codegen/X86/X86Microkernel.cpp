//===- X86Microkernel.cpp - What kernels for x86 share --------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "X86Microkernel.h"

using namespace mlir;
using namespace mlir::ptq;

LayoutAttr X86Microkernel::getLayout(MLIRContext *context,
                                     ProductFormats formats) const {
  int64_t depth = formats.isInteger() ? getDotDepth(formats) : 1;
  return LayoutAttr::get(context, 2 * getNumLanes(), depth,
                         formats.getWeightBits());
}

SmallVector<Value> X86Microkernel::expand(ImplicitLocOpBuilder &b,
                                          ProductFormats formats,
                                          Value bytes) const {
  if (formats.getWeightBits() != 4)
    return {bytes};
  return separateHalves(b, bytes);
}
