// RUN: ptq-opt %s --split-input-file --verify-diagnostics

#packed = #ptq.packed<f32, shape = [8, 4], layout = <columns = 16, depth = 1, bits = 32>>

func.func @packed_matmul_c1_lhs(%x: tensor<3x5xf32>, %p: tensor<256xi8, #packed>, %out: tensor<3x8xf32>) -> tensor<3x8xf32> {
  // expected-error @below {{expects lhs of rank 2 or more with 4 in its last dimension, but got 3x5}}
  %y = ptq.packed_matmul ins(%x, %p : tensor<3x5xf32>, tensor<256xi8, #packed>) isa #ptq.isa<avx2>
         outs(%out : tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// -----

#packed = #ptq.packed<f32, shape = [8, 4], layout = <columns = 16, depth = 1, bits = 32>>

func.func @packed_matmul_c1_init(%x: tensor<3x4xf32>, %p: tensor<256xi8, #packed>, %out: tensor<3x9xf32>) -> tensor<3x9xf32> {
  // expected-error @below {{expects init of shape 3x8, but got 3x9}}
  %y = ptq.packed_matmul ins(%x, %p : tensor<3x4xf32>, tensor<256xi8, #packed>) isa #ptq.isa<avx2>
         outs(%out : tensor<3x9xf32>) -> tensor<3x9xf32>
  return %y : tensor<3x9xf32>
}

// -----

#packed = #ptq.packed<f32, shape = [8, 4], layout = <columns = 16, depth = 1, bits = 32>>

func.func @packed_matmul_c2(%x: tensor<3x4xbf16>, %p: tensor<256xi8, #packed>, %out: tensor<3x8xf32>) -> tensor<3x8xf32> {
  // expected-error @below {{expects formats that a kernel takes, but activations are not f32}}
  %y = ptq.packed_matmul ins(%x, %p : tensor<3x4xbf16>, tensor<256xi8, #packed>) isa #ptq.isa<avx2>
         outs(%out : tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// -----

!w8 = !ptq.q<u8:f32, block = [1, 0], scale = f32, zp = 128>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
#packed = #ptq.packed<!w8, shape = [8, 4], layout = <columns = 16, depth = 2, bits = 8>>

func.func @packed_matmul_c3(%x: tensor<3x4x!a8>, %sum: tensor<3x1xi32>, %p: tensor<128xi8, #packed>,
                            %out: tensor<3x8xf32>) -> tensor<3x8xf32> {
  // expected-error @below {{expects lhs scale of type 'f32', but got none}}
  %y = ptq.packed_matmul ins(%x, %p : tensor<3x4x!a8>, tensor<128xi8, #packed>) isa #ptq.isa<avx2>
         outs(%out : tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// -----

!w8 = !ptq.q<u8:f32, block = [1, 0], scale = f32, zp = 128>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
#packed = #ptq.packed<!w8, shape = [8, 4], layout = <columns = 16, depth = 2, bits = 8>>

func.func @packed_matmul_c4(%x: tensor<3x4x!a8>, %s: tensor<3x1xf32>, %p: tensor<128xi8, #packed>,
                            %out: tensor<3x8xf32>) -> tensor<3x8xf32> {
  // expected-error @below {{expects sums of type 'i32', but got none}}
  %y = ptq.packed_matmul ins(%x, %p : tensor<3x4x!a8>, tensor<128xi8, #packed>) lhs(%s : tensor<3x1xf32>)
         isa #ptq.isa<avx2> outs(%out : tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// -----

#packed = #ptq.packed<f32, shape = [8, 4], layout = <columns = 8, depth = 1, bits = 32>>

func.func @packed_matmul_c5(%x: tensor<3x4xf32>, %p: tensor<128xi8, #packed>, %out: tensor<3x8xf32>) -> tensor<3x8xf32> {
  // expected-error @below {{expects formats that #ptq.isa<sse41> takes, but activations are floats, which needs a fused multiply-add}}
  %y = ptq.packed_matmul ins(%x, %p : tensor<3x4xf32>, tensor<128xi8, #packed>) isa #ptq.isa<sse41>
         outs(%out : tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// -----

!w8 = !ptq.q<u8:f32, block = [1, 0], scale = f32, zp = 128>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
#packed = #ptq.packed<!w8, shape = [8, 4], layout = <columns = 16, depth = 4, bits = 8>>

// The layout of AVX-VNNI.
func.func @packed_matmul_c6(%x: tensor<3x4x!a8>, %s: tensor<3x1xf32>, %sum: tensor<3x1xi32>,
                            %p: tensor<128xi8, #packed>, %out: tensor<3x8xf32>) -> tensor<3x8xf32> {
  // expected-error @below {{expects the layout #ptq.layout<columns = 16, depth = 2, bits = 8> for #ptq.isa<avx2>, but got #ptq.layout<columns = 16, depth = 4, bits = 8>}}
  %y = ptq.packed_matmul ins(%x, %p : tensor<3x4x!a8>, tensor<128xi8, #packed>)
         lhs(%s, sums %sum : tensor<3x1xf32>, tensor<3x1xi32>) isa #ptq.isa<avx2>
         outs(%out : tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// -----

#packed = #ptq.packed<f32, shape = [8, 4], layout = <columns = 16, depth = 1, bits = 32>>

func.func @packed_matmul_c7_shape(%x: tensor<3x4xf32>, %p: tensor<256xi8, #packed>, %b: tensor<9xf32>,
                                  %out: tensor<3x8xf32>) -> tensor<3x8xf32> {
  // expected-error @below {{expects operand of bias of shape 8, but got 9}}
  %y = ptq.packed_matmul ins(%x, %p : tensor<3x4xf32>, tensor<256xi8, #packed>) isa #ptq.isa<avx2>
         epilogue(bias %b : tensor<9xf32>) outs(%out : tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// -----

#packed = #ptq.packed<f32, shape = [8, 4], layout = <columns = 16, depth = 1, bits = 32>>

func.func @packed_matmul_c7_none(%x: tensor<3x4xf32>, %p: tensor<256xi8, #packed>, %out: tensor<3x8xf32>) -> tensor<3x8xf32> {
  // expected-error @below {{expects an operand for add, but got none}}
  %y = ptq.packed_matmul ins(%x, %p : tensor<3x4xf32>, tensor<256xi8, #packed>) isa #ptq.isa<avx2>
         epilogue(add) outs(%out : tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// -----

#packed = #ptq.packed<f32, shape = [8, 4], layout = <columns = 16, depth = 1, bits = 32>>

func.func @packed_matmul_c7_more(%x: tensor<3x4xf32>, %p: tensor<256xi8, #packed>, %out: tensor<3x8xf32>) -> tensor<3x8xf32> {
  // expected-error @below {{expects an operand for each step of the epilogue but silu, but got 1 more}}
  %y = ptq.packed_matmul ins(%x, %p : tensor<3x4xf32>, tensor<256xi8, #packed>) isa #ptq.isa<avx2>
         epilogue(silu %out : tensor<3x8xf32>) outs(%out : tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// -----

!w8 = !ptq.q<u8:f32, block = [1, 0], scale = f32, zp = 0>
!a8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>
#packed = #ptq.packed<!w8, shape = [8, 65794], layout = <columns = 16, depth = 2, bits = 8>>

func.func @packed_matmul_c8(%x: tensor<3x65794x!a8>, %s: tensor<3x1xf32>, %sum: tensor<3x1xi32>,
                            %p: tensor<1052768xi8, #packed>, %out: tensor<3x8xf32>) -> tensor<3x8xf32> {
  // expected-error @below {{expects sums of products that fit i32, but got 65794 products of up to 32640}}
  %y = ptq.packed_matmul ins(%x, %p : tensor<3x65794x!a8>, tensor<1052768xi8, #packed>)
         lhs(%s, sums %sum : tensor<3x1xf32>, tensor<3x1xi32>) isa #ptq.isa<avx2>
         outs(%out : tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// -----

!w4 = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = s5<-15:15> per [1, 16]>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
#packed = #ptq.packed<!w4, shape = [8, 140912], layout = <columns = 16, depth = 4, bits = 4>>

func.func @packed_matmul_c8_multipliers(%x: tensor<3x140912x!a8>, %s: tensor<3x1xf32>, %sum: tensor<3x8807xi32>,
                                        %p: tensor<1268272xi8, #packed>, %out: tensor<3x8xf32>) -> tensor<3x8xf32> {
  // expected-error @below {{expects sums of products that fit i32, but got 140912 products of up to 15240}}
  %y = ptq.packed_matmul ins(%x, %p : tensor<3x140912x!a8>, tensor<1268272xi8, #packed>)
         lhs(%s, sums %sum : tensor<3x1xf32>, tensor<3x8807xi32>) isa #ptq.isa<avx2>
         outs(%out : tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// -----

!w4 = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = s5<-15:15> per [1, 16]>
#packed = #ptq.packed<!w4, shape = [8, 32], layout = <columns = 16, depth = 4, bits = 4>>

func.func @packed_matmul_c2_multipliers(%x: tensor<3x32xf32>, %p: tensor<352xi8, #packed>, %out: tensor<3x8xf32>) -> tensor<3x8xf32> {
  // expected-error @below {{expects formats that a kernel takes, but activations are floats, but weights have multipliers}}
  %y = ptq.packed_matmul ins(%x, %p : tensor<3x32xf32>, tensor<352xi8, #packed>) isa #ptq.isa<avx2>
         outs(%out : tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}
