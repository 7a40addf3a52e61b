//===- QuantizeModule.h - How packages are quantized ------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_RUN_QUANTIZEMODULE_H
#define PTQ_LIB_RUN_QUANTIZEMODULE_H

#include "ptq/Pipeline/Pipelines.h"
#include "ptq/Run/LanguageModelPackage.h"

#include "mlir/IR/BuiltinOps.h"

namespace mlir::ptq {

/// `options` for `buildQuantize`; weights go to the file `parameters`.
void setPipelineOptions(const QuantizeLanguageModelOptions &options,
                        StringRef parameters, QuantizeOptions &pipelineOptions);

/// What `ptq-quantize-linears` left in the attribute `ptq.linears`.
std::vector<LinearSummary> readLinears(ModuleOp module);

} // namespace mlir::ptq

#endif // PTQ_LIB_RUN_QUANTIZEMODULE_H
