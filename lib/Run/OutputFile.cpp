//===- OutputFile.cpp - Files that appear when they are complete ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/OutputFile.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;

llvm::Error
ptq::writeOutputFile(StringRef path,
                     llvm::function_ref<void(raw_ostream &)> write) {
  llvm::Error error = llvm::writeToOutput(path, [&](raw_ostream &os) {
    write(os);
    return llvm::Error::success();
  });
  // Some steps of LLVM quote the file in their error, others do not say it.
  return llvm::handleErrors(
      std::move(error),
      [&](const llvm::FileError &fileError) {
        return llvm::createStringError(path + ": " +
                                       fileError.messageWithoutFileInfo());
      },
      [&](const llvm::ErrorInfoBase &info) {
        return llvm::createStringError(path + ": " + info.message());
      });
}
