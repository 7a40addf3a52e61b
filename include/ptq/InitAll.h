//===- InitAll.h - Registers every dialect, interface, pass and pipeline --===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_INITALL_H
#define PTQ_INITALL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace mlir::ptq {

/// Adds the `ptq` dialect, and the interfaces that upstream ops get from it
/// (quantizable ops), to `registry`.
///
/// ```c++
/// mlir::DialectRegistry registry;
/// mlir::registerAllDialects(registry);
/// mlir::ptq::registerAllDialects(registry);
/// mlir::ptq::registerAllPasses();
/// ```
void registerAllDialects(DialectRegistry &registry);

/// Registers every pass and pipeline, once per process.
void registerAllPasses();

} // namespace mlir::ptq

#endif // PTQ_INITALL_H
