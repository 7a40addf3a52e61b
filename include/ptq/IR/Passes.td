//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IR_PASSES
#define PTQ_IR_PASSES

include "mlir/Pass/PassBase.td"

def Evaluate : Pass<"ptq-evaluate", "::mlir::ModuleOp"> {
  let summary = "Compute ptq ops on constants by the exact arithmetic";
  let description = [{
    | Requires    | nothing                                                    |
    |-------------|------------------------------------------------------------|
    | Establishes | no `ptq` op but `storage_cast` has only constant operands  |
    | Leaves      | ops with an operand that is not constant, or for which the operation is undefined, such as an index out of range |

    Executes `lib/IR/Reference.cpp`, the definition of every number, on
    constants: dense or dense_resource, filled by `linalg.fill`, loaded from a
    constant `ml_program.global` (inline or `#ptq.external`), through
    `tensor.cast` and `ptq.storage_cast`. So are ops that only move numbers
    (reshapes, slices, `tensor.pad`, `tensor.concat`, `linalg.transpose`), and
    pooling of integers by maximum or sum. The content of inits does not count.
    Quantized values that other ops use become a constant of bytes and a
    `storage_cast`. For tests and for looking at small cases: it is slow.

    ```mlir
    %x = arith.constant dense<[[0.5, 1.5, 2.5, 300.0]]> : tensor<1x4xf32>
    %s = arith.constant dense<1.0> : tensor<1x1xf32>
    %q = ptq.quantize %x, %s
      : tensor<1x4xf32>, tensor<1x1xf32>
      -> tensor<1x4x!ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>>
    ```
    becomes a `storage_cast` of the constant `dense<[[0, 2, 2, 127]]>`.
  }];
  let options = [
    Option<"root", "root", "std::string", /*default=*/"",
           "Folder of the files of #ptq.external, if not that of the module">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // PTQ_IR_PASSES
