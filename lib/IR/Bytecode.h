//===- Bytecode.h - Versioned binary encoding of the dialect ----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IR_BYTECODE_H
#define PTQ_LIB_IR_BYTECODE_H

namespace mlir::ptq {

class PTQDialect;

void addBytecodeInterface(PTQDialect &dialect);

} // namespace mlir::ptq

#endif // PTQ_LIB_IR_BYTECODE_H
