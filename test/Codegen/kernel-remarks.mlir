// RUN: ptq-opt %s --ptq-outline-kernels --remarks-filter=ptq-codegen --remark-format=emitRemark 2>&1 -o /dev/null | FileCheck %s

// A product that no kernel computes is decomposed to loops, and says so.

!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!bw8 = !ptq.q<s8<-127:127>:f32, block = [1, 1, 0], scale = f32>
!w12 = !ptq.q<s12:f32, block = [1, 0], scale = f32>

// CHECK: [[@LINE+2]]:{{[0-9]+}}: remark: [Missed] kernel | Category:ptq-codegen {{.*}}Reason="products in batches have no kernel"
func.func @in_batches(%q: tensor<4x?x64x!bw8>, %s: tensor<4x?x1xf32>, %w: tensor<4x32x64x!bw8>, %ws: tensor<4x32x1xf32>, %out: tensor<4x?x32xf32>) -> tensor<4x?x32xf32> {
  %y = ptq.batch_matmul ins(%q, %w : tensor<4x?x64x!bw8>, tensor<4x32x64x!bw8>)
         lhs(%s : tensor<4x?x1xf32>) rhs(%ws : tensor<4x32x1xf32>)
         outs(%out : tensor<4x?x32xf32>) -> tensor<4x?x32xf32>
  return %y : tensor<4x?x32xf32>
}

// CHECK: [[@LINE+2]]:{{[0-9]+}}: remark: [Missed] kernel | Category:ptq-codegen {{.*}}Reason="weights are wider than 8 bits"
func.func @too_wide(%x: tensor<?x64xf32>, %w: tensor<32x64x!w12>, %ws: tensor<32x1xf32>, %out: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %y = ptq.matmul ins(%x, %w : tensor<?x64xf32>, tensor<32x64x!w12>) rhs(%ws : tensor<32x1xf32>)
         outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// CHECK-NOT: remark
func.func @with_a_kernel(%x: tensor<?x64xf32>, %w: tensor<32x64x!w8>, %ws: tensor<32x1xf32>, %out: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %y = ptq.matmul ins(%x, %w : tensor<?x64xf32>, tensor<32x64x!w8>) rhs(%ws : tensor<32x1xf32>)
         outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
