//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LOWER_PASSES
#define PTQ_LOWER_PASSES

include "mlir/Pass/PassBase.td"

def DecomposeOps : Pass<"ptq-decompose-ops"> {
  let summary = "Turn quantized ops into linalg on their codes";
  let description = [{
    | Requires    | `ptq` ops on tensors                                         |
    |-------------|--------------------------------------------------------------|
    | Establishes | no `ptq` op but `ptq.storage_cast` without `packed`          |
    | Leaves      | quantized types, where codes pass from one op to the next    |

    Each op becomes what its description says, to the bit. Groups along K are a
    dimension of their own, a ragged last group is padded with codes of zero.

    ```mlir
    %q = ptq.quantize %x, %s : tensor<4x8xf32>, tensor<4x1xf32> -> tensor<4x8x!a8>
    ```
    becomes
    ```mlir
    %inverse = linalg.generic {indexing_maps = [#element, #element], iterator_types = ["parallel", "parallel"]}
        ins(%s : tensor<4x1xf32>) outs(%scales : tensor<4x1xf32>) {
    ^bb0(%scale: f32, %old: f32):
      %0 = arith.divf %one, %scale : f32
      linalg.yield %0 : f32
    } -> tensor<4x1xf32>
    %codes = linalg.generic {indexing_maps = [#element, #row, #element], iterator_types = ["parallel", "parallel"]}
        ins(%x, %inverse : tensor<4x8xf32>, tensor<4x1xf32>) outs(%bytes : tensor<4x8xi8>) {
    ^bb0(%value: f32, %factor: f32, %old: i8):
      %0 = arith.mulf %value, %factor : f32
      %1 = math.roundeven %0 : f32
      %2 = arith.maxnumf %1, %min : f32
      %3 = arith.minnumf %2, %max : f32
      %4 = arith.fptosi %3 : f32 to i8
      linalg.yield %4 : i8
    } -> tensor<4x8xi8>
    %q = ptq.storage_cast %codes : tensor<4x8xi8> to tensor<4x8x!a8>
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def Prepack : Pass<"ptq-prepack", "::mlir::ModuleOp"> {
  let summary = "Pack constant weights";
  let description = [{
    | Requires    | nothing                                                      |
    |-------------|--------------------------------------------------------------|
    | Establishes | no `ptq.pack` of weights and scales that are constants of the module, or in files |
    | Leaves      | `ptq.pack` of other values                                   |

    What is in the module is packed here, on all processors, into resources;
    equal weights once. What is in a file is packed when compiled code is bound
    to its parameters: `#ptq.pack_on_load`. The bytes depend on nothing but the
    weights and the layout.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::ml_program::MLProgramDialect"];
}

def LowerTypes : Pass<"ptq-lower-types"> {
  let summary = "Turn quantized tensors into tensors of bytes";
  let description = [{
    | Requires    | no `ptq` op but `ptq.storage_cast` without `packed`          |
    |-------------|--------------------------------------------------------------|
    | Establishes | no `ptq` op, no quantized type and no packed one: codes are i8, or i16 above 8 bits |
    | Leaves      | everything else                                              |

    One type stands for another everywhere at once: in results, block arguments,
    signatures and attributes. Whether codes are signed is by now in the
    `arith` ops that read them.

    ```mlir
    func.func private @embed(tensor<2x4x!w4>) -> tensor<2x4x!w12>
    ```
    becomes
    ```mlir
    func.func private @embed(tensor<2x4xi8>) -> tensor<2x4xi16>
    ```
  }];
}

def ExportParameters : Pass<"ptq-export-parameters"> {
  let summary = "Give globals a form that any stack can read";
  let description = [{
    | Requires    | nothing                                                      |
    |-------------|--------------------------------------------------------------|
    | Establishes | no `#ptq.external`: such a global is `#ml_program.extern`, with its file and key as strings; a load of a constant that is in the module is that constant |
    | Leaves      | globals that are mutable                                     |

    The weights stay where they are. A stack that does not know the dialect parses
    the module, and finds in it which tensor of which safetensors file to bind.

    ```mlir
    ml_program.global private @weight(#ptq.external<"model.safetensors", "head">) : tensor<2x4xi8>
    ```
    becomes
    ```mlir
    ml_program.global private @weight(#extern) : tensor<2x4xi8> {ptq.file = "model.safetensors", ptq.key = "head"}
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::ml_program::MLProgramDialect"];
}

def VerifyLowered : Pass<"ptq-verify-lowered"> {
  let summary = "Check that nothing of the dialect is left";
  let description = [{
    | Requires    | nothing                                                      |
    |-------------|--------------------------------------------------------------|
    | Establishes | an error for every op that is of the `ptq` dialect, or has a type or an attribute of it |
    | Leaves      | the IR as it is                                              |
  }];
}

#endif // PTQ_LOWER_PASSES
