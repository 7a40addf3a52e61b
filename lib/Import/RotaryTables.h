//===- RotaryTables.h - Cosines and sines of rotary positions ---*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_ROTARYTABLES_H
#define PTQ_LIB_IMPORT_ROTARYTABLES_H

#include "LlamaConfig.h"

#include "mlir/IR/BuiltinAttributes.h"

namespace mlir::ptq {

/// `cosine[p, i] = cos(p * f[i])`, `sine` likewise, for every position `p` of
/// the context, with the frequencies `f[i] = theta^(-2i / headDim)`, scaled as
/// the model says. Computed in double and rounded once.
struct RotaryTables {
  DenseResourceElementsAttr cosine;
  DenseResourceElementsAttr sine;
};

RotaryTables makeRotaryTables(const LlamaConfig &config, MLIRContext *context);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_ROTARYTABLES_H
