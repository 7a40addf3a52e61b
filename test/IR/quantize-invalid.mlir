// RUN: ptq-opt %s --split-input-file --verify-diagnostics

!s8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func @one_block_per_dimension(%x: tensor<4xf32>, %s: tensor<1xf32>) {
  // expected-error @below {{result #0 must be ranked tensor (one block per dimension) of quantized values, but got 'tensor<4x!ptq.q<s8:f32, block = [1, 0], scale = f32>>'}}
  %q = ptq.quantize %x, %s : tensor<4xf32>, tensor<1xf32> -> tensor<4x!s8>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func @quantize_c1(%x: tensor<2x4xf32>, %s: tensor<2x1xf32>) {
  // expected-error @below {{expects result of shape 2x4 like the input, but got 2x5}}
  %q = ptq.quantize %x, %s : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x5x!s8>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func @quantize_c2(%x: tensor<32x4xf32>, %s: tensor<32x2xf32>) {
  // expected-error @below {{expects scale of shape 32x1 for block [1, 0], but got 32x2}}
  %q = ptq.quantize %x, %s : tensor<32x4xf32>, tensor<32x2xf32> -> tensor<32x4x!s8>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [1, 0], scale = f16>

func.func @quantize_c2_type(%x: tensor<2x4xf32>, %s: tensor<2x1xf32>) {
  // expected-error @below {{expects scale of type 'f16', but got 'f32'}}
  %q = ptq.quantize %x, %s : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4x!s8>
  return
}

// -----

!u8 = !ptq.q<u8:f32, block = [0, 32], scale = f32, zp = i32>

func.func @quantize_c3(%x: tensor<2x33xf32>, %s: tensor<1x2xf32>, %z: tensor<1x1xi32>) {
  // expected-error @below {{expects zero point of shape 1x2 for block [0, 32], but got 1x1}}
  %q = ptq.quantize %x, %s, zp %z : tensor<2x33xf32>, tensor<1x2xf32>, tensor<1x1xi32> -> tensor<2x33x!u8>
  return
}

// -----

!u8 = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = i32>

func.func @quantize_c3_missing(%x: tensor<2x4xf32>, %s: tensor<1x1xf32>) {
  // expected-error @below {{expects zero point of type 'i32', but got none}}
  %q = ptq.quantize %x, %s : tensor<2x4xf32>, tensor<1x1xf32> -> tensor<2x4x!u8>
  return
}

// -----

!u8 = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = 128>

func.func @quantize_c3_surplus(%x: tensor<2x4xf32>, %s: tensor<1x1xf32>, %z: tensor<1x1xi32>) {
  // expected-error @below {{expects no zero point, but got one}}
  %q = ptq.quantize %x, %s, zp %z : tensor<2x4xf32>, tensor<1x1xf32>, tensor<1x1xi32> -> tensor<2x4x!u8>
  return
}

// -----

!w4 = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = u4 per [1, 16]>

func.func @quantize_c4(%x: tensor<2x33xf32>, %s: tensor<2x1xf32>, %k: tensor<2x2xi8>) {
  // expected-error @below {{expects multiplier of shape 2x3 for block [1, 16], but got 2x2}}
  %q = ptq.quantize %x, %s, multiplier %k : tensor<2x33xf32>, tensor<2x1xf32>, tensor<2x2xi8> -> tensor<2x33x!w4>
  return
}
