// RUN: ptq-opt %s | ptq-opt | FileCheck %s

// CHECK-LABEL: func.func @example
//       CHECK:   %codes = ptq.requantize %{{.+}} float %{{.+}} : tensor<1x3xi32>, tensor<1x1xf32> -> tensor<1x3x!s8>
func.func @example(%acc: tensor<1x3xi32>, %m: tensor<1x1xf32>) {
  %q = ptq.requantize %acc float %m
    : tensor<1x3xi32>, tensor<1x1xf32>
    -> tensor<1x3x!ptq.q<s8:f32, block = [0, 0], scale = f32>>
  return
}

!s8 = !ptq.q<s8:f32, block = [0, 1], scale = f32>
!u8 = !ptq.q<u8:f32, block = [0, 1], scale = f32, zp = i32>

// CHECK-LABEL: func.func @fixed
//       CHECK:   ptq.requantize %{{.+}} fixed %{{.+}}, shift %{{.+}} : tensor<?x3xi32>, tensor<1x3xi32>, tensor<1x3xi32> -> tensor<?x3x!s8_1>
func.func @fixed(%acc: tensor<?x3xi32>, %m: tensor<1x3xi32>, %shift: tensor<1x3xi32>) {
  %q = ptq.requantize %acc fixed %m, shift %shift : tensor<?x3xi32>, tensor<1x3xi32>, tensor<1x3xi32> -> tensor<?x3x!s8>
  return
}

// CHECK-LABEL: func.func @zero_points
//       CHECK:   ptq.requantize %{{.+}} fixed %{{.+}}, shift %{{.+}}, zp %{{.+}} : tensor<?x3xi32>, tensor<1x3xi32>, tensor<1x3xi32>, tensor<1x3xi32> -> tensor<?x3x!u8>
//       CHECK:   ptq.requantize %{{.+}} float %{{.+}}, zp %{{.+}} : tensor<?x3xi32>, tensor<1x3xf32>, tensor<1x3xi32> -> tensor<?x3x!u8>
func.func @zero_points(%acc: tensor<?x3xi32>, %m: tensor<1x3xi32>, %shift: tensor<1x3xi32>, %f: tensor<1x3xf32>, %z: tensor<1x3xi32>) {
  %q = ptq.requantize %acc fixed %m, shift %shift, zp %z : tensor<?x3xi32>, tensor<1x3xi32>, tensor<1x3xi32>, tensor<1x3xi32> -> tensor<?x3x!u8>
  %r = ptq.requantize %acc float %f, zp %z : tensor<?x3xi32>, tensor<1x3xf32>, tensor<1x3xi32> -> tensor<?x3x!u8>
  return
}

// The constants at the ends of their ranges.
// CHECK-LABEL: func.func @limits
//       CHECK:   ptq.requantize
func.func @limits(%acc: tensor<?x2xi32>) {
  %m = arith.constant dense<[[1073741824, 2147483647]]> : tensor<1x2xi32>
  %shift = arith.constant dense<[[1, 62]]> : tensor<1x2xi32>
  %q = ptq.requantize %acc fixed %m, shift %shift : tensor<?x2xi32>, tensor<1x2xi32>, tensor<1x2xi32> -> tensor<?x2x!s8>
  return
}

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = 5>

// CHECK-LABEL: func.func @biases
//       CHECK:   ptq.requantize %{{.+}} float %{{.+}}, bias %{{.+}} per [0, 1] : tensor<?x3xi32>, tensor<1x3xf32>, tensor<1x3xi32> -> tensor<?x3x!s8_{{.}}>
//       CHECK:   ptq.requantize %{{.+}} fixed %{{.+}}, shift %{{.+}}, bias %{{.+}}, zp %{{.+}} : tensor<?x3xi32>, tensor<1x3xi32>, tensor<1x3xi32>, tensor<1x3xi32>, tensor<1x3xi32> -> tensor<?x3x!u8>
func.func @biases(%acc: tensor<?x3xi32>, %m: tensor<1x3xf32>, %b: tensor<1x3xi32>, %shift: tensor<1x3xi32>) {
  %q = ptq.requantize %acc float %m, bias %b per [0, 1] : tensor<?x3xi32>, tensor<1x3xf32>, tensor<1x3xi32> -> tensor<?x3x!a8>
  %r = ptq.requantize %acc fixed %shift, shift %shift, bias %b, zp %b : tensor<?x3xi32>, tensor<1x3xi32>, tensor<1x3xi32>, tensor<1x3xi32>, tensor<1x3xi32> -> tensor<?x3x!u8>
  return
}

// CHECK-LABEL: func.func @codes
//       CHECK:   ptq.requantize %{{.+}} float %{{.+}} : tensor<?x3x!s8_{{.}}>, tensor<1x1xf32> -> tensor<?x3x!s8_{{.}}>
func.func @codes(%q: tensor<?x3x!a8>, %m: tensor<1x1xf32>) {
  %r = ptq.requantize %q float %m : tensor<?x3x!a8>, tensor<1x1xf32> -> tensor<?x3x!ptq.q<s8<0:127>:f32, block = [0, 0], scale = f32>>
  return
}

// CHECK-LABEL: func.func @example_of_biases
//       CHECK:   ptq.requantize
func.func @example_of_biases(%acc: tensor<1x2xi32>, %m: tensor<1x2xf32>, %b: tensor<1x2xi32>) {
  %p = ptq.requantize %acc float %m, bias %b per [0, 1]
    : tensor<1x2xi32>, tensor<1x2xf32>, tensor<1x2xi32>
    -> tensor<1x2x!ptq.q<s8:f32, block = [0, 0], scale = f32, zp = -5>>
  return
}
