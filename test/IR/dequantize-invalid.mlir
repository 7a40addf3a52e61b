// RUN: ptq-opt %s --split-input-file --verify-diagnostics

!s8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func @dequantize_c1(%q: tensor<2x4x!s8>, %s: tensor<2x1xf32>) {
  // expected-error @below {{expects result of shape 2x4 like the input, but got 4x2}}
  %x = ptq.dequantize %q, %s : tensor<2x4x!s8>, tensor<2x1xf32> -> tensor<4x2xf32>
  return
}

// -----

!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>

func.func @dequantize_c2(%q: tensor<2x172x!w4>, %s: tensor<2x5xf16>) {
  // expected-error @below {{expects scale of shape 2x6 for block [1, 32], but got 2x5}}
  %x = ptq.dequantize %q, %s : tensor<2x172x!w4>, tensor<2x5xf16> -> tensor<2x172xf32>
  return
}

// -----

!u8 = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = i32>

func.func @dequantize_c3(%q: tensor<2x4x!u8>, %s: tensor<1x1xf32>, %z: tensor<1x1xi16>) {
  // expected-error @below {{expects zero point of type 'i32', but got 'i16'}}
  %x = ptq.dequantize %q, %s, zp %z : tensor<2x4x!u8>, tensor<1x1xf32>, tensor<1x1xi16> -> tensor<2x4xf32>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func @dequantize_c4(%q: tensor<2x4x!s8>, %s: tensor<2x1xf32>, %k: tensor<2x1xi8>) {
  // expected-error @below {{expects no multiplier, but got one}}
  %x = ptq.dequantize %q, %s, multiplier %k : tensor<2x4x!s8>, tensor<2x1xf32>, tensor<2x1xi8> -> tensor<2x4xf32>
  return
}
