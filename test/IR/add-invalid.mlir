// RUN: ptq-opt %s --split-input-file --verify-diagnostics

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>
!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @add_c1(%a: tensor<1x2x!a8>, %b: tensor<1x2x!s8>, %m: tensor<1x1xf32>) {
  // expected-error @below {{expects result of shape 1x2 like the input, but got 1x3}}
  %q = ptq.add %a, %b float %m, %m : tensor<1x2x!a8>, tensor<1x2x!s8>, tensor<1x1xf32>, tensor<1x1xf32> -> tensor<1x3x!s8>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>
!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @add_c2(%a: tensor<1x2x!a8>, %b: tensor<1x2x!s8>, %m: tensor<1x2xf32>) {
  // expected-error @below {{expects multiplier of shape 1x1 for block [0, 0], but got 1x2}}
  %q = ptq.add %a, %b float %m, %m : tensor<1x2x!a8>, tensor<1x2x!s8>, tensor<1x2xf32>, tensor<1x2xf32> -> tensor<1x2x!s8>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>
!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @add_c3(%a: tensor<1x2x!a8>, %b: tensor<1x2x!s8>, %m: tensor<1x1xi32>) {
  // expected-error @below {{expects multiplier of type 'f32', but got 'i32'}}
  %q = ptq.add %a, %b float %m, %m : tensor<1x2x!a8>, tensor<1x2x!s8>, tensor<1x1xi32>, tensor<1x1xi32> -> tensor<1x2x!s8>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>
!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @add_c3_missing(%a: tensor<1x2x!a8>, %b: tensor<1x2x!s8>, %m: tensor<1x1xi32>) {
  // expected-error @below {{expects shift of type 'i32', but got none}}
  %q = ptq.add %a, %b fixed %m, %m : tensor<1x2x!a8>, tensor<1x2x!s8>, tensor<1x1xi32>, tensor<1x1xi32> -> tensor<1x2x!s8>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>
!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @add_c3_surplus(%a: tensor<1x2x!a8>, %b: tensor<1x2x!s8>, %m: tensor<1x1xf32>, %s: tensor<1x1xi32>) {
  // expected-error @below {{expects no shift, but got one}}
  %q = ptq.add %a, %b float %m, %m, shift %s : tensor<1x2x!a8>, tensor<1x2x!s8>, tensor<1x1xf32>, tensor<1x1xf32>, tensor<1x1xi32> -> tensor<1x2x!s8>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>
!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @add_c4(%a: tensor<1x2x!a8>, %b: tensor<1x2x!s8>, %m: tensor<1x1xi32>) {
  %s = arith.constant dense<0> : tensor<1x1xi32>
  // expected-error @below {{expects shift in [1, 62], but got 0}}
  %q = ptq.add %a, %b fixed %m, %m, shift %s : tensor<1x2x!a8>, tensor<1x2x!s8>, tensor<1x1xi32>, tensor<1x1xi32>, tensor<1x1xi32> -> tensor<1x2x!s8>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = i8>
!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @add_c5(%a: tensor<1x2x!a8>, %b: tensor<1x2x!s8>, %m: tensor<1x1xf32>) {
  // expected-error @below {{expects formats without a zero point that is an operand, but got '!ptq.q<s8:f32, block = [0, 0], scale = f32, zp = i8>'}}
  %q = ptq.add %a, %b float %m, %m : tensor<1x2x!a8>, tensor<1x2x!s8>, tensor<1x1xf32>, tensor<1x1xf32> -> tensor<1x2x!s8>
  return
}

// -----

!a8 = !ptq.q<s4:f32, block = [0, 0], scale = f32, multiplier = s4 per [0, 1]>
!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @add_c5_levels(%a: tensor<1x2x!a8>, %b: tensor<1x2x!s8>, %m: tensor<1x1xf32>) {
  // expected-error @below {{expects a format of one level of scales, but got '!ptq.q<s4:f32, block = [0, 0], scale = f32, multiplier = s4 per [0, 1]>'}}
  %q = ptq.add %a, %b float %m, %m : tensor<1x2x!a8>, tensor<1x2x!s8>, tensor<1x1xf32>, tensor<1x1xf32> -> tensor<1x2x!s8>
  return
}
