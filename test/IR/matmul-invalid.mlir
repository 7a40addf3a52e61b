// RUN: ptq-opt %s --split-input-file --verify-diagnostics

func.func @matmul_c1(%x: tensor<2x64xf32>, %w: tensor<32x65xf32>, %out: tensor<2x32xf32>) {
  // expected-error @below {{expects lhs of shape [.., K] and rhs of [N, K], but got 2x64 and 32x65}}
  %y = ptq.matmul ins(%x, %w : tensor<2x64xf32>, tensor<32x65xf32>) outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// -----

func.func @matmul_c1_rank(%x: tensor<64xf32>, %w: tensor<32x64xf32>, %out: tensor<32xf32>) {
  // expected-error @below {{expects lhs of shape [.., K] and rhs of [N, K], but got 64 and 32x64}}
  %y = ptq.matmul ins(%x, %w : tensor<64xf32>, tensor<32x64xf32>) outs(%out : tensor<32xf32>) -> tensor<32xf32>
  return
}

// -----

func.func @matmul_c2(%x: tensor<2x3x64xf32>, %w: tensor<32x64xf32>, %out: tensor<6x32xf32>) {
  // expected-error @below {{expects outs of shape 2x3x32, but got 6x32}}
  %y = ptq.matmul ins(%x, %w : tensor<2x3x64xf32>, tensor<32x64xf32>) outs(%out : tensor<6x32xf32>) -> tensor<6x32xf32>
  return
}

// -----

!w8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func @matmul_c3(%x: tensor<2x64xf32>, %w: tensor<32x64x!w8>, %ws: tensor<32x2xf32>, %out: tensor<2x32xf32>) {
  // expected-error @below {{expects rhs scale of shape 32x1 for block [1, 0], but got 32x2}}
  %y = ptq.matmul ins(%x, %w : tensor<2x64xf32>, tensor<32x64x!w8>) rhs(%ws : tensor<32x2xf32>)
         outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// -----

!w8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func @matmul_c3_missing(%x: tensor<2x64xf32>, %w: tensor<32x64x!w8>, %out: tensor<2x32xf32>) {
  // expected-error @below {{expects rhs scale of type 'f32', but got none}}
  %y = ptq.matmul ins(%x, %w : tensor<2x64xf32>, tensor<32x64x!w8>) outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// -----

func.func @matmul_c3_float_side(%x: tensor<2x64xf32>, %w: tensor<32x64xf32>, %s: tensor<2x1xf32>, %out: tensor<2x32xf32>) {
  // expected-error @below {{expects no lhs scale, but got one}}
  %y = ptq.matmul ins(%x, %w : tensor<2x64xf32>, tensor<32x64xf32>) lhs(%s : tensor<2x1xf32>)
         outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>

func.func @matmul_c4(%q: tensor<2x64x!a8>, %s: tensor<2x1xf32>, %w: tensor<32x64x!w8>, %ws: tensor<32x1xf32>, %out: tensor<2x32xf32>) {
  // expected-error @below {{expects sums of type 'i32', but got none}}
  %y = ptq.matmul ins(%q, %w : tensor<2x64x!a8>, tensor<32x64x!w8>) lhs(%s : tensor<2x1xf32>) rhs(%ws : tensor<32x1xf32>)
         outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!w8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func @matmul_c4_surplus(%q: tensor<2x64x!a8>, %s: tensor<2x1xf32>, %sum: tensor<2x1xi32>, %w: tensor<32x64x!w8>, %ws: tensor<32x1xf32>, %out: tensor<2x32xf32>) {
  // expected-error @below {{expects no sums, but got one}}
  %y = ptq.matmul ins(%q, %w : tensor<2x64x!a8>, tensor<32x64x!w8>) lhs(%s, sums %sum : tensor<2x1xf32>, tensor<2x1xi32>)
         rhs(%ws : tensor<32x1xf32>) outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>

func.func @matmul_c4_groups(%q: tensor<2x172x!a8>, %s: tensor<2x1xf32>, %sum: tensor<2x1xi32>, %w: tensor<32x172x!w4>, %ws: tensor<32x6xf16>, %out: tensor<2x32xf32>) {
  // expected-error @below {{expects sums of shape 2x6 for block [1, 32], but got 2x1}}
  %y = ptq.matmul ins(%q, %w : tensor<2x172x!a8>, tensor<32x172x!w4>) lhs(%s, sums %sum : tensor<2x1xf32>, tensor<2x1xi32>)
         rhs(%ws : tensor<32x6xf16>) outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!w4 = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = u4 per [1, 16]>

func.func @matmul_c4_multiplier(%q: tensor<2x64x!a8>, %s: tensor<2x1xf32>, %sum: tensor<2x1xi32>, %w: tensor<32x64x!w4>, %ws: tensor<32x1xf32>, %k: tensor<32x4xi8>, %out: tensor<2x32xf32>) {
  // expected-error @below {{expects sums of shape 2x4 for block [1, 16], but got 2x1}}
  %y = ptq.matmul ins(%q, %w : tensor<2x64x!a8>, tensor<32x64x!w4>) lhs(%s, sums %sum : tensor<2x1xf32>, tensor<2x1xi32>)
         rhs(%ws, multiplier %k : tensor<32x1xf32>, tensor<32x4xi8>) outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 64], scale = f32>
!w8 = !ptq.q<s8:f32, block = [1, 32], scale = f32>

func.func @matmul_c5(%q: tensor<2x64x!a8>, %s: tensor<2x1xf32>, %w: tensor<32x64x!w8>, %ws: tensor<32x2xf32>, %out: tensor<2x32xf32>) {
  // expected-error @below {{expects groups of one length along K, but got 64 for lhs and 32 for rhs}}
  %y = ptq.matmul ins(%q, %w : tensor<2x64x!a8>, tensor<32x64x!w8>) lhs(%s : tensor<2x1xf32>) rhs(%ws : tensor<32x2xf32>)
         outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [2, 0], scale = f32>

func.func @matmul_c6(%q: tensor<2x64x!a8>, %s: tensor<1x1xf32>, %w: tensor<32x64xf32>, %out: tensor<2x32xf32>) {
  // expected-error @below {{expects block of lhs with 1 in each dimension but K, or 0 in all, but got [2, 0]}}
  %y = ptq.matmul ins(%q, %w : tensor<2x64x!a8>, tensor<32x64xf32>) lhs(%s : tensor<1x1xf32>)
         outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// -----

!w8 = !ptq.q<s8:f32, block = [16, 16], scale = f32>

func.func @matmul_c6_rhs(%x: tensor<2x64xf32>, %w: tensor<32x64x!w8>, %ws: tensor<2x4xf32>, %out: tensor<2x32xf32>) {
  // expected-error @below {{expects block of rhs with 0 or 1 in each dimension but K, but got [16, 16]}}
  %y = ptq.matmul ins(%x, %w : tensor<2x64xf32>, tensor<32x64x!w8>) rhs(%ws : tensor<2x4xf32>)
         outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!w8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

// 132104 * 127 * 128 = 2 147 482 624 < 2^31
func.func @matmul_c7_limit(%q: tensor<2x132104x!a8>, %s: tensor<2x1xf32>, %w: tensor<1x132104x!w8>, %ws: tensor<1x1xf32>, %out: tensor<2x1xf32>) {
  %y = ptq.matmul ins(%q, %w : tensor<2x132104x!a8>, tensor<1x132104x!w8>) lhs(%s : tensor<2x1xf32>) rhs(%ws : tensor<1x1xf32>)
         outs(%out : tensor<2x1xf32>) -> tensor<2x1xf32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!w8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func @matmul_c7(%q: tensor<2x132105x!a8>, %s: tensor<2x1xf32>, %w: tensor<1x132105x!w8>, %ws: tensor<1x1xf32>, %out: tensor<2x1xf32>) {
  // expected-error @below {{expects accumulators below 2^31, but got 132105 products of 127 * 128}}
  %y = ptq.matmul ins(%q, %w : tensor<2x132105x!a8>, tensor<1x132105x!w8>) lhs(%s : tensor<2x1xf32>) rhs(%ws : tensor<1x1xf32>)
         outs(%out : tensor<2x1xf32>) -> tensor<2x1xf32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!w8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func @matmul_c7_dynamic(%q: tensor<2x?x!a8>, %s: tensor<2x1xf32>, %w: tensor<1x?x!w8>, %ws: tensor<1x1xf32>, %out: tensor<2x1xf32>) {
  // expected-error @below {{expects static K or groups along K to bound the i32 accumulators, but got dynamic K in one group}}
  %y = ptq.matmul ins(%q, %w : tensor<2x?x!a8>, tensor<1x?x!w8>) lhs(%s : tensor<2x1xf32>) rhs(%ws : tensor<1x1xf32>)
         outs(%out : tensor<2x1xf32>) -> tensor<2x1xf32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 64], scale = f32>
!w8 = !ptq.q<s8:f32, block = [1, 64], scale = f32>

func.func @matmul_c7_groups_bound_dynamic_k(%q: tensor<2x?x!a8>, %s: tensor<2x?xf32>, %w: tensor<1x?x!w8>, %ws: tensor<1x?xf32>, %out: tensor<2x1xf32>) {
  %y = ptq.matmul ins(%q, %w : tensor<2x?x!a8>, tensor<1x?x!w8>) lhs(%s : tensor<2x?xf32>) rhs(%ws : tensor<1x?xf32>)
         outs(%out : tensor<2x1xf32>) -> tensor<2x1xf32>
  return
}

// -----

!a4 = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = u4 per [1, 16]>

func.func @matmul_c8(%q: tensor<2x64x!a4>, %s: tensor<2x1xf32>, %w: tensor<32x64xf32>, %out: tensor<2x32xf32>) {
  // expected-error @below {{expects lhs without multiplier, but got '!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = u4 per [1, 16]>'}}
  %y = ptq.matmul ins(%q, %w : tensor<2x64x!a4>, tensor<32x64xf32>) lhs(%s : tensor<2x1xf32>)
         outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// -----

!w4 = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = u4 per [1, 16]>

func.func @matmul_c8_float_lhs(%x: tensor<2x64xf32>, %w: tensor<32x64x!w4>, %ws: tensor<32x1xf32>, %k: tensor<32x4xi8>, %out: tensor<2x32xf32>) {
  // expected-error @below {{expects quantized lhs beside multipliers of rhs, but got 'f32'}}
  %y = ptq.matmul ins(%x, %w : tensor<2x64xf32>, tensor<32x64x!w4>) rhs(%ws, multiplier %k : tensor<32x1xf32>, tensor<32x4xi8>)
         outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f32, zp = 8, multiplier = u4 per [1, 16]>

func.func @matmul_c8_groups(%q: tensor<2x64x!a8>, %s: tensor<2x1xf32>, %sum: tensor<2x4xi32>, %w: tensor<32x64x!w4>, %ws: tensor<32x2xf32>, %k: tensor<32x4xi8>, %out: tensor<2x32xf32>) {
  // expected-error @below {{expects one scale along K beside multipliers of rhs, but got groups of 32}}
  %y = ptq.matmul ins(%q, %w : tensor<2x64x!a8>, tensor<32x64x!w4>) lhs(%s, sums %sum : tensor<2x1xf32>, tensor<2x4xi32>)
         rhs(%ws, multiplier %k : tensor<32x2xf32>, tensor<32x4xi8>) outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// -----

func.func @parameters_are_said_once(%x: tensor<2x64xf32>, %w: tensor<32x64xf32>, %s: tensor<2x1xf32>, %out: tensor<2x32xf32>) {
  // expected-error @below {{expects each operand of lhs once}}
  %y = ptq.matmul ins(%x, %w : tensor<2x64xf32>, tensor<32x64xf32>) lhs(%s, %s : tensor<2x1xf32>, tensor<2x1xf32>)
         outs(%out : tensor<2x32xf32>) -> tensor<2x32xf32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = -3>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @matmul_c9(%x: tensor<2x4xf32>, %w: tensor<3x4x!w8>, %out: tensor<2x3xi32>) {
  // expected-error @below {{expects quantized sides for a result of i32, but got a float one}}
  %y = ptq.matmul ins(%x, %w : tensor<2x4xf32>, tensor<3x4x!w8>) outs(%out : tensor<2x3xi32>) -> tensor<2x3xi32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = -3>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 2], scale = f32>

func.func @matmul_c9_groups(%q: tensor<2x4x!a8>, %w: tensor<3x4x!w8>, %out: tensor<2x3xi32>) {
  // expected-error @below {{expects one group along K for a result of i32, but got groups of 2}}
  %y = ptq.matmul ins(%q, %w : tensor<2x4x!a8>, tensor<3x4x!w8>) outs(%out : tensor<2x3xi32>) -> tensor<2x3xi32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = -3>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @matmul_c9_scales(%q: tensor<2x4x!a8>, %w: tensor<3x4x!w8>, %s: tensor<1x1xf32>, %out: tensor<2x3xi32>) {
  // expected-error @below {{expects no scales for a result of i32, but got some}}
  %y = ptq.matmul ins(%q, %w : tensor<2x4x!a8>, tensor<3x4x!w8>) lhs(%s : tensor<1x1xf32>) outs(%out : tensor<2x3xi32>) -> tensor<2x3xi32>
  return
}
