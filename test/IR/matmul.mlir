// RUN: ptq-opt %s | ptq-opt | FileCheck %s

!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>
!u8 = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = i32>
!k4 = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = u4 per [1, 16]>

// CHECK-LABEL: func.func @example
//       CHECK:   ptq.matmul ins(%{{.+}}, %{{.+}} : tensor<?x64x!s8>, tensor<32x64x!u8>) lhs(%scale, sums %sums : tensor<?x1xf32>, tensor<?x1xi32>) rhs(%{{.+}} : tensor<32x1xf32>) outs(%{{.+}} : tensor<?x32xf32>) -> tensor<?x32xf32>
func.func @example(%x: tensor<?x64xf32>, %bytes: tensor<32x64xi8>, %ws: tensor<32x1xf32>, %out: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %w = ptq.storage_cast %bytes : tensor<32x64xi8> to tensor<32x64x!w8>
  %q, %s, %sum = ptq.dynamic_quantize %x sums [1, 0] : tensor<?x64xf32> -> tensor<?x64x!a8>, tensor<?x1xf32>, tensor<?x1xi32>
  %y = ptq.matmul ins(%q, %w : tensor<?x64x!a8>, tensor<32x64x!w8>)
         lhs(%s, sums %sum : tensor<?x1xf32>, tensor<?x1xi32>)
         rhs(%ws : tensor<32x1xf32>)
         outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// CHECK-LABEL: func.func @float_times_float
//       CHECK:   ptq.matmul ins(%{{.+}}, %{{.+}} : tensor<2x64xf16>, tensor<32x64xbf16>) outs(%{{.+}} : tensor<2x32xf32>) -> tensor<2x32xf32>
func.func @float_times_float(%x: tensor<2x64xf16>, %w: tensor<32x64xbf16>, %out: tensor<2x32xf32>) {
  %y = ptq.matmul ins(%x, %w : tensor<2x64xf16>, tensor<32x64xbf16>) outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// Only the weights are quantized, in groups of which the last one is shorter;
// the activations have three dimensions.
// CHECK-LABEL: func.func @float_times_groups
//       CHECK:   ptq.matmul ins(%{{.+}}, %{{.+}} : tensor<?x?x172xf16>, tensor<32x172x!u4_g32>) rhs(%{{.+}} : tensor<32x6xf16>) outs(
func.func @float_times_groups(%x: tensor<?x?x172xf16>, %w: tensor<32x172x!w4>, %ws: tensor<32x6xf16>, %out: tensor<?x?x32xf16>) {
  %y = ptq.matmul ins(%x, %w : tensor<?x?x172xf16>, tensor<32x172x!w4>) rhs(%ws : tensor<32x6xf16>) outs(%out : tensor<?x?x32xf16>) -> tensor<?x?x32xf16>
  return
}

// CHECK-LABEL: func.func @quantized_times_float
//       CHECK:   ptq.matmul ins({{.+}}) lhs(%{{.+}} : tensor<2x1xf32>) outs(
func.func @quantized_times_float(%q: tensor<2x64x!a8>, %s: tensor<2x1xf32>, %w: tensor<32x64xf32>, %out: tensor<2x32xf32>) {
  %y = ptq.matmul ins(%q, %w : tensor<2x64x!a8>, tensor<32x64xf32>) lhs(%s : tensor<2x1xf32>) outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// CHECK-LABEL: func.func @zero_points_of_both_sides
//       CHECK:   ptq.matmul ins({{.+}}) lhs(%{{.+}}, zp %{{.+}}, sums %{{.+}} : tensor<1x1xf32>, tensor<1x1xi32>, tensor<2x1xi32>) rhs(%{{.+}}, zp %{{.+}} : tensor<1x1xf32>, tensor<1x1xi32>) outs(
func.func @zero_points_of_both_sides(%q: tensor<2x64x!u8>, %w: tensor<32x64x!u8>, %s: tensor<1x1xf32>, %z: tensor<1x1xi32>, %sum: tensor<2x1xi32>, %out: tensor<2x32xf32>) {
  %y = ptq.matmul ins(%q, %w : tensor<2x64x!u8>, tensor<32x64x!u8>)
         lhs(%s, zp %z, sums %sum : tensor<1x1xf32>, tensor<1x1xi32>, tensor<2x1xi32>)
         rhs(%s, zp %z : tensor<1x1xf32>, tensor<1x1xi32>)
         outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// The sums are those of the multipliers' groups.
// CHECK-LABEL: func.func @multipliers
//       CHECK:   ptq.matmul ins({{.+}}) lhs(%{{.+}}, sums %{{.+}} : tensor<2x1xf32>, tensor<2x4xi32>) rhs(%{{.+}}, multiplier %{{.+}} : tensor<32x1xf32>, tensor<32x4xi8>) outs(
func.func @multipliers(%q: tensor<2x64x!a8>, %s: tensor<2x1xf32>, %sum: tensor<2x4xi32>, %w: tensor<32x64x!k4>, %ws: tensor<32x1xf32>, %k: tensor<32x4xi8>, %out: tensor<2x32xf32>) {
  %y = ptq.matmul ins(%q, %w : tensor<2x64x!a8>, tensor<32x64x!k4>)
         lhs(%s, sums %sum : tensor<2x1xf32>, tensor<2x4xi32>)
         rhs(%ws, multiplier %k : tensor<32x1xf32>, tensor<32x4xi8>)
         outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

!static = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = -3>
!rows = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

// CHECK-LABEL: func.func @accumulators
//       CHECK:   ptq.matmul ins(%{{.+}}, %{{.+}} : tensor<?x4x!s8{{.*}}>, tensor<3x4x!s8{{.*}}>) outs(%{{.+}} : tensor<?x3xi32>) -> tensor<?x3xi32>
func.func @accumulators(%q: tensor<?x4x!static>, %w: tensor<3x4x!rows>, %out: tensor<?x3xi32>) {
  %y = ptq.matmul ins(%q, %w : tensor<?x4x!static>, tensor<3x4x!rows>) outs(%out : tensor<?x3xi32>) -> tensor<?x3xi32>
  return
}
