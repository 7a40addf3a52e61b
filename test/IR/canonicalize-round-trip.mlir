// RUN: ptq-opt %s --canonicalize | FileCheck %s

!w4 = !ptq.q<u4:f32, block = [1, 2], scale = f32, zp = 8>
!u8 = !ptq.q<u8:f32, block = [1, 0], scale = f32, zp = i32>
!k4 = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = u4<1:15> per [1, 2]>
!k0 = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = u4 per [1, 2]>
!s9 = !ptq.q<s9:f32, block = [1, 0], scale = f32>
!s8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

// CHECK-LABEL: func.func @same_operands_cancel
//  CHECK-SAME:   %[[Q:[a-z0-9]+]]: tensor
//   CHECK-NOT:   ptq
//       CHECK:   return %[[Q]]
func.func @same_operands_cancel(%q: tensor<2x4x!u8>, %s: tensor<2x1xf32>, %z: tensor<2x1xi32>) -> tensor<2x4x!u8> {
  %x = ptq.dequantize %q, %s, zp %z : tensor<2x4x!u8>, tensor<2x1xf32>, tensor<2x1xi32> -> tensor<2x4xf32>
  %r = ptq.quantize %x, %s, zp %z : tensor<2x4xf32>, tensor<2x1xf32>, tensor<2x1xi32> -> tensor<2x4x!u8>
  return %r : tensor<2x4x!u8>
}

// CHECK-LABEL: func.func @multipliers_other_than_zero_cancel
//   CHECK-NOT:   ptq
//       CHECK:   return %arg0
func.func @multipliers_other_than_zero_cancel(%q: tensor<2x4x!k4>, %s: tensor<2x1xf32>, %k: tensor<2x2xi8>) -> tensor<2x4x!k4> {
  %x = ptq.dequantize %q, %s, multiplier %k : tensor<2x4x!k4>, tensor<2x1xf32>, tensor<2x2xi8> -> tensor<2x4xf32>
  %r = ptq.quantize %x, %s, multiplier %k : tensor<2x4xf32>, tensor<2x1xf32>, tensor<2x2xi8> -> tensor<2x4x!k4>
  return %r : tensor<2x4x!k4>
}

// A multiplier of 0 makes every value 0.
// CHECK-LABEL: func.func @multipliers_that_may_be_zero_stay
//       CHECK:   ptq.dequantize
//       CHECK:   ptq.quantize
func.func @multipliers_that_may_be_zero_stay(%q: tensor<2x4x!k0>, %s: tensor<2x1xf32>, %k: tensor<2x2xi8>) -> tensor<2x4x!k0> {
  %x = ptq.dequantize %q, %s, multiplier %k : tensor<2x4x!k0>, tensor<2x1xf32>, tensor<2x2xi8> -> tensor<2x4xf32>
  %r = ptq.quantize %x, %s, multiplier %k : tensor<2x4xf32>, tensor<2x1xf32>, tensor<2x2xi8> -> tensor<2x4x!k0>
  return %r : tensor<2x4x!k0>
}

// CHECK-LABEL: func.func @other_scales_stay
//       CHECK:   ptq.dequantize
//       CHECK:   ptq.quantize
func.func @other_scales_stay(%q: tensor<2x4x!s8>, %s: tensor<2x1xf32>, %t: tensor<2x1xf32>) -> tensor<2x4x!s8> {
  %x = ptq.dequantize %q, %s : tensor<2x4x!s8>, tensor<2x1xf32> -> tensor<2x4xf32>
  %r = ptq.quantize %x, %t : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4x!s8>
  return %r : tensor<2x4x!s8>
}

// CHECK-LABEL: func.func @other_formats_stay
//       CHECK:   ptq.dequantize
//       CHECK:   ptq.quantize
func.func @other_formats_stay(%q: tensor<2x4x!s9>, %s: tensor<2x1xf32>) -> tensor<2x4x!s8> {
  %x = ptq.dequantize %q, %s : tensor<2x4x!s9>, tensor<2x1xf32> -> tensor<2x4xf32>
  %r = ptq.quantize %x, %s : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4x!s8>
  return %r : tensor<2x4x!s8>
}

// bf16 has 8 bits: enough to tell codes up to 128 from their neighbours.
// CHECK-LABEL: func.func @bf16_tells_128_from_127
//   CHECK-NOT:   ptq
//       CHECK:   return %arg0
func.func @bf16_tells_128_from_127(%q: tensor<2x4x!s8>, %s: tensor<2x1xf32>) -> tensor<2x4x!s8> {
  %x = ptq.dequantize %q, %s : tensor<2x4x!s8>, tensor<2x1xf32> -> tensor<2x4xbf16>
  %r = ptq.quantize %x, %s : tensor<2x4xbf16>, tensor<2x1xf32> -> tensor<2x4x!s8>
  return %r : tensor<2x4x!s8>
}

// CHECK-LABEL: func.func @bf16_confuses_255_with_256
//       CHECK:   ptq.dequantize
//       CHECK:   ptq.quantize
func.func @bf16_confuses_255_with_256(%q: tensor<2x4x!s9>, %s: tensor<2x1xf32>) -> tensor<2x4x!s9> {
  %x = ptq.dequantize %q, %s : tensor<2x4x!s9>, tensor<2x1xf32> -> tensor<2x4xbf16>
  %r = ptq.quantize %x, %s : tensor<2x4xbf16>, tensor<2x1xf32> -> tensor<2x4x!s9>
  return %r : tensor<2x4x!s9>
}

// A scale of 2^-30 is below every f16 but 0.
// CHECK-LABEL: func.func @f16_loses_small_values
//       CHECK:   ptq.dequantize
//       CHECK:   ptq.quantize
func.func @f16_loses_small_values(%q: tensor<2x4x!s8>, %s: tensor<2x1xf32>) -> tensor<2x4x!s8> {
  %x = ptq.dequantize %q, %s : tensor<2x4x!s8>, tensor<2x1xf32> -> tensor<2x4xf16>
  %r = ptq.quantize %x, %s : tensor<2x4xf16>, tensor<2x1xf32> -> tensor<2x4x!s8>
  return %r : tensor<2x4x!s8>
}
