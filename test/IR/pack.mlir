// RUN: ptq-opt %s --canonicalize --split-input-file | FileCheck %s
// RUN: ptq-opt %s --ptq-evaluate --split-input-file | FileCheck %s --check-prefix=VALUE

!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>
#packed = #ptq.packed<!w4, shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>

// CHECK-LABEL: func.func @unpack_of_pack_folds(
//  CHECK-SAME:   %[[W:[a-z0-9]+]]: tensor<37x172x!u4_g32>, %[[S:[a-z0-9]+]]: tensor<37x6xf16>
//   CHECK-NOT:   ptq.
//       CHECK:   return %[[W]], %[[S]]
func.func @unpack_of_pack_folds(%w: tensor<37x172x!w4>, %ws: tensor<37x6xf16>)
    -> (tensor<37x172x!w4>, tensor<37x6xf16>) {
  %p = ptq.pack %w, %ws : tensor<37x172x!w4>, tensor<37x6xf16> -> tensor<4800xi8, #packed>
  %v, %vs = ptq.unpack %p : tensor<4800xi8, #packed> -> tensor<37x172x!w4>, tensor<37x6xf16>
  return %v, %vs : tensor<37x172x!w4>, tensor<37x6xf16>
}

// -----

!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>
#packed = #ptq.packed<!w4, shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>

// CHECK-LABEL: func.func @pack_of_unpack_stays
//       CHECK:   ptq.unpack
//       CHECK:   ptq.pack
func.func @pack_of_unpack_stays(%p: tensor<4800xi8, #packed>) -> tensor<4800xi8, #packed> {
  %w, %ws = ptq.unpack %p : tensor<4800xi8, #packed> -> tensor<37x172x!w4>, tensor<37x6xf16>
  %q = ptq.pack %w, %ws : tensor<37x172x!w4>, tensor<37x6xf16> -> tensor<4800xi8, #packed>
  return %q : tensor<4800xi8, #packed>
}

// -----

// Four bits: the low halves of a step are its first two k, the high ones the
// next two. The last group has one k, the last column is padding.
!w4 = !ptq.q<s4:f32, block = [1, 4], scale = bf16>
#packed = #ptq.packed<!w4, shape = [3, 5], layout = <columns = 4, depth = 2, bits = 4>>

// VALUE-LABEL: func.func @bytes
//       VALUE: dense<[-128, 63, 0, 64, 64, 64, 0, 0, -73, 24, -119, -118, -128, -111, 0, 0, 0, 64, -128, 64, -96, 64, 0, 0, 12, 0, 13, 0, 14, 0, 0, 0]>
func.func @bytes() -> tensor<32xi8, #packed> {
  %codes = arith.constant dense<[[-1, 0, 3, -7, 4], [1, 2, 0, 0, 5], [-8, -7, 0, 1, 6]]> : tensor<3x5xi8>
  %w = ptq.storage_cast %codes : tensor<3x5xi8> to tensor<3x5x!w4>
  %ws = arith.constant dense<[[1.0, 2.0], [2.0, 4.0], [3.0, 5.0]]> : tensor<3x2xbf16>
  %p = ptq.pack %w, %ws : tensor<3x5x!w4>, tensor<3x2xbf16> -> tensor<32xi8, #packed>
  return %p : tensor<32xi8, #packed>
}

// -----

// Centered: stored as signed bytes, with the zero point at 0.
!w8 = !ptq.q<u8:f32, block = [1, 0], scale = f16, zp = 128>
#packed = #ptq.packed<!w8, shape = [3, 3], layout = <columns = 4, depth = 2, bits = 8, centered = true>>

// VALUE-LABEL: func.func @centered
//   VALUE-DAG: dense<[0, 60, 0, 64, 0, 66, 0, 0, -128, 127, 0, 1, 2, 3, 0, 0, -1, 0, -2, 0, -3, 0, 0, 0]> : tensor<24xi8
//   VALUE-DAG: dense<{{\[\[}}0, -1, 127], [-128, -127, 126], [-126, -125, 125]]> : tensor<3x3xi8>
func.func @centered() -> (tensor<24xi8, #packed>, tensor<3x3x!w8>, tensor<3x1xf16>) {
  %codes = arith.constant dense<[[0, 255, 127], [128, 129, 126], [130, 131, 125]]> : tensor<3x3xi8>
  %w = ptq.storage_cast %codes : tensor<3x3xi8> to tensor<3x3x!w8>
  %ws = arith.constant dense<[[1.0], [2.0], [3.0]]> : tensor<3x1xf16>
  %p = ptq.pack %w, %ws : tensor<3x3x!w8>, tensor<3x1xf16> -> tensor<24xi8, #packed>
  %v, %vs = ptq.unpack %p : tensor<24xi8, #packed> -> tensor<3x3x!w8>, tensor<3x1xf16>
  return %p, %v, %vs : tensor<24xi8, #packed>, tensor<3x3x!w8>, tensor<3x1xf16>
}

// -----

// Two levels: one scale for each column of the panel, then groups, each with its
// multipliers: 15, -15, 2, 0 (padding), 1, -1, 3, 0.
!w4 = !ptq.q<u4:f32, block = [1, 0], scale = bf16, zp = 8, multiplier = s5<-15:15> per [1, 4]>
#packed = #ptq.packed<!w4, shape = [3, 5], layout = <columns = 4, depth = 2, bits = 4>>

// VALUE-LABEL: func.func @two_levels
//       VALUE: dense<[-128, 63, 0, 64, 64, 64, 0, 0, 15, -15, 2, 0, 55, -92, -55, -54, 0, 31, 0, 0, 1, -1, 3, 0, 12, 0, 13, 0, 14, 0, 0, 0]>
func.func @two_levels() -> tensor<32xi8, #packed> {
  %codes = arith.constant dense<[[7, 4, 3, 10, 12], [9, 10, 12, 12, 13], [0, 15, 0, 1, 14]]> : tensor<3x5xi8>
  %w = ptq.storage_cast %codes : tensor<3x5xi8> to tensor<3x5x!w4>
  %ws = arith.constant dense<[[1.0], [2.0], [3.0]]> : tensor<3x1xbf16>
  %k = arith.constant dense<[[15, 1], [-15, -1], [2, 3]]> : tensor<3x2xi8>
  %p = ptq.pack %w, %ws, multiplier %k : tensor<3x5x!w4>, tensor<3x1xbf16>, tensor<3x2xi8> -> tensor<32xi8, #packed>
  return %p : tensor<32xi8, #packed>
}

// -----

!w4 = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = s5<-15:15> per [1, 4]>
#packed = #ptq.packed<!w4, shape = [2, 5], layout = <columns = 4, depth = 2, bits = 4>>

// VALUE-LABEL: func.func @round_trip_of_two_levels
//   VALUE-DAG: dense<{{\[\[}}7, 4, 3, 10, 12], [9, 10, 12, 12, 13]]> : tensor<2x5xi8>
//   VALUE-DAG: dense<{{\[\[}}1.000000e+00], [2.000000e+00]]> : tensor<2x1xf32>
//   VALUE-DAG: dense<{{\[\[}}15, 1], [-15, -1]]> : tensor<2x2xi8>
// CHECK-LABEL: func.func @round_trip_of_two_levels
//   CHECK-NOT:   ptq.pack
func.func @round_trip_of_two_levels() -> (tensor<2x5x!w4>, tensor<2x1xf32>, tensor<2x2xi8>) {
  %codes = arith.constant dense<[[7, 4, 3, 10, 12], [9, 10, 12, 12, 13]]> : tensor<2x5xi8>
  %w = ptq.storage_cast %codes : tensor<2x5xi8> to tensor<2x5x!w4>
  %ws = arith.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %k = arith.constant dense<[[15, 1], [-15, -1]]> : tensor<2x2xi8>
  %p = ptq.pack %w, %ws, multiplier %k : tensor<2x5x!w4>, tensor<2x1xf32>, tensor<2x2xi8> -> tensor<40xi8, #packed>
  %v, %vs, %vk = ptq.unpack %p : tensor<40xi8, #packed> -> tensor<2x5x!w4>, tensor<2x1xf32>, tensor<2x2xi8>
  return %v, %vs, %vk : tensor<2x5x!w4>, tensor<2x1xf32>, tensor<2x2xi8>
}

// -----

!w8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>
#packed = #ptq.packed<!w8, shape = [5, 3], layout = <columns = 4, depth = 2, bits = 8>>

// VALUE-LABEL: func.func @round_trip
//   VALUE-DAG: dense<{{\[\[}}-128, 127, 0], [1, 2, 3], [4, 5, 6], [7, 8, 9], [-1, -2, -3]]> : tensor<5x3xi8>
//   VALUE-DAG: dense<{{\[\[}}1.000000e+00], [2.000000e+00], [3.000000e+00], [4.000000e+00], [5.000000e+00]]> : tensor<5x1xf32>
func.func @round_trip() -> (tensor<5x3x!w8>, tensor<5x1xf32>) {
  %codes = arith.constant dense<[[-128, 127, 0], [1, 2, 3], [4, 5, 6], [7, 8, 9], [-1, -2, -3]]> : tensor<5x3xi8>
  %w = ptq.storage_cast %codes : tensor<5x3xi8> to tensor<5x3x!w8>
  %ws = arith.constant dense<[[1.0], [2.0], [3.0], [4.0], [5.0]]> : tensor<5x1xf32>
  %p = ptq.pack %w, %ws : tensor<5x3x!w8>, tensor<5x1xf32> -> tensor<64xi8, #packed>
  %v, %vs = ptq.unpack %p : tensor<64xi8, #packed> -> tensor<5x3x!w8>, tensor<5x1xf32>
  return %v, %vs : tensor<5x3x!w8>, tensor<5x1xf32>
}
