// RUN: ptq-opt %s --split-input-file --verify-diagnostics

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @dynamic_quantize_c1(%x: tensor<2x4xf32>) {
  // expected-error @below {{expects result of shape 2x4 like the input, but got 3x4}}
  %q, %s = ptq.dynamic_quantize %x : tensor<2x4xf32> -> tensor<3x4x!a8>, tensor<3x1xf32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @dynamic_quantize_c2(%x: tensor<2x4xf32>) {
  // expected-error @below {{expects scale of shape 2x1 for block [1, 0], but got 1x1}}
  %q, %s = ptq.dynamic_quantize %x : tensor<2x4xf32> -> tensor<2x4x!a8>, tensor<1x1xf32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func @dynamic_quantize_c3(%x: tensor<2x4xf32>) {
  // expected-error @below {{expects a symmetric format of range [-max, max] and one level of scales, but got '!ptq.q<s8:f32, block = [1, 0], scale = f32>'}}
  %q, %s = ptq.dynamic_quantize %x : tensor<2x4xf32> -> tensor<2x4x!a8>, tensor<2x1xf32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32, zp = 3>

func.func @dynamic_quantize_c3_zero_point(%x: tensor<2x4xf32>) {
  // expected-error @below {{expects a symmetric format of range [-max, max]}}
  %q, %s = ptq.dynamic_quantize %x : tensor<2x4xf32> -> tensor<2x4x!a8>, tensor<2x1xf32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @dynamic_quantize_c4(%x: tensor<2x172xf32>) {
  // expected-error @below {{expects sums of shape 2x6 for block [1, 32], but got 2x5}}
  %q, %s, %sum = ptq.dynamic_quantize %x sums [1, 32] : tensor<2x172xf32> -> tensor<2x172x!a8>, tensor<2x1xf32>, tensor<2x5xi32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @dynamic_quantize_c4_missing(%x: tensor<2x172xf32>) {
  // expected-error @below {{expects sums of type 'i32', but got none}}
  %q, %s = ptq.dynamic_quantize %x sums [1, 32] : tensor<2x172xf32> -> tensor<2x172x!a8>, tensor<2x1xf32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @dynamic_quantize_c5(%x: tensor<2x4xf32>) {
  // expected-error @below {{expects sums over blocks of 1 in each of 2 dimensions but the last, but got [0, 0]}}
  %q, %s, %sum = ptq.dynamic_quantize %x sums [0, 0] : tensor<2x4xf32> -> tensor<2x4x!a8>, tensor<2x1xf32>, tensor<1x1xi32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @dynamic_quantize_c6(%x: tensor<?x?xf32>) {
  // expected-error @below {{expects sums over a static length, but got the whole of a dynamic dimension}}
  %q, %s, %sum = ptq.dynamic_quantize %x sums [1, 0] : tensor<?x?xf32> -> tensor<?x?x!a8>, tensor<?x1xf32>, tensor<?x1xi32>
  return
}

// -----

!a16 = !ptq.q<s16<-32767:32767>:f32, block = [1, 0], scale = f32>

// 65538 * 32767 = 2 147 483 646 = 2^31 - 2
func.func @dynamic_quantize_c6_limit(%x: tensor<?x65538xf32>) {
  %q, %s, %sum = ptq.dynamic_quantize %x sums [1, 0] : tensor<?x65538xf32> -> tensor<?x65538x!a16>, tensor<?x1xf32>, tensor<?x1xi32>
  return
}

// -----

!a16 = !ptq.q<s16<-32767:32767>:f32, block = [1, 0], scale = f32>

func.func @dynamic_quantize_c6_above_limit(%x: tensor<?x65539xf32>) {
  // expected-error @below {{expects sums below 2^31, but got 65539 codes of at most 32767}}
  %q, %s, %sum = ptq.dynamic_quantize %x sums [1, 0] : tensor<?x65539xf32> -> tensor<?x65539x!a16>, tensor<?x1xf32>, tensor<?x1xi32>
  return
}
