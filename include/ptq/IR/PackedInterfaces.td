//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_PACKED_INTERFACES
#define PTQ_PACKED_INTERFACES

include "mlir/IR/OpBase.td"

def PTQ_MicrokernelInterface : AttrInterface<"MicrokernelInterface"> {
  let cppNamespace = "::mlir::ptq";
  let description = [{
    An instruction set that products with packed weights are emitted for. The
    attribute only names it; `Microkernel` (ptq/IR/Microkernel.h) answers which
    formats it takes, in which layout and tile, and emits the few instructions
    in which instruction sets differ. Implement it on an attribute of your own
    to have `ptq.packed_matmul` run on hardware that is not here.
  }];
  let methods = [
    InterfaceMethod<"What is particular to this instruction set",
      "const ::mlir::ptq::Microkernel &", "getMicrokernel">,
  ];
}

#endif // PTQ_PACKED_INTERFACES
