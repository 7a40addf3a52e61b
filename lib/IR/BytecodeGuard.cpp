//===- BytecodeGuard.cpp - Survive malformed bytecode ---------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/BytecodeGuard.h"

#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/IR/Block.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/Signals.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlir;
using namespace mlir::ptq;

/// Reads the bytecode and ends the process, without a word.
[[noreturn]] static void readAndExit(llvm::MemoryBufferRef buffer,
                                     const DialectRegistry &registry) {
  llvm::sys::unregisterHandlers();
  int null = ::open("/dev/null", O_WRONLY);
  ::dup2(null, STDERR_FILENO);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.allowUnregisteredDialects();
  ScopedDiagnosticHandler silence(&context,
                                  [](Diagnostic &) { return success(); });
  Block block;
  ParserConfig config(&context);
  // Whether it is valid is for the caller's own reading to say.
  (void)readBytecodeFile(buffer, &block, config);
  ::_exit(0);
}

llvm::Error ptq::checkBytecode(llvm::MemoryBufferRef buffer,
                               const DialectRegistry &registry) {
  if (!isBytecode(buffer))
    return llvm::Error::success();
  pid_t child = ::fork();
  if (child == 0)
    readAndExit(buffer, registry);
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      child = -1;
  if (child < 0)
    return llvm::createStringError(
        Twine("cannot start a process to check the bytecode of '") +
        buffer.getBufferIdentifier() + "'");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return llvm::createStringError(
        Twine(buffer.getBufferIdentifier()) +
        ": malformed bytecode: the reader of MLIR does not survive it");
  return llvm::Error::success();
}
