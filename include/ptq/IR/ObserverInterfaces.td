//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_OBSERVER_INTERFACES
#define PTQ_OBSERVER_INTERFACES

include "mlir/IR/OpBase.td"

def PTQ_ObserverAttrInterface : AttrInterface<"ObserverAttrInterface"> {
  let cppNamespace = "::mlir::ptq";
  let description = [{
    What is kept of an observed tensor. The tensor is seen as rows (tokens) of
    channels; rows that are left out (docs/spec.md) never reach an observer.

    The state holds what was seen of one sample, and is zero-filled before it.
    `emitUpdate` emits the code that adds rows to the state; `absorb` adds the
    state of a sample to the statistics, on the host, exactly.
  }];
  let methods = [
    InterfaceMethod<"The name in files and options, such as `minmax`",
      "::llvm::StringRef", "getObserverName">,
    InterfaceMethod<"Type of the state, contiguous and of static shape",
      "::mlir::MemRefType", "getStateType", (ins "int64_t":$numChannels)>,
    InterfaceMethod<"Emits the update of `state` by `rows`",
      "void", "emitUpdate",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "const ::mlir::ptq::ObservedRows &":$rows, "::mlir::Value":$state)>,
    InterfaceMethod<[{
        Adds the state of a sample, of the size of `getStateType`, to
        `statistics`. Fails if a sum does not fit.
      }],
      "::llvm::LogicalResult", "absorb",
      (ins "::llvm::ArrayRef<char>":$state,
           "const ::mlir::ptq::SampleSummary &":$sample,
           "::mlir::ptq::TensorStatistics &":$statistics)>,
  ];
}

#endif // PTQ_OBSERVER_INTERFACES
