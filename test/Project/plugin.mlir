// Float to machine code with the tools of MLIR and nothing of ours but the
// plugin; the bits are those of the reference.

// REQUIRES: install
// RUN: %plugin-opt %s --pass-pipeline='builtin.module(ptq-quantize{recipe=w8a8})' -o %t.quantized.mlir
// RUN: FileCheck %s --check-prefix=QUANTIZED < %t.quantized.mlir
// RUN: %plugin-opt %t.quantized.mlir --pass-pipeline='builtin.module(ptq-to-linalg)' -o %t.linalg.mlir
// RUN: cat %t.linalg.mlir | %stock-run | FileCheck %s

// RUN: %plugin-opt %s --pass-pipeline='builtin.module(ptq-quantize{recipe=w4a8-g2},inline)' -o %t.w4.mlir
// RUN: %plugin-opt %t.w4.mlir --pass-pipeline='builtin.module(ptq-to-linalg)' | %stock-run | sed 's/base@ = [^ ]*//' > %t.actual
// RUN: ptq-opt %t.w4.mlir --ptq-evaluate -o %t.evaluated.mlir
// RUN: FileCheck %s --check-prefix=EVALUATED < %t.evaluated.mlir
// RUN: ptq-opt %t.evaluated.mlir --ptq-to-linalg | %stock-run | sed 's/base@ = [^ ]*//' > %t.expected
// RUN: diff %t.expected %t.actual

// QUANTIZED: ptq.linears = [{{.*}}format = "w8a8", name = "fc.matmul.0"
// QUANTIZED: ptq.dynamic_quantize
// QUANTIZED: ptq.matmul
// EVALUATED-NOT: ptq.{{matmul|dynamic_quantize}}

// Weights are codes times 0.5 and 2; activations [127, -100, 50] times 0.01, the
// second one rounded from -100.4:
// [127 * 127 + 64 * 100 + 50, 127 * 127 + 50 * 100 + 3 * 50] * [0.5, 2] * 0.01
// In float it is [113.023, 425.98].
// CHECK: 112.895, 425.58

func.func private @printMemrefF32(tensor<*xf32>) attributes {llvm.emit_c_interface}

func.func private @fc(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[63.5, -32.0, 0.5], [254.0, -100.0, 6.0]]> : tensor<2x3xf32>
  %empty = tensor.empty() : tensor<1x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.matmul
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %w : tensor<1x3xf32>, tensor<2x3xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

func.func @main() {
  %x = arith.constant dense<[[1.27, -1.004, 0.5]]> : tensor<1x3xf32>
  %y = call @fc(%x) : (tensor<1x3xf32>) -> tensor<1x2xf32>
  %any = tensor.cast %y : tensor<1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%any) : (tensor<*xf32>) -> ()
  return
}
