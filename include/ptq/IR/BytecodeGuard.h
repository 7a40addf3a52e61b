//===- BytecodeGuard.h - Survive malformed bytecode -------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IR_BYTECODEGUARD_H
#define PTQ_IR_BYTECODEGUARD_H

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace mlir::ptq {

/// Where a buffer of bytecode has to begin: the reader refuses resources that
/// are aligned to more than the buffer. As large files are, which are mapped.
constexpr uint64_t bytecodeAlignment = 4096;

/// Fails if `buffer` holds bytecode that crashes its reader: the one of MLIR 22
/// trusts the counts in a file and aborts when memory runs out. Bytecode is
/// read once in a process of its own to find out, so call it before threads
/// are started. Text, and bytecode that the reader refuses by itself, are
/// accepted here.
llvm::Error checkBytecode(llvm::MemoryBufferRef buffer,
                          const DialectRegistry &registry);

} // namespace mlir::ptq

#endif // PTQ_IR_BYTECODEGUARD_H
