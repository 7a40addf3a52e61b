// RUN: ptq-opt %s --split-input-file --verify-diagnostics

func.func @batch_matmul_c1(%x: tensor<4x2x64xf32>, %w: tensor<3x32x64xf32>, %out: tensor<4x2x32xf32>) {
  // expected-error @below {{expects lhs of shape [B, M, K] and rhs of [B, N, K], but got 4x2x64 and 3x32x64}}
  %y = ptq.batch_matmul ins(%x, %w : tensor<4x2x64xf32>, tensor<3x32x64xf32>) outs(%out : tensor<4x2x32xf32>) -> tensor<4x2x32xf32>
  return
}

// -----

func.func @batch_matmul_c2(%x: tensor<4x2x64xf32>, %w: tensor<4x32x64xf32>, %out: tensor<4x2x31xf32>) {
  // expected-error @below {{expects outs of shape 4x2x32, but got 4x2x31}}
  %y = ptq.batch_matmul ins(%x, %w : tensor<4x2x64xf32>, tensor<4x32x64xf32>) outs(%out : tensor<4x2x31xf32>) -> tensor<4x2x31xf32>
  return
}

// -----

!w8 = !ptq.q<s8:f32, block = [1, 1, 0], scale = f32>

func.func @batch_matmul_c3(%x: tensor<4x2x64xf32>, %w: tensor<4x32x64x!w8>, %ws: tensor<1x32x1xf32>, %out: tensor<4x2x32xf32>) {
  // expected-error @below {{expects rhs scale of shape 4x32x1 for block [1, 1, 0], but got 1x32x1}}
  %y = ptq.batch_matmul ins(%x, %w : tensor<4x2x64xf32>, tensor<4x32x64x!w8>) rhs(%ws : tensor<1x32x1xf32>)
         outs(%out : tensor<4x2x32xf32>) -> tensor<4x2x32xf32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 1, 0], scale = f32>
!w8 = !ptq.q<u8:f32, block = [1, 1, 0], scale = f32, zp = 128>

func.func @batch_matmul_c4(%q: tensor<4x2x64x!a8>, %s: tensor<4x2x1xf32>, %w: tensor<4x32x64x!w8>, %ws: tensor<4x32x1xf32>, %out: tensor<4x2x32xf32>) {
  // expected-error @below {{expects sums of type 'i32', but got none}}
  %y = ptq.batch_matmul ins(%q, %w : tensor<4x2x64x!a8>, tensor<4x32x64x!w8>) lhs(%s : tensor<4x2x1xf32>) rhs(%ws : tensor<4x32x1xf32>)
         outs(%out : tensor<4x2x32xf32>) -> tensor<4x2x32xf32>
  return
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 1, 16], scale = f32>
!w8 = !ptq.q<s8:f32, block = [1, 1, 32], scale = f32>

func.func @batch_matmul_c5(%q: tensor<4x2x64x!a8>, %s: tensor<4x2x4xf32>, %w: tensor<4x32x64x!w8>, %ws: tensor<4x32x2xf32>, %out: tensor<4x2x32xf32>) {
  // expected-error @below {{expects groups of one length along K, but got 16 for lhs and 32 for rhs}}
  %y = ptq.batch_matmul ins(%q, %w : tensor<4x2x64x!a8>, tensor<4x32x64x!w8>) lhs(%s : tensor<4x2x4xf32>) rhs(%ws : tensor<4x32x2xf32>)
         outs(%out : tensor<4x2x32xf32>) -> tensor<4x2x32xf32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [1, 0, 0], scale = f32>

func.func @batch_matmul_c6(%q: tensor<4x2x64x!a8>, %s: tensor<4x1x1xf32>, %w: tensor<4x32x64xf32>, %out: tensor<4x2x32xf32>) {
  // expected-error @below {{expects block of lhs with 1 in each dimension but K, or 0 in all, but got [1, 0, 0]}}
  %y = ptq.batch_matmul ins(%q, %w : tensor<4x2x64x!a8>, tensor<4x32x64xf32>) lhs(%s : tensor<4x1x1xf32>)
         outs(%out : tensor<4x2x32xf32>) -> tensor<4x2x32xf32>
  return
}

// -----

!a16 = !ptq.q<s16:f32, block = [1, 1, 0], scale = f32>
!w16 = !ptq.q<s16<-32767:32767>:f32, block = [1, 1, 0], scale = f32>

func.func @batch_matmul_c7(%q: tensor<4x2x3x!a16>, %s: tensor<4x2x1xf32>, %w: tensor<4x32x3x!w16>, %ws: tensor<4x32x1xf32>, %out: tensor<4x2x32xf32>) {
  // expected-error @below {{expects accumulators below 2^31, but got 3 products of 32768 * 32767}}
  %y = ptq.batch_matmul ins(%q, %w : tensor<4x2x3x!a16>, tensor<4x32x3x!w16>) lhs(%s : tensor<4x2x1xf32>) rhs(%ws : tensor<4x32x1xf32>)
         outs(%out : tensor<4x2x32xf32>) -> tensor<4x2x32xf32>
  return
}

// -----

!w4 = !ptq.q<u4:f32, block = [1, 1, 0], scale = f32, zp = 8, multiplier = u4 per [1, 1, 16]>

func.func @batch_matmul_c8(%x: tensor<4x2x64xf32>, %w: tensor<4x32x64x!w4>, %ws: tensor<4x32x1xf32>, %k: tensor<4x32x4xi8>, %out: tensor<4x2x32xf32>) {
  // expected-error @below {{expects quantized lhs beside multipliers of rhs, but got 'f32'}}
  %y = ptq.batch_matmul ins(%x, %w : tensor<4x2x64xf32>, tensor<4x32x64x!w4>) rhs(%ws, multiplier %k : tensor<4x32x1xf32>, tensor<4x32x4xi8>)
         outs(%out : tensor<4x2x32xf32>) -> tensor<4x2x32xf32>
  return
}
