// RUN: ptq-opt %s --inline | FileCheck %s

!s8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func private @codes(%x: tensor<2x4xf32>, %s: tensor<2x1xf32>) -> tensor<2x4x!s8> {
  %q = ptq.quantize %x, %s : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4x!s8>
  return %q : tensor<2x4x!s8>
}

// CHECK-LABEL: func.func @ops_move_into_the_caller
//   CHECK-NOT:   call
//       CHECK:   %[[CODES:.+]] = ptq.quantize
//       CHECK:   return %[[CODES]]
func.func @ops_move_into_the_caller(%x: tensor<2x4xf32>, %s: tensor<2x1xf32>) -> tensor<2x4x!s8> {
  %q = func.call @codes(%x, %s) : (tensor<2x4xf32>, tensor<2x1xf32>) -> tensor<2x4x!s8>
  return %q : tensor<2x4x!s8>
}
