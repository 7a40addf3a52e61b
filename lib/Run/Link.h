//===- Link.h - Object code into files --------------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_RUN_LINK_H
#define PTQ_LIB_RUN_LINK_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"

namespace llvm {
class Module;
} // namespace llvm

namespace mlir::ptq {

enum class LinkKind { Object, SharedLibrary };

struct LinkOptions {
  /// Whether the OpenMP runtime of this process is to be linked.
  bool linksOpenMP = false;
};

/// What the code of `module` asks for: the OpenMP runtime, if it is for a
/// machine like this one.
LinkOptions getLinkOptions(const llvm::Module &module);

/// Links pieces of object code into the file `path`. It appears there when it
/// is complete.
llvm::Error linkCode(ArrayRef<ArrayRef<char>> pieces, LinkKind kind,
                     StringRef path, const LinkOptions &options);

} // namespace mlir::ptq

#endif // PTQ_LIB_RUN_LINK_H
