// RUN: ptq-opt %s | ptq-opt | FileCheck %s
// RUN: ptq-opt %s --emit-bytecode | ptq-opt | FileCheck %s

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32, zp = -3>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

// CHECK-LABEL: func.func @accumulators
//       CHECK:   ptq.conv_2d kernel [3, 3] strides [2, 2] dilations [1, 1] ins(%{{.+}}, %{{.+}} : tensor<1x9x9x8x!s8>, tensor<16x72x!s8_1>) outs(%{{.+}} : tensor<1x4x4x16xi32>) -> tensor<1x4x4x16xi32>
func.func @accumulators(%q: tensor<1x9x9x8x!a8>, %w: tensor<16x72x!w8>, %empty: tensor<1x4x4x16xi32>) {
  %acc = ptq.conv_2d kernel [3, 3] strides [2, 2] dilations [1, 1]
    ins(%q, %w : tensor<1x9x9x8x!a8>, tensor<16x72x!w8>)
    outs(%empty : tensor<1x4x4x16xi32>) -> tensor<1x4x4x16xi32>
  return
}

// CHECK-LABEL: func.func @floats
//       CHECK:   ptq.conv_2d channels_first kernel [3, 1] strides [1, 2] dilations [2, 1] ins({{.+}}) lhs(%{{.+}} : tensor<1x1x1x1xf32>) rhs(%{{.+}} : tensor<16x1xf32>) outs(%{{.+}} : tensor<?x16x?x4xf16>) {ptq.name = "conv"} -> tensor<?x16x?x4xf16>
func.func @floats(%q: tensor<?x8x?x7x!a8>, %w: tensor<16x24x!w8>, %s: tensor<1x1x1x1xf32>, %ws: tensor<16x1xf32>, %empty: tensor<?x16x?x4xf16>) {
  %y = ptq.conv_2d channels_first kernel [3, 1] strides [1, 2] dilations [2, 1]
    ins(%q, %w : tensor<?x8x?x7x!a8>, tensor<16x24x!w8>)
    lhs(%s : tensor<1x1x1x1xf32>) rhs(%ws : tensor<16x1xf32>)
    outs(%empty : tensor<?x16x?x4xf16>) {ptq.name = "conv"} -> tensor<?x16x?x4xf16>
  return
}

// CHECK-LABEL: func.func @depthwise
//       CHECK:   ptq.depthwise_conv_2d channels_first kernel [3, 3] strides [1, 1] dilations [1, 1]
func.func @depthwise(%q: tensor<1x8x9x9x!a8>, %w: tensor<8x9x!w8>, %empty: tensor<1x8x7x7xi32>) {
  %acc = ptq.depthwise_conv_2d channels_first kernel [3, 3] strides [1, 1] dilations [1, 1]
    ins(%q, %w : tensor<1x8x9x9x!a8>, tensor<8x9x!w8>)
    outs(%empty : tensor<1x8x7x7xi32>) -> tensor<1x8x7x7xi32>
  return
}
