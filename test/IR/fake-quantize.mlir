// RUN: ptq-opt %s | ptq-opt | FileCheck %s

// CHECK-LABEL: func.func @example
//       CHECK:   ptq.fake_quantize %{{.+}}, %{{.+}} as !s8 : tensor<1x2xf32>, tensor<1x1xf32> -> tensor<1x2xf32>
func.func @example(%x: tensor<1x2xf32>, %s: tensor<1x1xf32>) {
  %y = ptq.fake_quantize %x, %s as !ptq.q<s8:f32, block = [0, 0], scale = f32>
    : tensor<1x2xf32>, tensor<1x1xf32> -> tensor<1x2xf32>
  return
}

// CHECK-LABEL: func.func @zero_points
//       CHECK:   ptq.fake_quantize %{{.+}}, %{{.+}}, zp %{{.+}} as !u8 : tensor<1x2xf32>, tensor<1x1xf32>, tensor<1x1xi16> -> tensor<1x2xf16>
func.func @zero_points(%x: tensor<1x2xf32>, %s: tensor<1x1xf32>, %z: tensor<1x1xi16>) {
  %y = ptq.fake_quantize %x, %s, zp %z as !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = i16>
    : tensor<1x2xf32>, tensor<1x1xf32>, tensor<1x1xi16> -> tensor<1x2xf16>
  return
}
