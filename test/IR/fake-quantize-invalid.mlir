// RUN: ptq-opt %s --split-input-file --verify-diagnostics

!s8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func @fake_quantize_c1(%x: tensor<2x4xf32>, %s: tensor<2x1xf32>) {
  // expected-error @below {{expects result of shape 2x4 like the input, but got 2x3}}
  %y = ptq.fake_quantize %x, %s as !s8 : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x3xf32>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [0], scale = f32>

func.func @fake_quantize_c1_block(%x: tensor<2x4xf32>, %s: tensor<1xf32>) {
  // expected-error @below {{expects a block per dimension of 2x4, but got [0]}}
  %y = ptq.fake_quantize %x, %s as !s8 : tensor<2x4xf32>, tensor<1xf32> -> tensor<2x4xf32>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func @fake_quantize_c2(%x: tensor<2x4xf32>, %s: tensor<1x1xf32>) {
  // expected-error @below {{expects scale of shape 2x1 for block [1, 0], but got 1x1}}
  %y = ptq.fake_quantize %x, %s as !s8 : tensor<2x4xf32>, tensor<1x1xf32> -> tensor<2x4xf32>
  return
}

// -----

!u8 = !ptq.q<u8:f32, block = [1, 0], scale = f32, zp = i8>

func.func @fake_quantize_c3(%x: tensor<2x4xf32>, %s: tensor<2x1xf32>) {
  // expected-error @below {{expects zero point of type 'i8', but got none}}
  %y = ptq.fake_quantize %x, %s as !u8 : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
  return
}

// -----

!w4 = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = u4 per [1, 2]>

func.func @fake_quantize_c4(%x: tensor<2x4xf32>, %s: tensor<2x1xf32>) {
  // expected-error @below {{expects multiplier of type 'i8', but got none}}
  %y = ptq.fake_quantize %x, %s as !w4 : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
  return
}
