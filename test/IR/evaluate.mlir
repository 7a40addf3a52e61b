// RUN: ptq-opt %s --ptq-evaluate --split-input-file | FileCheck %s

// The numbers of the examples in the descriptions of the ops.

// CHECK-LABEL: func.func @quantize_ties_to_even_and_saturates
//  CHECK-NEXT:   %[[BYTES:.+]] = arith.constant dense<{{\[\[}}0, 2, 2, 127]]> : tensor<1x4xi8>
//  CHECK-NEXT:   %[[CODES:.+]] = ptq.storage_cast %[[BYTES]]
//  CHECK-NEXT:   return %[[CODES]]
func.func @quantize_ties_to_even_and_saturates() -> tensor<1x4x!ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>> {
  %x = arith.constant dense<[[0.5, 1.5, 2.5, 300.0]]> : tensor<1x4xf32>
  %s = arith.constant dense<1.0> : tensor<1x1xf32>
  %q = ptq.quantize %x, %s
      : tensor<1x4xf32>, tensor<1x1xf32>
      -> tensor<1x4x!ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>>
  return %q : tensor<1x4x!ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>>
}

// -----

// CHECK-LABEL: func.func @dequantize_subtracts_the_zero_point
//  CHECK-NEXT:   %[[X:.+]] = arith.constant dense<{{\[\[}}-4.000000e+00, 0.000000e+00, 3.500000e+00]]>
//  CHECK-NEXT:   return %[[X]]
func.func @dequantize_subtracts_the_zero_point() -> tensor<1x3xf32> {
  %bytes = arith.constant dense<[[0, 8, 15]]> : tensor<1x3xi8>
  %q = ptq.storage_cast %bytes : tensor<1x3xi8> to tensor<1x3x!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8>>
  %s = arith.constant dense<0.5> : tensor<1x1xf32>
  %x = ptq.dequantize %q, %s
      : tensor<1x3x!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8>>, tensor<1x1xf32>
      -> tensor<1x3xf32>
  return %x : tensor<1x3xf32>
}

// -----

// CHECK-LABEL: func.func @dynamic_quantize_gives_codes_scales_and_sums
//  CHECK-NEXT:   %[[BYTES:.+]] = arith.constant dense<{{\[\[}}64, -127, 32]]> : tensor<1x3xi8>
//  CHECK-NEXT:   %[[CODES:.+]] = ptq.storage_cast %[[BYTES]]
//  CHECK-NEXT:   %[[S:.+]] = arith.constant dense<0.0157480314> : tensor<1x1xf32>
//  CHECK-NEXT:   %[[SUM:.+]] = arith.constant dense<-31> : tensor<1x1xi32>
//  CHECK-NEXT:   return %[[CODES]], %[[S]], %[[SUM]]
func.func @dynamic_quantize_gives_codes_scales_and_sums() -> (tensor<1x3x!ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>>, tensor<1x1xf32>, tensor<1x1xi32>) {
  %x = arith.constant dense<[[1.0, -2.0, 0.5]]> : tensor<1x3xf32>
  %q, %s, %sum = ptq.dynamic_quantize %x sums [1, 0] : tensor<1x3xf32>
      -> tensor<1x3x!ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>>,
         tensor<1x1xf32>, tensor<1x1xi32>
  return %q, %s, %sum : tensor<1x3x!ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>>, tensor<1x1xf32>, tensor<1x1xi32>
}

// -----

// CHECK-LABEL: func.func @fake_quantize_stays_float
//  CHECK-NEXT:   %[[Y:.+]] = arith.constant dense<{{\[\[}}5.000000e-01, -1.500000e+00]]>
//  CHECK-NEXT:   return %[[Y]]
func.func @fake_quantize_stays_float() -> tensor<1x2xf32> {
  %x = arith.constant dense<[[0.3, -1.7]]> : tensor<1x2xf32>
  %s = arith.constant dense<0.5> : tensor<1x1xf32>
  %y = ptq.fake_quantize %x, %s as !ptq.q<s8:f32, block = [0, 0], scale = f32>
      : tensor<1x2xf32>, tensor<1x1xf32> -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

// CHECK-LABEL: func.func @requantize_float_rounds_ties_to_even
//  CHECK-NEXT:   arith.constant dense<{{\[\[}}4, 4, 6]]> : tensor<1x3xi8>
func.func @requantize_float_rounds_ties_to_even() -> tensor<1x3x!ptq.q<s8:f32, block = [0, 0], scale = f32>> {
  %acc = arith.constant dense<[[7, 9, 11]]> : tensor<1x3xi32>
  %m = arith.constant dense<0.5> : tensor<1x1xf32>
  %q = ptq.requantize %acc float %m
      : tensor<1x3xi32>, tensor<1x1xf32>
      -> tensor<1x3x!ptq.q<s8:f32, block = [0, 0], scale = f32>>
  return %q : tensor<1x3x!ptq.q<s8:f32, block = [0, 0], scale = f32>>
}

// -----

// Ties go up: 3.5 -> 4, 4.5 -> 5, -3.5 -> -3.

// CHECK-LABEL: func.func @requantize_fixed_rounds_ties_up
//  CHECK-NEXT:   arith.constant dense<{{\[\[}}4, 5, -3]]> : tensor<1x3xi8>
func.func @requantize_fixed_rounds_ties_up() -> tensor<1x3x!ptq.q<s8:f32, block = [0, 0], scale = f32>> {
  %acc = arith.constant dense<[[7, 9, -7]]> : tensor<1x3xi32>
  %m = arith.constant dense<1073741824> : tensor<1x1xi32>
  %shift = arith.constant dense<31> : tensor<1x1xi32>
  %q = ptq.requantize %acc fixed %m, shift %shift
      : tensor<1x3xi32>, tensor<1x1xi32>, tensor<1x1xi32>
      -> tensor<1x3x!ptq.q<s8:f32, block = [0, 0], scale = f32>>
  return %q : tensor<1x3x!ptq.q<s8:f32, block = [0, 0], scale = f32>>
}

// -----

// CHECK-LABEL: func.func @packed_codes_start_in_the_low_half
//  CHECK-NEXT:   %[[X:.+]] = arith.constant dense<{{\[\[}}-7.000000e+00, -6.000000e+00, -5.000000e+00]]>
//  CHECK-NEXT:   return %[[X]]
func.func @packed_codes_start_in_the_low_half() -> tensor<1x3xf32> {
  %bytes = arith.constant dense<[[0x21, 0x03]]> : tensor<1x2xi8>
  %q = ptq.storage_cast %bytes packed
      : tensor<1x2xi8> to tensor<1x3x!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8>>
  %s = arith.constant dense<1.0> : tensor<1x1xf32>
  %x = ptq.dequantize %q, %s : tensor<1x3x!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8>>, tensor<1x1xf32> -> tensor<1x3xf32>
  return %x : tensor<1x3xf32>
}

// -----

// Groups of 2 along K = 3; the second scale is negative, as signed_max may
// choose it: (1 * 2 + 2 * 3) * 0.5 + (4 * 5) * -2.0, times 0.25.

!a = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!w = !ptq.q<u4:f32, block = [1, 2], scale = f16, zp = 8>

// CHECK-LABEL: func.func @matmul_with_a_ragged_group
//  CHECK-NEXT:   %[[Y:.+]] = arith.constant dense<-9.000000e+00> : tensor<1x1xf32>
//  CHECK-NEXT:   return %[[Y]]
func.func @matmul_with_a_ragged_group() -> tensor<1x1xf32> {
  %ab = arith.constant dense<[[1, 2, 4]]> : tensor<1x3xi8>
  %a = ptq.storage_cast %ab : tensor<1x3xi8> to tensor<1x3x!a>
  %as = arith.constant dense<0.25> : tensor<1x1xf32>
  %sums = arith.constant dense<[[3, 4]]> : tensor<1x2xi32>
  %wb = arith.constant dense<[[0xba, 0x0d]]> : tensor<1x2xi8>
  %w = ptq.storage_cast %wb packed : tensor<1x2xi8> to tensor<1x3x!w>
  %ws = arith.constant dense<[[0.5, -2.0]]> : tensor<1x2xf16>
  %init = tensor.empty() : tensor<1x1xf32>
  %y = ptq.matmul ins(%a, %w : tensor<1x3x!a>, tensor<1x3x!w>)
         lhs(%as, sums %sums : tensor<1x1xf32>, tensor<1x2xi32>)
         rhs(%ws : tensor<1x2xf16>)
         outs(%init : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// CHECK-LABEL: func.func @batch_matmul_multiplies_each_batch
//  CHECK-NEXT:   arith.constant dense<{{\[\[\[}}3.000000e+00]], {{\[\[}}-4.000000e+00]]]> : tensor<2x1x1xf32>
func.func @batch_matmul_multiplies_each_batch(%init: tensor<2x1x1xf32>) -> tensor<2x1x1xf32> {
  %x = arith.constant dense<[[[1.0, 2.0]], [[3.0, 4.0]]]> : tensor<2x1x2xf32>
  %y = arith.constant dense<[[[1.0, 1.0]], [[0.0, -1.0]]]> : tensor<2x1x2xf32>
  %r = ptq.batch_matmul ins(%x, %y : tensor<2x1x2xf32>, tensor<2x1x2xf32>)
         outs(%init : tensor<2x1x1xf32>) -> tensor<2x1x1xf32>
  return %r : tensor<2x1x1xf32>
}

// -----

!w = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>

// CHECK-LABEL: func.func @embedding_gathers_rows
//  CHECK-NEXT:   arith.constant dense<{{\[\[}}1.000000e+00, -1.270000e+02], [-1.000000e+00, 5.000000e-01]]> : tensor<2x2xf32>
func.func @embedding_gathers_rows() -> tensor<2x2xf32> {
  %tokens = arith.constant dense<[1, 0]> : tensor<2xi64>
  %bytes = arith.constant dense<[[126, 129], [129, 1]]> : tensor<2x2xi8>
  %table = ptq.storage_cast %bytes : tensor<2x2xi8> to tensor<2x2x!w>
  %s = arith.constant dense<[[0.5], [1.0]]> : tensor<2x1xf32>
  %init = tensor.empty() : tensor<2x2xf32>
  %x = ptq.embedding ins(%tokens, %table : tensor<2xi64>, tensor<2x2x!w>)
         rhs(%s : tensor<2x1xf32>) outs(%init : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %x : tensor<2x2xf32>
}

// -----

// CHECK-LABEL: func.func @requantize_adds_a_bias_per_column
//       CHECK:   arith.constant dense<{{\[\[}}-2, 104]]> : tensor<1x2xi8>
func.func @requantize_adds_a_bias_per_column() -> tensor<1x2x!ptq.q<s8:f32, block = [0, 0], scale = f32, zp = -5>> {
  %acc = arith.constant dense<[[7, 9]]> : tensor<1x2xi32>
  %m = arith.constant dense<[[0.5, 1.0]]> : tensor<1x2xf32>
  %b = arith.constant dense<[[-1, 100]]> : tensor<1x2xi32>
  %p = ptq.requantize %acc float %m, bias %b per [0, 1]
    : tensor<1x2xi32>, tensor<1x2xf32>, tensor<1x2xi32>
    -> tensor<1x2x!ptq.q<s8:f32, block = [0, 0], scale = f32, zp = -5>>
  return %p : tensor<1x2x!ptq.q<s8:f32, block = [0, 0], scale = f32, zp = -5>>
}

// -----

!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

// CHECK-LABEL: func.func @add_rounds_the_sum
//       CHECK:   arith.constant dense<{{\[\[}}2, 127]]> : tensor<1x2xi8>
func.func @add_rounds_the_sum() -> tensor<1x2x!s8> {
  %x = arith.constant dense<[[3, 100]]> : tensor<1x2xi8>
  %y = arith.constant dense<[[1, 100]]> : tensor<1x2xi8>
  %a = ptq.storage_cast %x : tensor<1x2xi8> to tensor<1x2x!s8>
  %b = ptq.storage_cast %y : tensor<1x2xi8> to tensor<1x2x!s8>
  %ma = arith.constant dense<0.5> : tensor<1x1xf32>
  %mb = arith.constant dense<1.0> : tensor<1x1xf32>
  %q = ptq.add %a, %b float %ma, %mb
    : tensor<1x2x!s8>, tensor<1x2x!s8>, tensor<1x1xf32>, tensor<1x1xf32> -> tensor<1x2x!s8>
  return %q : tensor<1x2x!s8>
}
