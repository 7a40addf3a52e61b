// RUN: ptq-opt %s | ptq-opt | FileCheck %s

!w8 = !ptq.q<u8<1:255>:f32, block = [1, 1, 0], scale = f32, zp = 128>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 1, 0], scale = f32>

// CHECK-LABEL: func.func @example
//       CHECK:   ptq.batch_matmul ins(%{{.+}}, %{{.+}} : tensor<4x?x64x!s8>, tensor<4x32x64x!u8>) lhs(%{{.+}}, sums %{{.+}} : tensor<4x?x1xf32>, tensor<4x?x1xi32>) rhs(%{{.+}} : tensor<4x32x1xf32>) outs(%{{.+}} : tensor<4x?x32xf32>) -> tensor<4x?x32xf32>
func.func @example(%q: tensor<4x?x64x!a8>, %s: tensor<4x?x1xf32>, %sum: tensor<4x?x1xi32>, %w: tensor<4x32x64x!w8>, %ws: tensor<4x32x1xf32>, %out: tensor<4x?x32xf32>) {
  %y = ptq.batch_matmul ins(%q, %w : tensor<4x?x64x!a8>, tensor<4x32x64x!w8>)
         lhs(%s, sums %sum : tensor<4x?x1xf32>, tensor<4x?x1xi32>)
         rhs(%ws : tensor<4x32x1xf32>)
         outs(%out : tensor<4x?x32xf32>) -> tensor<4x?x32xf32>
  return
}

// CHECK-LABEL: func.func @float_times_float
//       CHECK:   ptq.batch_matmul ins(%{{.+}}, %{{.+}} : tensor<?x?x?xf32>, tensor<?x?x?xf32>) outs(
func.func @float_times_float(%x: tensor<?x?x?xf32>, %out: tensor<?x?x?xf32>) {
  %y = ptq.batch_matmul ins(%x, %x : tensor<?x?x?xf32>, tensor<?x?x?xf32>) outs(%out : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  return
}
