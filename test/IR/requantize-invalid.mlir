// RUN: ptq-opt %s --split-input-file --verify-diagnostics

!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @requantize_c1(%acc: tensor<1x3xi32>, %m: tensor<1x1xf32>) {
  // expected-error @below {{expects result of shape 1x3 like the input, but got 1x4}}
  %q = ptq.requantize %acc float %m : tensor<1x3xi32>, tensor<1x1xf32> -> tensor<1x4x!s8>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [0, 1], scale = f32>

func.func @requantize_c2(%acc: tensor<2x3xi32>, %m: tensor<1x3xi32>, %shift: tensor<1x1xi32>) {
  // expected-error @below {{expects shift of shape 1x3 for block [0, 1], but got 1x1}}
  %q = ptq.requantize %acc fixed %m, shift %shift : tensor<2x3xi32>, tensor<1x3xi32>, tensor<1x1xi32> -> tensor<2x3x!s8>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @requantize_c3(%acc: tensor<1x3xi32>, %m: tensor<1x1xf32>, %shift: tensor<1x1xi32>) {
  // expected-error @below {{expects multiplier of type 'i32', but got 'f32'}}
  %q = ptq.requantize %acc fixed %m, shift %shift : tensor<1x3xi32>, tensor<1x1xf32>, tensor<1x1xi32> -> tensor<1x3x!s8>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @requantize_c3_missing(%acc: tensor<1x3xi32>, %m: tensor<1x1xi32>) {
  // expected-error @below {{expects shift of type 'i32', but got none}}
  %q = ptq.requantize %acc fixed %m : tensor<1x3xi32>, tensor<1x1xi32> -> tensor<1x3x!s8>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @requantize_c3_surplus(%acc: tensor<1x3xi32>, %m: tensor<1x1xf32>, %shift: tensor<1x1xi32>) {
  // expected-error @below {{expects no shift, but got one}}
  %q = ptq.requantize %acc float %m, shift %shift : tensor<1x3xi32>, tensor<1x1xf32>, tensor<1x1xi32> -> tensor<1x3x!s8>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @requantize_c4(%acc: tensor<1x3xi32>, %m: tensor<1x1xf32>, %z: tensor<1x1xi32>) {
  // expected-error @below {{expects no zero point, but got one}}
  %q = ptq.requantize %acc float %m, zp %z : tensor<1x3xi32>, tensor<1x1xf32>, tensor<1x1xi32> -> tensor<1x3x!s8>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @requantize_c5(%acc: tensor<1x3xi32>, %shift: tensor<1x1xi32>) {
  %m = arith.constant dense<1073741823> : tensor<1x1xi32>
  // expected-error @below {{expects multiplier in [1073741824, 2147483647], but got 1073741823}}
  %q = ptq.requantize %acc fixed %m, shift %shift : tensor<1x3xi32>, tensor<1x1xi32>, tensor<1x1xi32> -> tensor<1x3x!s8>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @requantize_c5_shift(%acc: tensor<1x3xi32>, %m: tensor<1x1xi32>) {
  %shift = arith.constant dense<63> : tensor<1x1xi32>
  // expected-error @below {{expects shift in [1, 62], but got 63}}
  %q = ptq.requantize %acc fixed %m, shift %shift : tensor<1x3xi32>, tensor<1x1xi32>, tensor<1x1xi32> -> tensor<1x3x!s8>
  return
}

// -----

!w4 = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = u4 per [1, 16]>

func.func @requantize_c6(%acc: tensor<1x3xi32>, %m: tensor<1x1xf32>) {
  // expected-error @below {{expects a format of one level of scales, but got '!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = u4 per [1, 16]>'}}
  %q = ptq.requantize %acc float %m : tensor<1x3xi32>, tensor<1x1xf32> -> tensor<1x3x!w4>
  return
}

// -----

!w4 = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = u4 per [1, 16]>
!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @requantize_c6_input(%q: tensor<1x3x!w4>, %m: tensor<1x1xf32>) {
  // expected-error @below {{expects a format of one level of scales, but got '!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = u4 per [1, 16]>'}}
  %r = ptq.requantize %q float %m : tensor<1x3x!w4>, tensor<1x1xf32> -> tensor<1x3x!s8>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = i8>
!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @requantize_c7(%q: tensor<1x3x!a8>, %m: tensor<1x1xf32>) {
  // expected-error @below {{expects an input without a zero point that is an operand, but got '!ptq.q<s8:f32, block = [0, 0], scale = f32, zp = i8>'}}
  %r = ptq.requantize %q float %m : tensor<1x3x!a8>, tensor<1x1xf32> -> tensor<1x3x!s8>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @requantize_c8(%acc: tensor<1x3xi32>, %m: tensor<1x3xf32>) {
  // expected-error @below {{expects per to have 2 lengths that are not negative, but got [1]}}
  %q = ptq.requantize %acc float %m per [1] : tensor<1x3xi32>, tensor<1x3xf32> -> tensor<1x3x!s8>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @requantize_c2_bias(%acc: tensor<1x3xi32>, %m: tensor<1x3xf32>, %b: tensor<1x1xi32>) {
  // expected-error @below {{expects bias of shape 1x3 for block [0, 1], but got 1x1}}
  %q = ptq.requantize %acc float %m, bias %b per [0, 1] : tensor<1x3xi32>, tensor<1x3xf32>, tensor<1x1xi32> -> tensor<1x3x!s8>
  return
}
