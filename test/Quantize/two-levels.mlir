// RUN: ptq-opt %s --ptq-quantize="recipe=w4a8-g2x scale=signed_max" | FileCheck %s
// RUN: rm -rf %t && mkdir %t
// RUN: ptq-opt %s --ptq-quantize="recipe=w4a8-g2x scale=signed_max parameters=%t/m.safetensors" | FileCheck %s --check-prefix=FILE
// RUN: ptq-opt %s --ptq-print-plan=recipe=w4a8-g2x -o /dev/null 2>&1 | FileCheck %s --check-prefix=PLAN

// 4 bits per weight, 8 per group of 2 and 32 per row: (16 + 16 + 32) / 4 bits.
// PLAN: fc.matmul.0 w4a8-g2x search {{.*}} 16.000

// CHECK: !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = s5<-15:15> per [1, 2]>

// FILE-DAG: ml_program.global private @fc.matmul.0.codes(#ptq.external<"m.safetensors", "fc.matmul.0.codes">) : tensor<2x2xi8>
// FILE-DAG: ml_program.global private @fc.matmul.0.scales(#ptq.external<"m.safetensors", "fc.matmul.0.scales">) : tensor<2x1xf32>
// FILE-DAG: ml_program.global private @fc.matmul.0.multipliers(#ptq.external<"m.safetensors", "fc.matmul.0.multipliers">) : tensor<2x2xi8>

// CHECK-LABEL: func.func @fc
// The sums are those of the groups, the scales are one per channel.
//       CHECK:   %[[MULTIPLIERS:.+]] = arith.constant dense_resource<fc.matmul.0.multipliers> : tensor<2x2xi8>
//       CHECK:   %[[CODES:.+]], %[[SCALE:.+]], %[[SUMS:.+]] = ptq.dynamic_quantize %{{.+}} sums [1, 2]
//       CHECK:   ptq.matmul ins(%[[CODES]], %{{.+}}) lhs(%[[SCALE]], sums %[[SUMS]] : tensor<3x1xf32>, tensor<3x2xi32>)
//  CHECK-SAME:     rhs(%{{.+}}, multiplier %[[MULTIPLIERS]] : tensor<2x1xf32>, tensor<2x2xi8>)
func.func @fc(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[-4.0, 2.0], [3.5, 2.0], [2.2, 2.0], [-1.0, 2.0]]> : tensor<4x2xf32>
  %zero = arith.constant dense<0.0> : tensor<3x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// Row 0: 15 for the group of -4, rne(-8.25) for that of 2.2. Row 1: -15 for both.
// CHECK: fc.matmul.0.multipliers: "0x{{[0-9A-F]+}}0FF8F1F1"
