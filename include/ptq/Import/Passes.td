//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IMPORT_PASSES
#define PTQ_IMPORT_PASSES

include "mlir/Pass/PassBase.td"

def ImportQuant : Pass<"ptq-import-quant", "::mlir::ModuleOp"> {
  let summary = "Turn the quant dialect into quantized ops and types";
  let description = [{
    | Requires    | `!quant.uniform` on ranked tensors, moved by control flow, calls and `tensor` ops, converted by `quant` casts |
    |-------------|--------------------------------------------------------------|
    | Establishes | no op and no type of the `quant` dialect                     |
    | Leaves      | everything else; a module that is refused is left as it was  |

    `quant.qcast` becomes `ptq.quantize`, `quant.dcast` `ptq.dequantize` and
    `quant.scast` `ptq.storage_cast`. The format of a type stays in the type, its
    numbers become constants beside each cast, in f32; more than
    `inline-limit` of them are a `dense_resource`. Zero points that are all equal
    stay in the type.

    The upstream ops leave rounding open; here it is that of `ptq.quantize`.

    ```mlir
    func.func @per_axis(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
      %q = quant.qcast %x : tensor<2x3xf32> to tensor<2x3x!quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>>
      %y = quant.dcast %q : tensor<2x3x!quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>> to tensor<2x3xf32>
      return %y : tensor<2x3xf32>
    }
    // becomes
    !w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
    func.func @per_axis(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
      %s = arith.constant dense<[[0.5], [0.25]]> : tensor<2x1xf32>
      %q = ptq.quantize %x, %s : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x3x!w8>
      %y = ptq.dequantize %q, %s : tensor<2x3x!w8>, tensor<2x1xf32> -> tensor<2x3xf32>
      return %y : tensor<2x3xf32>
    }
    ```
  }];
  let options = [
    Option<"inlineLimit", "inline-limit", "int64_t", "1024",
           "Scales of one type that are still written inline">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::ptq::PTQDialect"];
}

def ExportQuant : Pass<"ptq-export-quant", "::mlir::ModuleOp"> {
  let summary = "Turn quantized ops and types into the quant dialect";
  let description = [{
    | Requires    | no `ptq` op but `quantize`, `dequantize` and `storage_cast` without `packed`; constant scales and zero points |
    |-------------|--------------------------------------------------------------|
    | Establishes | no op and no type of the `ptq` dialect                       |
    | Leaves      | everything else; a module that is refused is left as it was  |

    The reverse of `ptq-import-quant`: the numbers go into the types. Each
    quantized value needs numbers that are the same wherever it is quantized or
    dequantized, through control flow and calls; an error says which value has
    none, several, or more than `max-scales`.

    Upstream folds `quant.dcast(quant.qcast(x))` to `x`, which drops the error of
    quantization; the pass warns where it writes such a pair.
  }];
  let options = [
    Option<"maxScales", "max-scales", "int64_t", "4096",
           "Scales that one type may hold">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::quant::QuantDialect"];
}

def ImportIdioms : Pass<"ptq-import-idioms"> {
  let summary = "Find quantized arithmetic that is written in linalg or TOSA";
  let description = [{
    | Requires    | `linalg`, `arith`, `tensor` or `tosa.rescale` on tensors     |
    |-------------|--------------------------------------------------------------|
    | Establishes | formulas that compute what a `ptq` op computes, bit for bit, are that op; each has a remark |
    | Leaves      | every other formula, with a remark that says what differs if it is close to one |

    torch-mlir, IREE, StableHLO and TOSA write quantized arithmetic as
    elementwise formulas. Whether a formula is one body, a chain of ops or
    `arith` on tensors, whether scales are constants, scalars or tensors, does
    not matter: the pass looks at what becomes of one element.

    | formula | becomes |
    |---|---|
    | `(float(code) - float(zp)) * scale`, `float(code - zp) * scale` | `ptq.dequantize` |
    | `int(clamp(rne(value / scale) + zp))` | `ptq.quantize` |
    | `tosa.rescale`, `tosa.apply_scale` between offset and clamp | `ptq.requantize fixed` |
    | `float(sum) * scale` of `linalg.quantized_matmul`, or `linalg.matmul` of i8 | `ptq.matmul` |
    | the halves of bytes, side by side | `ptq.storage_cast packed` |

    With `relaxed`, formulas that differ in the last bit of a quotient or in how
    they round ties become `ptq.quantize` too; the remark says how they differ.
    `docs/interop.md` lists what each front end writes and what is refused.

    ```mlir
    %0 = linalg.generic {indexing_maps = [#element, #row, #row, #element], iterator_types = ["parallel", "parallel"]}
        ins(%codes, %scales, %zero_points : tensor<2x3xi8>, tensor<2xf32>, tensor<2xi8>) outs(%empty : tensor<2x3xf32>) {
    ^bb0(%code: i8, %scale: f32, %zero_point: i8, %old: f32):
      %1 = arith.extsi %code : i8 to i32
      %2 = arith.extsi %zero_point : i8 to i32
      %3 = arith.subi %1, %2 : i32
      %4 = arith.sitofp %3 : i32 to f32
      %5 = arith.mulf %4, %scale : f32
      linalg.yield %5 : f32
    } -> tensor<2x3xf32>
    ```
    becomes
    ```mlir
    %q = ptq.storage_cast %codes : tensor<2x3xi8> to tensor<2x3x!w8>
    %s = tensor.expand_shape %scales [[0, 1]] output_shape [2, 1] : tensor<2xf32> into tensor<2x1xf32>
    %z = tensor.expand_shape %zero_points [[0, 1]] output_shape [2, 1] : tensor<2xi8> into tensor<2x1xi8>
    %0 = ptq.dequantize %q, %s, zp %z : tensor<2x3x!w8>, tensor<2x1xf32>, tensor<2x1xi8> -> tensor<2x3xf32>
    ```
  }];
  let options = [
    Option<"relaxed", "relaxed", "bool", "false",
           "Import formulas whose codes may differ by one near a tie, too">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::ptq::PTQDialect", "::mlir::tensor::TensorDialect"];
}

def FuseDequantize : Pass<"ptq-fuse-dequantize"> {
  let summary = "Contract codes instead of the floats they stand for";
  let description = [{
    | Requires    | nothing                                                      |
    |-------------|--------------------------------------------------------------|
    | Establishes | a contraction of a tensor that `ptq.dequantize` makes is a `ptq.matmul` or `ptq.batch_matmul` of its codes, with a remark |
    | Leaves      | contractions whose codes no matmul takes, with a remark that says why; every other op |

    The dequantized operand may come through transposes and through reshapes that
    join dimensions, if its blocks stay blocks. Constant codes are rearranged here,
    not at run time.

    This changes how results are rounded, which is why it is a pass of its own:
    the source rounds each dequantized weight, each product and each sum;
    `ptq.matmul` sums products of codes with fused multiply-adds and scales each
    group once. With `activations`, the default, an operand that is dequantized
    on the other side too makes the sums integers.

    ```mlir
    %w = ptq.dequantize %codes, %scales : tensor<2x8x!w4>, tensor<2x2xf16> -> tensor<2x8xf32>
    %y = linalg.matmul
      indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
      ins(%x, %w : tensor<?x8xf32>, tensor<2x8xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
    ```
    becomes
    ```mlir
    %y = ptq.matmul ins(%x, %codes : tensor<?x8xf32>, tensor<2x8x!w4>)
           rhs(%scales : tensor<2x2xf16>) outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>
    ```
  }];
  let options = [
    Option<"activations", "activations", "bool", "true",
           "Contract the codes of dequantized activations too">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::ptq::PTQDialect", "::mlir::tensor::TensorDialect"];
}

#endif // PTQ_IMPORT_PASSES
