// RUN: not ptq-opt %s --ptq-select-kernels=isa=mmx 2>&1 | FileCheck %s --check-prefix=ISA
// RUN: not ptq-opt %s --ptq-select-kernels=cpu=sandpit 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: not ptq-opt %s --ptq-select-kernels=isa=avx512vnni --ptq-to-llvm=cpu=haswell 2>&1 | FileCheck %s --check-prefix=LACKS

// ISA: error: expects isa to be sse41, avx2, avxvnni, avx512vnni, neon, dotprod, i8mm or sve, but got 'mmx'
// CPU: error: expects a CPU of 'x86_64', but got 'sandpit'
// LACKS: error: 'func.func' op expects a CPU that has #ptq.isa<avx512vnni>, but got 'haswell'
func.func @f(%x: tensor<2x4xf32>) -> tensor<2x8xf32> {
  %w = arith.constant dense<1.0> : tensor<8x4xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2x8xf32>
  %out = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x8xf32>) -> tensor<2x8xf32>
  %y = linalg.matmul
         indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                          affine_map<(m, n, k) -> (m, n)>]
         ins(%x, %w : tensor<2x4xf32>, tensor<8x4xf32>)
         outs(%out : tensor<2x8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}
