//===- Pipelines.h - The whole compiler as registered pipelines
//--------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_PIPELINE_PIPELINES_H
#define PTQ_PIPELINE_PIPELINES_H

namespace mlir::ptq {

/// Registers `ptq-quantize`, `ptq-to-linalg` and `ptq-to-llvm`.
void registerPipelines();

} // namespace mlir::ptq

#endif // PTQ_PIPELINE_PIPELINES_H
