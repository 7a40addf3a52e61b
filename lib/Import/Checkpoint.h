//===- Checkpoint.h - Tensors of one or many safetensors --------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_CHECKPOINT_H
#define PTQ_LIB_IMPORT_CHECKPOINT_H

#include "ptq/IR/Safetensors.h"

#include "llvm/ADT/MapVector.h"

namespace mlir::ptq {

/// Where a tensor of a checkpoint is.
struct CheckpointTensor {
  /// Name of the file within the checkpoint's folder.
  std::string fileName;
  const SafetensorsFile *file;
  const SafetensorsTensor *tensor;

  ArrayRef<char> bytes() const { return file->bytes(*tensor); }
};

/// The tensors of a model, in one safetensors file or in several with an index.
class Checkpoint {
public:
  /// Opens `model.safetensors` of `folder`, or the files that
  /// `model.safetensors.index.json` lists.
  static llvm::Expected<Checkpoint> openFolder(StringRef folder);
  static llvm::Expected<Checkpoint> openFile(StringRef path);

  StringRef getPath() const { return path; }
  /// Null if there is none of this name.
  const CheckpointTensor *find(StringRef name) const;
  /// By name, in the order of files and of bytes.
  const llvm::MapVector<StringRef, CheckpointTensor> &getTensors() const {
    return tensors;
  }

private:
  llvm::Error addFile(StringRef folder, StringRef fileName);
  llvm::Error addIndex(StringRef folder, StringRef indexPath);

  std::string path;
  std::vector<std::unique_ptr<SafetensorsFile>> files;
  llvm::MapVector<StringRef, CheckpointTensor> tensors;
};

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_CHECKPOINT_H
