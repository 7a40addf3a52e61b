//===- ObserverModels.h - Observers in files of their own -------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CALIBRATE_OBSERVERMODELS_H
#define PTQ_LIB_CALIBRATE_OBSERVERMODELS_H

namespace mlir {
class MLIRContext;
} // namespace mlir

namespace mlir::ptq {

void attachHistogramModel(MLIRContext *context);
void attachGramModel(MLIRContext *context);

} // namespace mlir::ptq

#endif // PTQ_LIB_CALIBRATE_OBSERVERMODELS_H
