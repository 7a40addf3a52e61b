// RUN: ptq-opt %s --canonicalize --cse --sccp --canonicalize | FileCheck %s

// What generic passes must leave: the error of quantization is part of the
// model, and a constant weight is not stored as float again.

!s8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

// CHECK-LABEL: func.func @dequantize_of_quantize_stays
//       CHECK:   %[[CODES:.+]] = ptq.quantize
//       CHECK:   %[[X:.+]] = ptq.dequantize %[[CODES]]
//       CHECK:   return %[[X]]
func.func @dequantize_of_quantize_stays(%x: tensor<2x4xf32>, %s: tensor<2x1xf32>) -> tensor<2x4xf32> {
  %q = ptq.quantize %x, %s : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4x!s8>
  %y = ptq.dequantize %q, %s : tensor<2x4x!s8>, tensor<2x1xf32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @dequantize_of_a_constant_stays
//       CHECK:   %[[CODES:.+]] = ptq.storage_cast %{{.+}} : tensor<1x4xi8>
//       CHECK:   %[[X:.+]] = ptq.dequantize %[[CODES]]
//       CHECK:   return %[[X]]
func.func @dequantize_of_a_constant_stays() -> tensor<1x4xf32> {
  %bytes = arith.constant dense<3> : tensor<1x4xi8>
  %s = arith.constant dense<0.5> : tensor<1x1xf32>
  %q = ptq.storage_cast %bytes : tensor<1x4xi8> to tensor<1x4x!s8>
  %x = ptq.dequantize %q, %s : tensor<1x4x!s8>, tensor<1x1xf32> -> tensor<1x4xf32>
  return %x : tensor<1x4xf32>
}

// Two equal ones are merged; none is the identity, not even of its own result.
// CHECK-LABEL: func.func @fake_quantize_stays
//       CHECK:   %[[ONCE:.+]] = ptq.fake_quantize %arg0
//       CHECK:   %[[TWICE:.+]] = ptq.fake_quantize %[[ONCE]]
//   CHECK-NOT:   ptq.fake_quantize
//       CHECK:   return %[[ONCE]], %[[ONCE]], %[[TWICE]]
func.func @fake_quantize_stays(%x: tensor<2x4xf32>, %s: tensor<2x1xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
  %a = ptq.fake_quantize %x, %s as !s8 : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
  %b = ptq.fake_quantize %x, %s as !s8 : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
  %c = ptq.fake_quantize %b, %s as !s8 : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
  return %a, %b, %c : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
}
