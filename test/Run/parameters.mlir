// Parameters come from a file: beside the module, or where --root says.
// RUN: rm -rf %t && mkdir -p %t/other && cp %s %t/m.mlir
// RUN: %python %S/Inputs/safetensors.py %t/m.safetensors w:F32:2x2:1,2,3,4 b:BF16:2:0.5,-1
// RUN: ptq-run %t/m.mlir --entry=reads --output=%t/w.npy --output=%t/b.npy
// RUN: %python %S/Inputs/npy.py show %t/w.npy | FileCheck %s
// CHECK: float32 (2, 2) {{\[}}[2.0, 4.0], [6.0, 8.0]]
// RUN: %python %S/Inputs/npy.py show %t/b.npy | FileCheck %s --check-prefix=SUM
// SUM: float32 (2,) [0.5, -1.0]

// RUN: mv %t/m.safetensors %t/other
// RUN: ptq-run %t/m.mlir --root=%t/other --entry=reads --output=%t/w.npy --output=%t/b.npy
// RUN: %python %S/Inputs/npy.py show %t/w.npy | FileCheck %s
// RUN: ptq-run - --root=%t/other --entry=reads --output=%t/w.npy --output=%t/b.npy < %s
// RUN: %python %S/Inputs/npy.py show %t/w.npy | FileCheck %s

// RUN: not ptq-run %t/m.mlir --entry=reads --output=%t/w1.npy --output=%t/b1.npy 2>&1 | FileCheck %s --check-prefix=FILE
// FILE: ptq-run: error: {{.*}}m.safetensors: No such file or directory
// RUN: %python %S/Inputs/safetensors.py %t/m.safetensors w:F32:2x2:1,2,3,4
// RUN: not ptq-run %t/m.mlir --entry=reads --output=%t/w1.npy --output=%t/b1.npy 2>&1 | FileCheck %s --check-prefix=KEY
// KEY: ptq-run: error: {{.*}}m.safetensors: {{.*}}'b'
// RUN: %python %S/Inputs/safetensors.py %t/m.safetensors w:F32:4:1,2,3,4 b:BF16:2:0.5,-1
// RUN: not ptq-run %t/m.mlir --entry=reads --output=%t/w1.npy --output=%t/b1.npy 2>&1 | FileCheck %s --check-prefix=SHAPE
// SHAPE: ptq-run: error: {{.*}}m.safetensors: {{.*}}'w'
// RUN: %python %S/Inputs/safetensors.py %t/m.safetensors w:F32:2x2:1,2,3,4 b:F16:2:0.5,-1
// RUN: not ptq-run %t/m.mlir --entry=reads --output=%t/w1.npy --output=%t/b1.npy 2>&1 | FileCheck %s --check-prefix=TYPE
// TYPE: ptq-run: error: {{.*}}m.safetensors: {{.*}}'b'

#identity = affine_map<(i) -> (i)>
ml_program.global private @w(#ptq.external<"m.safetensors", "w">) : tensor<2x2xf32>
ml_program.global private @b(#ptq.external<"m.safetensors", "b">) : tensor<2xbf16>
func.func @reads() -> (tensor<2x2xf32>, tensor<2xf32>) {
  %w = ml_program.global_load_const @w : tensor<2x2xf32>
  %b = ml_program.global_load_const @b : tensor<2xbf16>
  %square = tensor.empty() : tensor<2x2xf32>
  %twice = linalg.add ins(%w, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%square : tensor<2x2xf32>) -> tensor<2x2xf32>
  %row = tensor.empty() : tensor<2xf32>
  %wide = linalg.generic {indexing_maps = [#identity, #identity], iterator_types = ["parallel"]}
      ins(%b : tensor<2xbf16>) outs(%row : tensor<2xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %extended = arith.extf %in : bf16 to f32
      linalg.yield %extended : f32
  } -> tensor<2xf32>
  return %twice, %wide : tensor<2x2xf32>, tensor<2xf32>
}
