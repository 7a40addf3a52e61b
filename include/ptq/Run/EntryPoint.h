//===- EntryPoint.h - What a compiled function takes and gives --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_ENTRYPOINT_H
#define PTQ_RUN_ENTRYPOINT_H

#include "ptq/IR/Packed.h"
#include "ptq/Run/Buffer.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/Error.h"

namespace mlir::ptq {

/// A public function of a module, before and after it is lowered to LLVM: the
/// attribute `ptq.entry_points` of the module keeps what the types were.
struct EntryPoint {
  /// A tensor that the function reads. It is passed behind the arguments, by
  /// whoever loads the module.
  struct Parameter {
    std::string symbol;
    /// `#ptq.external`, in a file, or `#ptq.pack_on_load`, made of such.
    Attribute value;
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

/// The public functions of `module`, lowered or not. Fails if there is none, or
/// one that cannot be called. Parameters are known after lowering.
llvm::Expected<std::vector<EntryPoint>> readEntryPoints(ModuleOp module);

/// The signature of `function`. Fails if it cannot be called.
llvm::Expected<EntryPoint> readEntryPoint(func::FuncOp function);

} // namespace mlir::ptq

#endif // PTQ_RUN_ENTRYPOINT_H
