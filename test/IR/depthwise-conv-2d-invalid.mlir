// RUN: ptq-opt %s --split-input-file --verify-diagnostics

!a8 = !ptq.q<s8:f32, block = [0, 0, 0], scale = f32>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @depthwise_conv_2d_c1(%q: tensor<5x5x2x!a8>, %w: tensor<2x9x!w8>, %out: tensor<1x3x3x2xi32>) {
  // expected-error @below {{expects lhs of four dimensions, but got 5x5x2}}
  %y = ptq.depthwise_conv_2d kernel [3, 3] strides [1, 1] dilations [1, 1]
    ins(%q, %w : tensor<5x5x2x!a8>, tensor<2x9x!w8>)
    outs(%out : tensor<1x3x3x2xi32>) -> tensor<1x3x3x2xi32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @depthwise_conv_2d_c1_weights(%q: tensor<1x5x5x2x!a8>, %w: tensor<2x10x!w8>, %out: tensor<1x3x3x2xi32>) {
  // expected-error @below {{expects rhs of shape 2x9 for windows of 3x3 on lhs 1x5x5x2, but got 2x10}}
  %y = ptq.depthwise_conv_2d kernel [3, 3] strides [1, 1] dilations [1, 1]
    ins(%q, %w : tensor<1x5x5x2x!a8>, tensor<2x10x!w8>)
    outs(%out : tensor<1x3x3x2xi32>) -> tensor<1x3x3x2xi32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @depthwise_conv_2d_c2(%q: tensor<1x5x5x2x!a8>, %w: tensor<2x9x!w8>, %out: tensor<1x3x3x2xi32>) {
  // expected-error @below {{expects two positive numbers of kernel, but got [3]}}
  %y = ptq.depthwise_conv_2d kernel [3] strides [1, 1] dilations [1, 1]
    ins(%q, %w : tensor<1x5x5x2x!a8>, tensor<2x9x!w8>)
    outs(%out : tensor<1x3x3x2xi32>) -> tensor<1x3x3x2xi32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @depthwise_conv_2d_c2_strides(%q: tensor<1x5x5x2x!a8>, %w: tensor<2x9x!w8>, %out: tensor<1x3x3x2xi32>) {
  // expected-error @below {{expects two positive numbers of strides, but got [1, 0]}}
  %y = ptq.depthwise_conv_2d kernel [3, 3] strides [1, 0] dilations [1, 1]
    ins(%q, %w : tensor<1x5x5x2x!a8>, tensor<2x9x!w8>)
    outs(%out : tensor<1x3x3x2xi32>) -> tensor<1x3x3x2xi32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @depthwise_conv_2d_c2_dilations(%q: tensor<1x5x5x2x!a8>, %w: tensor<2x9x!w8>, %out: tensor<1x3x3x2xi32>) {
  // expected-error @below {{expects two positive numbers of dilations, but got [1, -1]}}
  %y = ptq.depthwise_conv_2d kernel [3, 3] strides [1, 1] dilations [1, -1]
    ins(%q, %w : tensor<1x5x5x2x!a8>, tensor<2x9x!w8>)
    outs(%out : tensor<1x3x3x2xi32>) -> tensor<1x3x3x2xi32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @depthwise_conv_2d_c3(%q: tensor<1x5x5x2x!a8>, %w: tensor<2x9x!w8>, %out: tensor<1x3x4x2xi32>) {
  // expected-error @below {{expects outs of shape 1x3x3x2, but got 1x3x4x2}}
  %y = ptq.depthwise_conv_2d kernel [3, 3] strides [1, 1] dilations [1, 1]
    ins(%q, %w : tensor<1x5x5x2x!a8>, tensor<2x9x!w8>)
    outs(%out : tensor<1x3x4x2xi32>) -> tensor<1x3x4x2xi32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @depthwise_conv_2d_c3_window(%q: tensor<1x5x5x2x!a8>, %w: tensor<2x9x!w8>, %out: tensor<1x3x3x2xi32>) {
  // expected-error @below {{expects windows that fit, but got 7 of 5 indices}}
  %y = ptq.depthwise_conv_2d kernel [3, 3] strides [1, 1] dilations [3, 1]
    ins(%q, %w : tensor<1x5x5x2x!a8>, tensor<2x9x!w8>)
    outs(%out : tensor<1x3x3x2xi32>) -> tensor<1x3x3x2xi32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @depthwise_conv_2d_c3_channels_first(%q: tensor<1x2x5x5x!a8>, %w: tensor<2x9x!w8>, %out: tensor<1x3x3x2xi32>) {
  // expected-error @below {{expects outs of shape 1x2x3x3, but got 1x3x3x2}}
  %y = ptq.depthwise_conv_2d channels_first kernel [3, 3] strides [1, 1] dilations [1, 1]
    ins(%q, %w : tensor<1x2x5x5x!a8>, tensor<2x9x!w8>)
    outs(%out : tensor<1x3x3x2xi32>) -> tensor<1x3x3x2xi32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32, zp = i8>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @depthwise_conv_2d_c4(%q: tensor<1x5x5x2x!a8>, %w: tensor<2x9x!w8>, %out: tensor<1x3x3x2xi32>) {
  // expected-error @below {{expects formats without zero points that are operands and without multipliers, but got '!ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32, zp = i8>'}}
  %y = ptq.depthwise_conv_2d kernel [3, 3] strides [1, 1] dilations [1, 1]
    ins(%q, %w : tensor<1x5x5x2x!a8>, tensor<2x9x!w8>)
    outs(%out : tensor<1x3x3x2xi32>) -> tensor<1x3x3x2xi32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32>
!w8 = !ptq.q<s4:f32, block = [1, 0], scale = f32, multiplier = s4 per [1, 3]>

func.func @depthwise_conv_2d_c4_multiplier(%q: tensor<1x5x5x2x!a8>, %w: tensor<2x9x!w8>, %out: tensor<1x3x3x2xi32>) {
  // expected-error @below {{expects formats without zero points that are operands and without multipliers, but got '!ptq.q<s4:f32, block = [1, 0], scale = f32, multiplier = s4 per [1, 3]>'}}
  %y = ptq.depthwise_conv_2d kernel [3, 3] strides [1, 1] dilations [1, 1]
    ins(%q, %w : tensor<1x5x5x2x!a8>, tensor<2x9x!w8>)
    outs(%out : tensor<1x3x3x2xi32>) -> tensor<1x3x3x2xi32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [1, 0, 0, 0], scale = f32>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @depthwise_conv_2d_c5(%q: tensor<1x5x5x2x!a8>, %w: tensor<2x9x!w8>, %out: tensor<1x3x3x2xi32>) {
  // expected-error @below {{expects block of lhs with 0 in each dimension, but got [1, 0, 0, 0]}}
  %y = ptq.depthwise_conv_2d kernel [3, 3] strides [1, 1] dilations [1, 1]
    ins(%q, %w : tensor<1x5x5x2x!a8>, tensor<2x9x!w8>)
    outs(%out : tensor<1x3x3x2xi32>) -> tensor<1x3x3x2xi32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32>
!w8 = !ptq.q<s8:f32, block = [1, 3], scale = f32>

func.func @depthwise_conv_2d_c5_rhs(%q: tensor<1x5x5x2x!a8>, %w: tensor<2x9x!w8>, %out: tensor<1x3x3x2xi32>) {
  // expected-error @below {{expects block [1, 0] or [0, 0] of rhs, but got [1, 3]}}
  %y = ptq.depthwise_conv_2d kernel [3, 3] strides [1, 1] dilations [1, 1]
    ins(%q, %w : tensor<1x5x5x2x!a8>, tensor<2x9x!w8>)
    outs(%out : tensor<1x3x3x2xi32>) -> tensor<1x3x3x2xi32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @depthwise_conv_2d_c6(%q: tensor<1x5x5x2x!a8>, %w: tensor<2x9x!w8>, %out: tensor<1x3x3x2xi32>, %s: tensor<1x1x1x1xf32>) {
  // expected-error @below {{expects no lhs scale, but got one}}
  %y = ptq.depthwise_conv_2d kernel [3, 3] strides [1, 1] dilations [1, 1]
    ins(%q, %w : tensor<1x5x5x2x!a8>, tensor<2x9x!w8>)
    lhs(%s : tensor<1x1x1x1xf32>)
    outs(%out : tensor<1x3x3x2xi32>) -> tensor<1x3x3x2xi32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @depthwise_conv_2d_c6_missing(%q: tensor<1x5x5x2x!a8>, %w: tensor<2x9x!w8>, %out: tensor<1x3x3x2xf32>) {
  // expected-error @below {{expects lhs scale of type 'f32', but got none}}
  %y = ptq.depthwise_conv_2d kernel [3, 3] strides [1, 1] dilations [1, 1]
    ins(%q, %w : tensor<1x5x5x2x!a8>, tensor<2x9x!w8>)
    outs(%out : tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @depthwise_conv_2d_c6_shape(%q: tensor<1x5x5x2x!a8>, %w: tensor<2x9x!w8>, %out: tensor<1x3x3x2xf32>, %s: tensor<1x1x1x1xf32>, %ws: tensor<1x1xf32>) {
  // expected-error @below {{expects rhs scale of shape 2x1 for block [1, 0], but got 1x1}}
  %y = ptq.depthwise_conv_2d kernel [3, 3] strides [1, 1] dilations [1, 1]
    ins(%q, %w : tensor<1x5x5x2x!a8>, tensor<2x9x!w8>)
    lhs(%s : tensor<1x1x1x1xf32>) rhs(%ws : tensor<1x1xf32>)
    outs(%out : tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  return
}

// -----

!a8 = !ptq.q<s16:f32, block = [0, 0, 0, 0], scale = f32>
!w8 = !ptq.q<s16:f32, block = [1, 0], scale = f32>

func.func @depthwise_conv_2d_c7(%q: tensor<1x5x5x2x!a8>, %w: tensor<2x3x!w8>, %out: tensor<1x3x5x2xi32>) {
  // expected-error @below {{expects accumulators below 2^31, but got 3 products of 32768 * 32768}}
  %y = ptq.depthwise_conv_2d kernel [3, 1] strides [1, 1] dilations [1, 1]
    ins(%q, %w : tensor<1x5x5x2x!a8>, tensor<2x3x!w8>)
    outs(%out : tensor<1x3x5x2xi32>) -> tensor<1x3x5x2xi32>
  return
}
