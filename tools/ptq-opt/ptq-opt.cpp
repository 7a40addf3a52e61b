//===- ptq-opt.cpp - Runs ptq and upstream passes on a module -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/BytecodeGuard.h"
#include "ptq/InitAll.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;

/// Looks at a file before upstream's main reads it. Standard input can be read
/// only once.
static llvm::Error checkInput(StringRef file, DialectRegistry &registry) {
  if (file == "-")
    return llvm::Error::success();
  std::unique_ptr<llvm::MemoryBuffer> buffer = openInputFile(file);
  // What cannot be opened is reported by upstream's main.
  return buffer ? ptq::checkBytecode(*buffer, registry)
                : llvm::Error::success();
}

int main(int argc, char **argv) {
  mlir::registerAllPasses();
  ptq::registerAllPasses();

  DialectRegistry registry;
  mlir::registerAllDialects(registry);
  registerAllExtensions(registry);
  ptq::registerAllDialects(registry);

  auto [input, output] = registerAndParseCLIOptions(
      argc, argv, "ptq optimizer driver\n", registry);
  if (llvm::Error error = checkInput(input, registry)) {
    llvm::WithColor::error(llvm::errs(), "ptq-opt")
        << llvm::toString(std::move(error)) << '\n';
    return 1;
  }
  return asMainReturnCode(MlirOptMain(argc, argv, input, output, registry));
}
