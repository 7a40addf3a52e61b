// What the casts stand for: real = scale * (code - zero point), and codes that
// are rounded to even and saturate, in numbers.
// RUN: ptq-opt %s --ptq-import-quant --canonicalize --ptq-evaluate --canonicalize | FileCheck %s

// CHECK-LABEL: func.func @dcast_subtracts_and_scales
//       CHECK:   arith.constant dense<{{\[\[}}-6.400000e+01, 6.250000e+01], [6.375000e+01, 0.000000e+00]]> : tensor<2x2xf32>
func.func @dcast_subtracts_and_scales() -> tensor<2x2xf32> {
  %bytes = arith.constant dense<[[-128, 125], [-1, 0]]> : tensor<2x2xi8>
  %q = quant.scast %bytes : tensor<2x2xi8> to tensor<2x2x!quant.uniform<i8:f32, 0.5:0>>
  %u = quant.scast %bytes : tensor<2x2xi8> to tensor<2x2x!quant.uniform<u8:f32:1, {0.25:0, 0.5:128}>>
  %x = quant.dcast %q : tensor<2x2x!quant.uniform<i8:f32, 0.5:0>> to tensor<2x2xf32>
  %y = quant.dcast %u : tensor<2x2x!quant.uniform<u8:f32:1, {0.25:0, 0.5:128}>> to tensor<2x2xf32>
  // The first row as signed codes, the second one as unsigned ones:
  // 0.25 * 255 = 63.75, and 0.5 * (0 - 128) = -64 is replaced by 0.
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = tensor.extract %x[%c0, %c0] : tensor<2x2xf32>
  %b = tensor.extract %x[%c0, %c1] : tensor<2x2xf32>
  %c = tensor.extract %y[%c1, %c0] : tensor<2x2xf32>
  %r = tensor.from_elements %a, %b, %c, %zero : tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @qcast_rounds_to_even_and_saturates
//       CHECK:   arith.constant dense<{{\[}}5, 7, 7, 127, -127]> : tensor<5xi8>
func.func @qcast_rounds_to_even_and_saturates() -> tensor<5xi8> {
  // 0.5, 1.5, 2.5 steps are 0, 2, 2 before the zero point 5.
  %x = arith.constant dense<[0.25, 0.75, 1.25, 1000.0, -1000.0]> : tensor<5xf32>
  %q = quant.qcast %x : tensor<5xf32> to tensor<5x!quant.uniform<i8<-127:127>:f32, 0.5:5>>
  %bytes = quant.scast %q : tensor<5x!quant.uniform<i8<-127:127>:f32, 0.5:5>> to tensor<5xi8>
  return %bytes : tensor<5xi8>
}
