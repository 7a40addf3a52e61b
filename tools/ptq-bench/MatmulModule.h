//===- MatmulModule.h - A product as a module, and its weights --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TOOLS_PTQ_BENCH_MATMULMODULE_H
#define PTQ_TOOLS_PTQ_BENCH_MATMULMODULE_H

#include "Matmul.h"

#include "ptq/Codegen/Target.h"
#include "ptq/IR/Microkernel.h"
#include "ptq/Run/Buffer.h"

#include "mlir/IR/BuiltinOps.h"

namespace mlir::ptq {

/// A product of f32 rows with weights of a format, on an instruction set.
struct ProductCase {
  /// Fails if there is no such format, or no kernel of `target` for it.
  static llvm::Expected<ProductCase>
  create(MLIRContext *context, const std::string &format, ProductShape shape,
         const std::string &isa, const TargetDescription &target);

  ProductShape shape;
  TargetDescription target;
  ProductFormats formats;
  MicrokernelInterface isa;
  PackedAttr packed;
  bool areBitsPacked;

  /// Type of the weights as they are in a file.
  RankedTensorType getStoredType() const;

  /// `@packed(x, packed bytes)` and `@portable(x, weights [, scales [,
  /// multipliers]])`.
  OwningOpRef<ModuleOp> buildModule() const;
  /// `@packed` alone.
  OwningOpRef<ModuleOp> buildPackedModule() const;
  /// `@portable` of some rows and columns.
  OwningOpRef<ModuleOp> buildReference(int64_t numRows,
                                       int64_t numColumns) const;

  /// Random weights, scales and multipliers; null where there are none.
  Buffer makeWeights() const;
  Buffer makeScales() const;
  Buffer makeMultipliers() const;
};

} // namespace mlir::ptq

#endif // PTQ_TOOLS_PTQ_BENCH_MATMULMODULE_H
