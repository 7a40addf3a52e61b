//===- Target.h - The CPU that code is generated for ------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_CODEGEN_TARGET_H
#define PTQ_CODEGEN_TARGET_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"
#include <string>

namespace mlir::ptq {

/// A CPU in LLVM's terms, as `ptq.target` records it on a module.
struct TargetDescription {
  std::string triple;
  std::string cpu;
  std::string features; // "+avx2,-avx512f", beyond what the CPU implies
};

/// Resolves `cpu` ("host" or a name), `features` and `triple` (the host's if
/// empty). Fails with an error at `loc` on what LLVM does not know and on CPUs
/// that lack the least that is supported.
FailureOr<TargetDescription> resolveTarget(Location loc, StringRef cpu,
                                           StringRef features,
                                           StringRef triple);

/// The target that `ptq-record-target` left on `module`; fails without one.
FailureOr<TargetDescription> getTarget(ModuleOp module);

} // namespace mlir::ptq

#endif // PTQ_CODEGEN_TARGET_H
