// RUN: ptq-opt %s --split-input-file --verify-diagnostics

!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>
#packed = #ptq.packed<!w4, shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>

func.func @pack_c1(%w: tensor<37x171x!w4>, %ws: tensor<37x6xf16>) -> tensor<4800xi8, #packed> {
  // expected-error @below {{expects weights of type 'tensor<37x172x!ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>>', but got 'tensor<37x171x!ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>>'}}
  %p = ptq.pack %w, %ws : tensor<37x171x!w4>, tensor<37x6xf16> -> tensor<4800xi8, #packed>
  return %p : tensor<4800xi8, #packed>
}

// -----

!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>
#packed = #ptq.packed<!w4, shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>

func.func @pack_c2(%w: tensor<37x172x!w4>, %ws: tensor<37x6xf32>) -> tensor<4800xi8, #packed> {
  // expected-error @below {{expects scale of type 'tensor<37x6xf16>', but got 'tensor<37x6xf32>'}}
  %p = ptq.pack %w, %ws : tensor<37x172x!w4>, tensor<37x6xf32> -> tensor<4800xi8, #packed>
  return %p : tensor<4800xi8, #packed>
}

// -----

!w4 = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = s5<-15:15> per [1, 16]>
#packed = #ptq.packed<!w4, shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>

func.func @pack_c2_multipliers(%w: tensor<37x172x!w4>, %ws: tensor<37x1xf32>) -> tensor<4944xi8, #packed> {
  // expected-error @below {{expects multiplier of type 'tensor<37x11xi8>', but got none}}
  %p = ptq.pack %w, %ws : tensor<37x172x!w4>, tensor<37x1xf32> -> tensor<4944xi8, #packed>
  return %p : tensor<4944xi8, #packed>
}

// -----

#packed = #ptq.packed<f32, shape = [4, 4], layout = <columns = 4, depth = 1, bits = 32>>

func.func @pack_c2_floats(%w: tensor<4x4xf32>, %ws: tensor<4x1xf32>) -> tensor<64xi8, #packed> {
  // expected-error @below {{expects no scale, but got 'tensor<4x1xf32>'}}
  %p = ptq.pack %w, %ws : tensor<4x4xf32>, tensor<4x1xf32> -> tensor<64xi8, #packed>
  return %p : tensor<64xi8, #packed>
}

// -----

func.func @pack_result(%w: tensor<4x4xf32>) -> tensor<64xi8> {
  // expected-error @below {{result #0 must be tensor of packed weights, but got 'tensor<64xi8>'}}
  %p = ptq.pack %w : tensor<4x4xf32> -> tensor<64xi8>
  return %p : tensor<64xi8>
}

// -----

#packed = #ptq.packed<f32, shape = [4, 4], layout = <columns = 4, depth = 1, bits = 32>>

func.func @unpack_c1(%p: tensor<64xi8, #packed>) -> tensor<4x4xf16> {
  // expected-error @below {{expects weights of type 'tensor<4x4xf32>', but got 'tensor<4x4xf16>'}}
  %w = ptq.unpack %p : tensor<64xi8, #packed> -> tensor<4x4xf16>
  return %w : tensor<4x4xf16>
}

// -----

!w8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>
#packed = #ptq.packed<!w8, shape = [5, 3], layout = <columns = 4, depth = 2, bits = 8>>

func.func @unpack_c2(%p: tensor<64xi8, #packed>) -> tensor<5x3x!w8> {
  // expected-error @below {{expects scale of type 'tensor<5x1xf32>', but got none}}
  %w = ptq.unpack %p : tensor<64xi8, #packed> -> tensor<5x3x!w8>
  return %w : tensor<5x3x!w8>
}
