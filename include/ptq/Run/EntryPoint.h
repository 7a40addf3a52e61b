//===- EntryPoint.h - What a compiled function takes and gives
//--------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_ENTRYPOINT_H
#define PTQ_RUN_ENTRYPOINT_H

#include "ptq/IR/PTQ.h"
#include "ptq/Run/Buffer.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/Error.h"

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace mlir::ptq {

/// A public function of a module that was lowered to LLVM, as it was before:
/// the attribute `ptq.entry_points` of the module keeps it.
struct EntryPoint {
  /// A tensor in a file that the function reads. It is passed behind the
  /// arguments, by whoever loads the module.
  struct Parameter {
    std::string symbol;
    ExternalAttr value;
    RankedTensorType type;
  };

  std::string name;
  /// Ranked tensors (read), ranked memrefs (read and written) and scalars.
  SmallVector<Type> arguments;
  SmallVector<Type> results;
  SmallVector<Parameter> parameters;

  /// Name of the function in object code that C can call.
  std::string getSymbol() const { return "_mlir_ciface_" + name; }

  /// Whether results are written through a first pointer argument: not if
  /// there is none, or one scalar.
  bool returnsThroughPointer() const;

  /// Fails, naming the argument, unless `inputs` fit the arguments in number,
  /// shape and element type.
  llvm::Error checkInputs(ArrayRef<Buffer> inputs) const;
};

/// Reads `ptq.entry_points`, in the order of the names. Fails if the module has
/// none, or what is there cannot be called.
llvm::Expected<std::vector<EntryPoint>> readEntryPoints(ModuleOp module);

} // namespace mlir::ptq

#endif // PTQ_RUN_ENTRYPOINT_H
