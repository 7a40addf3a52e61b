// RUN: ptq-opt %s | ptq-opt | FileCheck %s

!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
#packed = #ptq.packed<!w4, shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>
#floats = #ptq.packed<f32, shape = [8, 4], layout = <columns = 16, depth = 1, bits = 32>>

// CHECK-LABEL: func.func @codes
//       CHECK:   ptq.packed_matmul ins(%{{.*}}, %{{.*}} : tensor<?x172x!s8>, tensor<4800xi8, #ptq.packed<{{.*}}>>)
//  CHECK-SAME:     lhs(%{{.*}}, sums %{{.*}} : tensor<?x1xf32>, tensor<?x6xi32>)
//  CHECK-SAME:     isa #ptq.isa<avx2> epilogue(bias %{{.*}} : tensor<37xf32>, silu)
//  CHECK-SAME:     outs(%{{.*}} : tensor<?x37xf32>) -> tensor<?x37xf32>
func.func @codes(%q: tensor<?x172x!a8>, %s: tensor<?x1xf32>, %sum: tensor<?x6xi32>,
                 %p: tensor<4800xi8, #packed>, %b: tensor<37xf32>, %out: tensor<?x37xf32>) -> tensor<?x37xf32> {
  %y = ptq.packed_matmul ins(%q, %p : tensor<?x172x!a8>, tensor<4800xi8, #packed>)
         lhs(%s, sums %sum : tensor<?x1xf32>, tensor<?x6xi32>)
         isa #ptq.isa<avx2> epilogue(bias %b : tensor<37xf32>, silu)
         outs(%out : tensor<?x37xf32>) -> tensor<?x37xf32>
  return %y : tensor<?x37xf32>
}

!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
#packed8 = #ptq.packed<!w8, shape = [32, 64], layout = <columns = 16, depth = 2, bits = 8>>

// CHECK-LABEL: func.func @of_packed_arguments
//       CHECK:   ptq.pack
//       CHECK:   isa #ptq.isa<avx2> outs(
func.func @of_packed_arguments(%q: tensor<?x64x!a8>, %s: tensor<?x1xf32>, %sum: tensor<?x1xi32>,
    %w: tensor<32x64x!w8>, %ws: tensor<32x1xf32>, %out: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %p = ptq.pack %w, %ws : tensor<32x64x!w8>, tensor<32x1xf32> -> tensor<2176xi8, #packed8>
  %y = ptq.packed_matmul ins(%q, %p : tensor<?x64x!a8>, tensor<2176xi8, #packed8>)
         lhs(%s, sums %sum : tensor<?x1xf32>, tensor<?x1xi32>)
         isa #ptq.isa<avx2>
         outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// CHECK-LABEL: func.func @floats
//       CHECK:   ptq.packed_matmul ins({{.*}}) isa #ptq.isa<avx2> outs(
func.func @floats(%x: tensor<2x3x4xf32>, %p: tensor<256xi8, #floats>, %out: tensor<2x3x8xf16>) -> tensor<2x3x8xf16> {
  %y = ptq.packed_matmul ins(%x, %p : tensor<2x3x4xf32>, tensor<256xi8, #floats>) isa #ptq.isa<avx2>
         outs(%out : tensor<2x3x8xf16>) -> tensor<2x3x8xf16>
  return %y : tensor<2x3x8xf16>
}

