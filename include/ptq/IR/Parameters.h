//===- Parameters.h - The bytes of #ptq.external attributes -----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IR_PARAMETERS_H
#define PTQ_IR_PARAMETERS_H

#include "ptq/IR/PTQ.h"
#include "ptq/IR/Safetensors.h"

#include <mutex>

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace mlir::ptq {

/// Folder that the relative files of a module's `#ptq.external` attributes are
/// relative to: `root` if it is not empty, else the folder of the file that the
/// module's location names, else the working folder.
std::string getParameterRoot(ModuleOp module, StringRef root = "");

/// An external tensor in its mapped file.
struct Parameter {
  const SafetensorsFile *file;
  const SafetensorsTensor *tensor;
  /// Aligned like the element type. In the file, or, where the file has it
  /// misaligned, in a copy.
  ArrayRef<char> bytes;
};

/// Opens each file of `#ptq.external` attributes once, and keeps it mapped as
/// long as it lives. Thread-safe.
class Parameters {
public:
  explicit Parameters(StringRef root) : root(root.str()) {}

  StringRef getRoot() const { return root; }

  llvm::Expected<const SafetensorsFile *> open(StringRef file);

  /// Finds the tensor that `external` names, which must have the shape and the
  /// element type of `type`.
  llvm::Expected<Parameter> get(ExternalAttr external, RankedTensorType type);

private:
  std::string root;
  std::mutex mutex;
  llvm::StringMap<std::unique_ptr<SafetensorsFile>> files;
  llvm::DenseMap<const SafetensorsTensor *, std::unique_ptr<char[]>> copies;
};

} // namespace mlir::ptq

#endif // PTQ_IR_PARAMETERS_H
