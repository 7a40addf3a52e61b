//===- OnnxOps.h - The ops that can be imported -----------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_ONNX_ONNXOPS_H
#define PTQ_LIB_IMPORT_ONNX_ONNXOPS_H

#include "OnnxNode.h"

namespace mlir::ptq {

/// Builds the results of a node, or fails with an error in it.
using OnnxOpBuilder = LogicalResult (*)(OnnxNode &node);

/// An op, and what its builder may rely on.
struct OnnxOp {
  StringRef name;
  OnnxOpBuilder build;
  /// Operands that have to be there, and how many there can be.
  unsigned minInputs;
  unsigned maxInputs;
};

constexpr unsigned anyNumber = ~0u;

/// The table entry of an op; null if it cannot be imported. "" and "ai.onnx"
/// are one domain.
const OnnxOp *findOnnxOp(StringRef domain, StringRef name);

// Each family of ops is a file, which has a table.
ArrayRef<OnnxOp> getUnaryOps();
ArrayRef<OnnxOp> getBinaryOps();
ArrayRef<OnnxOp> getPowerOps();
ArrayRef<OnnxOp> getConstantOps();
ArrayRef<OnnxOp> getShapeOps();
ArrayRef<OnnxOp> getMovementOps();
ArrayRef<OnnxOp> getGatherOps();
ArrayRef<OnnxOp> getPaddingOps();
ArrayRef<OnnxOp> getReductionOps();
ArrayRef<OnnxOp> getNormalizationOps();
ArrayRef<OnnxOp> getMatmulOps();
ArrayRef<OnnxOp> getConvolutionOps();
ArrayRef<OnnxOp> getPoolingOps();
ArrayRef<OnnxOp> getQuantizationOps();
ArrayRef<OnnxOp> getIntegerOps();
/// Those of the domain "com.microsoft".
ArrayRef<OnnxOp> getMicrosoftOps();

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_ONNX_ONNXOPS_H
