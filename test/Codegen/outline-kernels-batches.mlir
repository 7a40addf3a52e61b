// RUN: ptq-opt %s --ptq-outline-kernels | FileCheck %s
// RUN: ptq-opt %s --ptq-to-llvm -o /dev/null

// Rows in several dynamic dimensions: a kernel sees one, the result has them
// again, by a shape that is known at run time.

!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>

// CHECK-LABEL: func.func @dynamic_batches
//       CHECK:   tensor.reshape %{{.*}} -> tensor<?x?x4xf32>
func.func @dynamic_batches(%x: tensor<?x?x8xf32>, %w: tensor<4x8x!w8>, %s: tensor<4x1xf32>, %out: tensor<?x?x4xf32>) -> tensor<?x?x4xf32> {
  %y = ptq.matmul ins(%x, %w : tensor<?x?x8xf32>, tensor<4x8x!w8>) rhs(%s : tensor<4x1xf32>)
         outs(%out : tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
  return %y : tensor<?x?x4xf32>
}
