// A format that is misspelled is an error of its op, not a linear in float.

// RUN: not ptq-opt %s --split-input-file --ptq-quantize-linears 2>&1 | FileCheck %s
// RUN: not ptq-opt %s --split-input-file --ptq-insert-observers 2>&1 | FileCheck %s
// RUN: not ptq-opt %s --split-input-file --ptq-print-plan 2>&1 | FileCheck %s
// RUN: not ptq-opt %s --split-input-file --ptq-insert-candidates=entry=unknown 2>&1 | FileCheck %s
// RUN: not ptq-opt %s --split-input-file --ptq-smooth-quant=statistics=none 2>&1 | FileCheck %s

// CHECK: :[[#@LINE+4]]:8: error: 'linalg.matmul' op expects ptq.format to be 'float' or a format such as 'w8a8' or 'w4a8-g32', but got "w5a8"
// CHECK-NOT: ptq.matmul
func.func @unknown(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<1.0> : tensor<4x2xf32>
  %y = linalg.matmul {ptq.format = "w5a8"} ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

// CHECK: :[[#@LINE+3]]:8: error: 'linalg.matmul' op expects ptq.format to be 'float' or a format such as 'w8a8' or 'w4a8-g32', but got 8
func.func @number(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<1.0> : tensor<4x2xf32>
  %y = linalg.matmul {ptq.format = 8} ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}
