// RUN: ptq-opt %s | ptq-opt | FileCheck %s

!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

// CHECK-LABEL: func.func @dynamic_w8a8
func.func @dynamic_w8a8(%x: tensor<?x64xf32>, %bytes: tensor<32x64xi8>, %ws: tensor<32x1xf32>, %out: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %w = ptq.storage_cast %bytes : tensor<32x64xi8> to tensor<32x64x!w8>
  %q, %s, %sum = ptq.dynamic_quantize %x sums [1, 0] : tensor<?x64xf32> -> tensor<?x64x!a8>, tensor<?x1xf32>, tensor<?x1xi32>
  // CHECK: ptq.matmul ins(%{{.+}}, %{{.+}} : tensor<?x64x!{{.+}}>, tensor<32x64x!{{.+}}>) lhs(%{{.+}}, sums %{{.+}} : tensor<?x1xf32>, tensor<?x1xi32>) rhs(%{{.+}} : tensor<32x1xf32>) outs(
  %y = ptq.matmul ins(%q, %w : tensor<?x64x!a8>, tensor<32x64x!w8>)
         lhs(%s, sums %sum : tensor<?x1xf32>, tensor<?x1xi32>)
         rhs(%ws : tensor<32x1xf32>)
         outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
