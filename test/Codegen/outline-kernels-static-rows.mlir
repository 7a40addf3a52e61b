// Rows of several static dimensions: the kernel takes any number of rows, the
// result has the sizes of its type again.
// RUN: ptq-opt %s --ptq-to-llvm -o /dev/null
// RUN: ptq-opt %s --ptq-record-target --ptq-outline-kernels | FileCheck %s

// CHECK-LABEL: func.func @f
//       CHECK:   %[[RESULT:.+]] = bufferization.to_tensor {{.+}} to tensor<?x6xf32>
//       CHECK:   %[[ROWS:.+]] = tensor.cast %[[RESULT]] : tensor<?x6xf32> to tensor<6x6xf32>
//       CHECK:   tensor.expand_shape %[[ROWS]] {{.+}} : tensor<6x6xf32> into tensor<3x2x6xf32>
!w = !ptq.q<s8:f32, block = [1, 0], scale = f32>
func.func @f(%x: tensor<3x2x8xf32>, %bytes: tensor<6x8xi8>, %s: tensor<6x1xf32>) -> tensor<3x2x6xf32> {
  %codes = ptq.storage_cast %bytes : tensor<6x8xi8> to tensor<6x8x!w>
  %init = tensor.empty() : tensor<3x2x6xf32>
  %y = ptq.matmul ins(%x, %codes : tensor<3x2x8xf32>, tensor<6x8x!w>)
         rhs(%s : tensor<6x1xf32>) outs(%init : tensor<3x2x6xf32>) -> tensor<3x2x6xf32>
  return %y : tensor<3x2x6xf32>
}
