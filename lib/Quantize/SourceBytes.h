//===- SourceBytes.h - The bytes of a constant ------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_SOURCEBYTES_H
#define PTQ_LIB_QUANTIZE_SOURCEBYTES_H

#include "ptq/IR/Parameters.h"

#include "mlir/IR/BuiltinTypes.h"

namespace mlir::ptq {

/// The bytes of a constant of `type`: inline, a resource, or in a file of
/// `parameters`. Of a splat, those of its one element.
llvm::Expected<ArrayRef<char>>
getSourceBytes(Attribute source, RankedTensorType type, Parameters &parameters);

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_SOURCEBYTES_H
