//===- CompiledParameters.h - Weights in the order of a CPU -----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The parameters of a compiled model say in which order they are: the metadata
// of their file has
//
//   "ptq.target": "aarch64-unknown-linux-gnu neoverse-n1"
//   "ptq.packed NAME": "#ptq.pack_on_load<...>"
//
// the second for each tensor that is packed: its layout, and the tensors it was
// made of.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_RUN_COMPILEDPARAMETERS_H
#define PTQ_LIB_RUN_COMPILEDPARAMETERS_H

#include "ptq/IR/Parameters.h"
#include "ptq/IR/Safetensors.h"
#include "ptq/Run/EntryPoint.h"

#include "llvm/ADT/MapVector.h"

namespace mlir::ptq {

/// The parameters of a compiled model in one file, which the program maps:
/// those of the entry points, weights packed.
class CompiledParameters {
public:
  CompiledParameters(ArrayRef<EntryPoint> entryPoints, StringRef root);
  /// Packs what is to be packed, and copies the rest; `target` is told.
  llvm::Error write(StringRef path, StringRef target);
  /// What stands for `value` in the file.
  static ExternalAttr getReplacement(Attribute value);

private:
  llvm::Error writeTensor(SafetensorsWriter &writer, Attribute value,
                          RankedTensorType type);
  llvm::Error writePacked(SafetensorsWriter &writer, PackOnLoadAttr weights);

  llvm::MapVector<Attribute, RankedTensorType> tensors;
  Parameters parameters;
};

/// Writes the tensors of the file `from`, which CompiledParameters has written,
/// to the file `to`, as they were before they were packed, to the bit.
llvm::Error unpackParameters(StringRef from, StringRef to,
                             MLIRContext *context);

} // namespace mlir::ptq

#endif // PTQ_LIB_RUN_COMPILEDPARAMETERS_H
