// RUN: ptq-opt %s | ptq-opt | FileCheck %s

// CHECK-LABEL: func.func @example
//  CHECK-SAME:   %[[Q:[a-z0-9]+]]: tensor<1x3x!u4>, %[[S:[a-z0-9]+]]: tensor<1x1xf32>
//       CHECK:   ptq.dequantize %[[Q]], %[[S]] : tensor<1x3x!u4>, tensor<1x1xf32> -> tensor<1x3xf32>
func.func @example(%q: tensor<1x3x!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8>>, %s: tensor<1x1xf32>) {
  %x = ptq.dequantize %q, %s
    : tensor<1x3x!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8>>, tensor<1x1xf32>
    -> tensor<1x3xf32>
  return
}

!u8 = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = i32>

// CHECK-LABEL: func.func @zero_points
//       CHECK:   ptq.dequantize %{{.+}}, %{{.+}}, zp %{{.+}} : tensor<2x?x!u8>, tensor<1x1xf32>, tensor<1x1xi32> -> tensor<2x?xbf16>
func.func @zero_points(%q: tensor<2x?x!u8>, %s: tensor<1x1xf32>, %z: tensor<1x1xi32>) {
  %x = ptq.dequantize %q, %s, zp %z : tensor<2x?x!u8>, tensor<1x1xf32>, tensor<1x1xi32> -> tensor<2x?xbf16>
  return
}
