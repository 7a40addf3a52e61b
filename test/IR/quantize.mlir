// RUN: ptq-opt %s | ptq-opt | FileCheck %s

// CHECK-LABEL: func.func @example
//  CHECK-SAME:   %[[X:[a-z0-9]+]]: tensor<1x4xf32>, %[[S:[a-z0-9]+]]: tensor<1x1xf32>
//       CHECK:   %codes = ptq.quantize %[[X]], %[[S]] : tensor<1x4xf32>, tensor<1x1xf32> -> tensor<1x4x!s8>
func.func @example(%x: tensor<1x4xf32>, %s: tensor<1x1xf32>) {
  %q = ptq.quantize %x, %s
    : tensor<1x4xf32>, tensor<1x1xf32>
    -> tensor<1x4x!ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>>
  return
}

// CHECK-LABEL: func.func @zero_points
//       CHECK:   ptq.quantize %{{.+}}, %{{.+}}, zp %{{.+}} : tensor<?x4xf16>, tensor<1x1xf32>, tensor<1x1xi32> -> tensor<?x4x!u8>
func.func @zero_points(%x: tensor<?x4xf16>, %s: tensor<1x1xf32>, %z: tensor<1x1xi32>) {
  %q = ptq.quantize %x, %s, zp %z : tensor<?x4xf16>, tensor<1x1xf32>, tensor<1x1xi32>
    -> tensor<?x4x!ptq.q<u8:f32, block = [0, 0], scale = f32, zp = i32>>
  return
}

// CHECK-LABEL: func.func @multipliers
//       CHECK:   ptq.quantize %{{.+}}, %{{.+}}, multiplier %{{.+}} : tensor<2x33xf32>, tensor<2x1xf32>, tensor<2x3xi8> -> tensor<2x33x!u4>
func.func @multipliers(%x: tensor<2x33xf32>, %s: tensor<2x1xf32>, %k: tensor<2x3xi8>) {
  %q = ptq.quantize %x, %s, multiplier %k : tensor<2x33xf32>, tensor<2x1xf32>, tensor<2x3xi8>
    -> tensor<2x33x!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = u4 per [1, 16]>>
  return
}

// CHECK-LABEL: func.func @multipliers_and_zero_points
//       CHECK:   ptq.quantize %{{.+}}, %{{.+}}, multiplier %{{.+}}, zp %{{.+}} : tensor<2x33xf32>, tensor<2x1xf32>, tensor<2x3xi8>, tensor<2x1xi8> -> tensor<2x33x!u4_1>
func.func @multipliers_and_zero_points(%x: tensor<2x33xf32>, %s: tensor<2x1xf32>, %k: tensor<2x3xi8>, %z: tensor<2x1xi8>) {
  %q = ptq.quantize %x, %s, multiplier %k, zp %z : tensor<2x33xf32>, tensor<2x1xf32>, tensor<2x3xi8>, tensor<2x1xi8>
    -> tensor<2x33x!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = i8, multiplier = u3 per [1, 16]>>
  return
}
