// Every kind of contraction keeps its meaning: each row of these weights has a
// 127, so that 8 bits hold them exactly, and the results are exact too.
// RUN: ptq-opt %s --ptq-quantize=recipe=w8a16 \
// RUN:   --ptq-evaluate --linalg-generalize-named-ops --linalg-fuse-elementwise-ops --canonicalize \
// RUN:   --ptq-evaluate --linalg-fuse-elementwise-ops --canonicalize | FileCheck %s

// The weight is [K, N], as linalg.matmul has it.
// CHECK-LABEL: func.func @matmul_k_n
// CHECK{LITERAL}: arith.constant dense<[[6.450000e+02, -6.350000e+02], [-3.820000e+02, 3.890000e+02], [5.040000e+02, -5.100000e+02]]> : tensor<3x2xf32>
//   CHECK-NOT: ptq.
func.func @matmul_k_n() -> tensor<3x2xf32> {
  %bytes = arith.constant dense<[[3, -5, -4, -3], [-4, 3, 4, 1], [-5, -4, -2, -1]]> : tensor<3x4xi8>
  %codes = ptq.storage_cast %bytes : tensor<3x4xi8> to tensor<3x4x!ptq.q<s8:f32, block = [0, 0], scale = f32>>
  %one = arith.constant dense<1.0> : tensor<1x1xf32>
  %x = ptq.dequantize %codes, %one : tensor<3x4x!ptq.q<s8:f32, block = [0, 0], scale = f32>>, tensor<1x1xf32> -> tensor<3x4xf32>
  %w = arith.constant dense<[[1.0, 0.0], [-127.0, 127.0], [2.0, 3.0], [-5.0, -4.0]]> : tensor<4x2xf32>
  %init = arith.constant dense<0.0> : tensor<3x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// The weight is [N, K], as it is stored.
// CHECK-LABEL: func.func @matmul_n_k
// CHECK{LITERAL}: arith.constant dense<[[-5.120000e+02, -1.160000e+02], [-2.540000e+02, 3.670000e+02], [-3.690000e+02, -2.370000e+02]]> : tensor<3x2xf32>
//   CHECK-NOT: ptq.
func.func @matmul_n_k() -> tensor<3x2xf32> {
  %bytes = arith.constant dense<[[4, 0, -1, -1], [2, 1, -4, 3], [3, 5, 3, -2]]> : tensor<3x4xi8>
  %codes = ptq.storage_cast %bytes : tensor<3x4xi8> to tensor<3x4x!ptq.q<s8:f32, block = [0, 0], scale = f32>>
  %one = arith.constant dense<1.0> : tensor<1x1xf32>
  %x = ptq.dequantize %codes, %one : tensor<3x4x!ptq.q<s8:f32, block = [0, 0], scale = f32>>, tensor<1x1xf32> -> tensor<3x4xf32>
  %w = arith.constant dense<[[-127.0, 2.0, 2.0, 2.0], [4.0, -2.0, 5.0, 127.0]]> : tensor<2x4xf32>
  %init = arith.constant dense<0.0> : tensor<3x2xf32>
  %y = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>] ins(%x, %w : tensor<3x4xf32>, tensor<2x4xf32>) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// The weight is on the left.
// CHECK-LABEL: func.func @weight_is_lhs
// CHECK{LITERAL}: arith.constant dense<[[-2.440000e+02, -1.080000e+02, 3.670000e+02], [2.560000e+02, 1.470000e+02, -4.000000e+02]]> : tensor<2x3xf32>
//   CHECK-NOT: ptq.
func.func @weight_is_lhs() -> tensor<2x3xf32> {
  %bytes = arith.constant dense<[[5, -2, -4], [-2, -5, 4], [2, 1, -3], [0, -3, 3]]> : tensor<4x3xi8>
  %codes = ptq.storage_cast %bytes : tensor<4x3xi8> to tensor<4x3x!ptq.q<s8:f32, block = [0, 0], scale = f32>>
  %one = arith.constant dense<1.0> : tensor<1x1xf32>
  %x = ptq.dequantize %codes, %one : tensor<4x3x!ptq.q<s8:f32, block = [0, 0], scale = f32>>, tensor<1x1xf32> -> tensor<4x3xf32>
  %w = arith.constant dense<[[0.0, -5.0, -127.0, 2.0], [0.0, -1.0, 127.0, -5.0]]> : tensor<2x4xf32>
  %init = arith.constant dense<0.0> : tensor<2x3xf32>
  %y = linalg.matmul ins(%w, %x : tensor<2x4xf32>, tensor<4x3xf32>) outs(%init : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// One weight for all batches.
// CHECK-LABEL: func.func @batch_broadcast
// CHECK{LITERAL}: arith.constant dense<[[[-6.480000e+02, 6.030000e+02], [3.820000e+02, 1.340000e+02], [2.500000e+02, 3.970000e+02]], [[1.470000e+02, -3.550000e+02], [6.530000e+02, 2.940000e+02], [-6.590000e+02, 4.750000e+02]]]> : tensor<2x3x2xf32>
//   CHECK-NOT: ptq.
func.func @batch_broadcast() -> tensor<2x3x2xf32> {
  %bytes = arith.constant dense<[[[0, 5, 5, -3], [1, 1, -3, -2], [0, 3, -2, 2]], [[2, -3, -1, 4], [4, 2, -5, 2], [-3, 4, 5, -1]]]> : tensor<2x3x4xi8>
  %codes = ptq.storage_cast %bytes : tensor<2x3x4xi8> to tensor<2x3x4x!ptq.q<s8:f32, block = [0, 0, 0], scale = f32>>
  %one = arith.constant dense<1.0> : tensor<1x1x1xf32>
  %x = ptq.dequantize %codes, %one : tensor<2x3x4x!ptq.q<s8:f32, block = [0, 0, 0], scale = f32>>, tensor<1x1x1xf32> -> tensor<2x3x4xf32>
  %w = arith.constant dense<[[5.0, 3.0], [-2.0, 127.0], [-127.0, -4.0], [1.0, 4.0]]> : tensor<4x2xf32>
  %init = arith.constant dense<0.0> : tensor<2x3x2xf32>
  %y = linalg.batch_matmul indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (k, n)>, affine_map<(b, m, n, k) -> (b, m, n)>] ins(%x, %w : tensor<2x3x4xf32>, tensor<4x2xf32>) outs(%init : tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  return %y : tensor<2x3x2xf32>
}

// A weight for each batch.
// CHECK-LABEL: func.func @batch_matmul
// CHECK{LITERAL}: arith.constant dense<[[[4.870000e+02, -1.030000e+02], [2.770000e+02, 3.800000e+02], [2.220000e+02, -4.950000e+02]], [[1.230000e+02, -1.360000e+02], [-6.370000e+02, -3.760000e+02], [6.370000e+02, 3.840000e+02]]]> : tensor<2x3x2xf32>
//   CHECK-NOT: ptq.
func.func @batch_matmul() -> tensor<2x3x2xf32> {
  %bytes = arith.constant dense<[[[4, 0, -1, -4], [-3, 2, 3, -2], [1, 4, -4, -2]], [[0, 1, -1, -1], [-4, 1, 5, -3], [3, -4, -5, 3]]]> : tensor<2x3x4xi8>
  %codes = ptq.storage_cast %bytes : tensor<2x3x4xi8> to tensor<2x3x4x!ptq.q<s8:f32, block = [0, 0, 0], scale = f32>>
  %one = arith.constant dense<1.0> : tensor<1x1x1xf32>
  %x = ptq.dequantize %codes, %one : tensor<2x3x4x!ptq.q<s8:f32, block = [0, 0, 0], scale = f32>>, tensor<1x1x1xf32> -> tensor<2x3x4xf32>
  %w = arith.constant dense<[[[-4.0, 3.0], [-2.0, 1.0], [5.0, 127.0], [-127.0, -3.0]], [[-3.0, 4.0], [1.0, -4.0], [-127.0, 5.0], [5.0, 127.0]]]> : tensor<2x4x2xf32>
  %init = arith.constant dense<0.0> : tensor<2x3x2xf32>
  %y = linalg.batch_matmul ins(%x, %w : tensor<2x3x4xf32>, tensor<2x4x2xf32>) outs(%init : tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  return %y : tensor<2x3x2xf32>
}

// A vector by a matrix.
// CHECK-LABEL: func.func @matvec
// CHECK{LITERAL}: arith.constant dense<[2.410000e+02, 1.090000e+02]> : tensor<2xf32>
//   CHECK-NOT: ptq.
func.func @matvec() -> tensor<2xf32> {
  %bytes = arith.constant dense<[1, 3, -2, 3]> : tensor<4xi8>
  %codes = ptq.storage_cast %bytes : tensor<4xi8> to tensor<4x!ptq.q<s8:f32, block = [0], scale = f32>>
  %one = arith.constant dense<1.0> : tensor<1xf32>
  %x = ptq.dequantize %codes, %one : tensor<4x!ptq.q<s8:f32, block = [0], scale = f32>>, tensor<1xf32> -> tensor<4xf32>
  %w = arith.constant dense<[[5.0, -5.0, -127.0, -1.0], [127.0, -5.0, -3.0, -3.0]]> : tensor<2x4xf32>
  %init = arith.constant dense<0.0> : tensor<2xf32>
  %y = linalg.matvec ins(%w, %x : tensor<2x4xf32>, tensor<4xf32>) outs(%init : tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// The weight is one row.
// CHECK-LABEL: func.func @matvec_weight_vector
// CHECK{LITERAL}: arith.constant dense<[2.500000e+01, 9.800000e+01, -1.440000e+02]> : tensor<3xf32>
//   CHECK-NOT: ptq.
func.func @matvec_weight_vector() -> tensor<3xf32> {
  %bytes = arith.constant dense<[[1, 4, 0, -4], [-5, -2, -1, 0], [-2, 4, 1, 5]]> : tensor<3x4xi8>
  %codes = ptq.storage_cast %bytes : tensor<3x4xi8> to tensor<3x4x!ptq.q<s8:f32, block = [0, 0], scale = f32>>
  %one = arith.constant dense<1.0> : tensor<1x1xf32>
  %x = ptq.dequantize %codes, %one : tensor<3x4x!ptq.q<s8:f32, block = [0, 0], scale = f32>>, tensor<1x1xf32> -> tensor<3x4xf32>
  %w = arith.constant dense<[5.0, 2.0, -127.0, -3.0]> : tensor<4xf32>
  %init = arith.constant dense<0.0> : tensor<3xf32>
  %y = linalg.matvec ins(%x, %w : tensor<3x4xf32>, tensor<4xf32>) outs(%init : tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// A row by a matrix.
// CHECK-LABEL: func.func @vecmat
// CHECK{LITERAL}: arith.constant dense<[-2.400000e+02, 5.050000e+02]> : tensor<2xf32>
//   CHECK-NOT: ptq.
func.func @vecmat() -> tensor<2xf32> {
  %bytes = arith.constant dense<[0, 5, 2, 4]> : tensor<4xi8>
  %codes = ptq.storage_cast %bytes : tensor<4xi8> to tensor<4x!ptq.q<s8:f32, block = [0], scale = f32>>
  %one = arith.constant dense<1.0> : tensor<1xf32>
  %x = ptq.dequantize %codes, %one : tensor<4x!ptq.q<s8:f32, block = [0], scale = f32>>, tensor<1xf32> -> tensor<4xf32>
  %w = arith.constant dense<[[-5.0, -2.0], [2.0, 1.0], [-127.0, -4.0], [1.0, 127.0]]> : tensor<4x2xf32>
  %init = arith.constant dense<0.0> : tensor<2xf32>
  %y = linalg.vecmat ins(%x, %w : tensor<4xf32>, tensor<4x2xf32>) outs(%init : tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// Vectors by matrices.
// CHECK-LABEL: func.func @batch_matvec
// CHECK{LITERAL}: arith.constant dense<[[2.490000e+02, 2.230000e+02, 6.370000e+02], [1.490000e+02, -2.760000e+02, -3.620000e+02]]> : tensor<2x3xf32>
//   CHECK-NOT: ptq.
func.func @batch_matvec() -> tensor<2x3xf32> {
  %bytes = arith.constant dense<[[2, -5, 0, -2], [1, 2, -3, -5]]> : tensor<2x4xi8>
  %codes = ptq.storage_cast %bytes : tensor<2x4xi8> to tensor<2x4x!ptq.q<s8:f32, block = [0, 0], scale = f32>>
  %one = arith.constant dense<1.0> : tensor<1x1xf32>
  %x = ptq.dequantize %codes, %one : tensor<2x4x!ptq.q<s8:f32, block = [0, 0], scale = f32>>, tensor<1x1xf32> -> tensor<2x4xf32>
  %w = arith.constant dense<[[[0.0, 1.0, -4.0, -127.0], [127.0, 5.0, 0.0, 3.0], [3.0, -127.0, -1.0, 2.0]], [[127.0, 1.0, 0.0, -4.0], [-3.0, -127.0, 3.0, 2.0], [-1.0, 5.0, 127.0, -2.0]]]> : tensor<2x3x4xf32>
  %init = arith.constant dense<0.0> : tensor<2x3xf32>
  %y = linalg.batch_matvec ins(%w, %x : tensor<2x3x4xf32>, tensor<2x4xf32>) outs(%init : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// One row by one row.
// CHECK-LABEL: func.func @dot
// CHECK{LITERAL}: arith.constant dense<6.430000e+02> : tensor<f32>
//   CHECK-NOT: ptq.
func.func @dot() -> tensor<f32> {
  %bytes = arith.constant dense<[-2, 0, 0, -5]> : tensor<4xi8>
  %codes = ptq.storage_cast %bytes : tensor<4xi8> to tensor<4x!ptq.q<s8:f32, block = [0], scale = f32>>
  %one = arith.constant dense<1.0> : tensor<1xf32>
  %x = ptq.dequantize %codes, %one : tensor<4x!ptq.q<s8:f32, block = [0], scale = f32>>, tensor<1xf32> -> tensor<4xf32>
  %w = arith.constant dense<[-4.0, -2.0, 1.0, -127.0]> : tensor<4xf32>
  %init = arith.constant dense<0.0> : tensor<f32>
  %y = linalg.dot ins(%x, %w : tensor<4xf32>, tensor<4xf32>) outs(%init : tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}

// Sums over batches too.
// CHECK-LABEL: func.func @batch_reduce_matmul
// CHECK{LITERAL}: arith.constant dense<[[-5.040000e+02, 1.200000e+02], [6.530000e+02, 6.410000e+02], [-4.950000e+02, 3.560000e+02]]> : tensor<3x2xf32>
//   CHECK-NOT: ptq.
func.func @batch_reduce_matmul() -> tensor<3x2xf32> {
  %bytes = arith.constant dense<[[[4, 1, 3, 3], [-5, 5, -5, 4], [4, 3, -4, 3]], [[5, 4, 2, -3], [1, 0, 4, -2], [-1, -3, 0, 1]]]> : tensor<2x3x4xi8>
  %codes = ptq.storage_cast %bytes : tensor<2x3x4xi8> to tensor<2x3x4x!ptq.q<s8:f32, block = [0, 0, 0], scale = f32>>
  %one = arith.constant dense<1.0> : tensor<1x1x1xf32>
  %x = ptq.dequantize %codes, %one : tensor<2x3x4x!ptq.q<s8:f32, block = [0, 0, 0], scale = f32>>, tensor<1x1x1xf32> -> tensor<2x3x4xf32>
  %w = arith.constant dense<[[[-127.0, -2.0], [1.0, 127.0], [-4.0, 1.0], [2.0, -4.0]], [[1.0, -1.0], [5.0, -1.0], [-2.0, 2.0], [4.0, -5.0]]]> : tensor<2x4x2xf32>
  %init = arith.constant dense<0.0> : tensor<3x2xf32>
  %y = linalg.batch_reduce_matmul ins(%x, %w : tensor<2x3x4xf32>, tensor<2x4x2xf32>) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// Two output dimensions, the rows between them.
// CHECK-LABEL: func.func @contract_to_heads
// CHECK{LITERAL}: arith.constant dense<[[[2.560000e+02, -2.570000e+02, -1.350000e+02], [-5.060000e+02, 5.060000e+02, 5.200000e+02], [3.740000e+02, -3.720000e+02, -5.140000e+02]], [[1.190000e+02, 2.510000e+02, -1.420000e+02], [-5.160000e+02, -5.200000e+02, -2.160000e+02], [5.340000e+02, 4.050000e+02, 6.030000e+02]]]> : tensor<2x3x3xf32>
//   CHECK-NOT: ptq.
func.func @contract_to_heads() -> tensor<2x3x3xf32> {
  %bytes = arith.constant dense<[[-2, 0, 1, -1], [4, 2, -4, -2], [-3, -3, 4, 5]]> : tensor<3x4xi8>
  %codes = ptq.storage_cast %bytes : tensor<3x4xi8> to tensor<3x4x!ptq.q<s8:f32, block = [0, 0], scale = f32>>
  %one = arith.constant dense<1.0> : tensor<1x1xf32>
  %x = ptq.dequantize %codes, %one : tensor<3x4x!ptq.q<s8:f32, block = [0, 0], scale = f32>>, tensor<1x1xf32> -> tensor<3x4xf32>
  %w = arith.constant dense<[[[-127.0, 127.0, 4.0], [-4.0, -4.0, -2.0], [-1.0, -2.0, -127.0], [-3.0, 1.0, 0.0]], [[2.0, -127.0, 5.0], [-4.0, 3.0, -1.0], [127.0, 2.0, -5.0], [4.0, 5.0, 127.0]]]> : tensor<2x4x3xf32>
  %init = arith.constant dense<0.0> : tensor<2x3x3xf32>
  %y = linalg.contract indexing_maps = [affine_map<(h, m, d, k) -> (m, k)>, affine_map<(h, m, d, k) -> (h, k, d)>, affine_map<(h, m, d, k) -> (h, m, d)>] ins(%x, %w : tensor<3x4xf32>, tensor<2x4x3xf32>) outs(%init : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  return %y : tensor<2x3x3xf32>
}

// Two contracted dimensions, in another order in the weight.
// CHECK-LABEL: func.func @contract_two_dimensions
// CHECK{LITERAL}: arith.constant dense<[[6.150000e+02, -1.560000e+02, 5.230000e+02], [-4.140000e+02, 5.130000e+02, -6.450000e+02]]> : tensor<2x3xf32>
//   CHECK-NOT: ptq.
func.func @contract_two_dimensions() -> tensor<2x3xf32> {
  %bytes = arith.constant dense<[[[-3, -5], [4, 1], [-5, -4]], [[4, 3], [4, 5], [-2, 0]]]> : tensor<2x3x2xi8>
  %codes = ptq.storage_cast %bytes : tensor<2x3x2xi8> to tensor<2x3x2x!ptq.q<s8:f32, block = [0, 0, 0], scale = f32>>
  %one = arith.constant dense<1.0> : tensor<1x1x1xf32>
  %x = ptq.dequantize %codes, %one : tensor<2x3x2x!ptq.q<s8:f32, block = [0, 0, 0], scale = f32>>, tensor<1x1x1xf32> -> tensor<2x3x2xf32>
  %w = arith.constant dense<[[[-1.0, -5.0], [127.0, -5.0]], [[-127.0, -1.0], [5.0, 4.0]]]> : tensor<2x2x2xf32>
  %init = arith.constant dense<0.0> : tensor<2x3xf32>
  %y = linalg.contract indexing_maps = [affine_map<(m, n, j, k) -> (j, m, k)>, affine_map<(m, n, j, k) -> (k, n, j)>, affine_map<(m, n, j, k) -> (n, m)>] ins(%x, %w : tensor<2x3x2xf32>, tensor<2x2x2xf32>) outs(%init : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// Tiles.
// CHECK-LABEL: func.func @mmt4d
// CHECK{LITERAL}: arith.constant dense<[[[[5.290000e+02, -3.570000e+02, -2.530000e+02], [-4.010000e+02, 2.280000e+02, 1.220000e+02]]], [[[-1.330000e+02, 3.830000e+02, 2.600000e+02], [-5.080000e+02, -4.000000e+00, 1.330000e+02]]]]> : tensor<2x1x2x3xf32>
//   CHECK-NOT: ptq.
func.func @mmt4d() -> tensor<2x1x2x3xf32> {
  %bytes = arith.constant dense<[[[[-4, 2], [3, -1]], [[-4, -3], [5, 2]]], [[[1, -2], [4, -1]], [[-1, 3], [-1, 0]]]]> : tensor<2x2x2x2xi8>
  %codes = ptq.storage_cast %bytes : tensor<2x2x2x2xi8> to tensor<2x2x2x2x!ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32>>
  %one = arith.constant dense<1.0> : tensor<1x1x1x1xf32>
  %x = ptq.dequantize %codes, %one : tensor<2x2x2x2x!ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32>>, tensor<1x1x1x1xf32> -> tensor<2x2x2x2xf32>
  %w = arith.constant dense<[[[[-127.0, 3.0], [-2.0, 0.0], [1.0, -127.0]], [[-3.0, -1.0], [-4.0, 127.0], [-2.0, 1.0]]]]> : tensor<1x2x3x2xf32>
  %init = arith.constant dense<0.0> : tensor<2x1x2x3xf32>
  %y = linalg.mmt4d ins(%x, %w : tensor<2x2x2x2xf32>, tensor<1x2x3x2xf32>) outs(%init : tensor<2x1x2x3xf32>) -> tensor<2x1x2x3xf32>
  return %y : tensor<2x1x2x3xf32>
}

// Three dimensions.
// CHECK-LABEL: func.func @generic_three_dimensions
// CHECK{LITERAL}: arith.constant dense<[[[6.450000e+02, -6.220000e+02], [-3.880000e+02, 4.010000e+02], [-1.330000e+02, 1.070000e+02]], [[-5.130000e+02, 5.160000e+02], [-1.140000e+02, 1.230000e+02], [-2.560000e+02, 2.540000e+02]]]> : tensor<2x3x2xf32>
//   CHECK-NOT: ptq.
func.func @generic_three_dimensions() -> tensor<2x3x2xf32> {
  %bytes = arith.constant dense<[[[-5, -2, -2, -3], [3, 5, 2, -3], [1, 0, 2, 4]], [[4, 3, 2, -1], [1, -4, 1, 0], [2, 0, -2, 0]]]> : tensor<2x3x4xi8>
  %codes = ptq.storage_cast %bytes : tensor<2x3x4xi8> to tensor<2x3x4x!ptq.q<s8:f32, block = [0, 0, 0], scale = f32>>
  %one = arith.constant dense<1.0> : tensor<1x1x1xf32>
  %x = ptq.dequantize %codes, %one : tensor<2x3x4x!ptq.q<s8:f32, block = [0, 0, 0], scale = f32>>, tensor<1x1x1xf32> -> tensor<2x3x4xf32>
  %w = arith.constant dense<[[-127.0, -3.0, 1.0, -2.0], [127.0, 1.0, 0.0, -5.0]]> : tensor<2x4xf32>
  %init = arith.constant dense<0.0> : tensor<2x3x2xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (n, k)>, affine_map<(b, m, n, k) -> (b, m, n)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
    ins(%x, %w : tensor<2x3x4xf32>, tensor<2x4xf32>) outs(%init : tensor<2x3x2xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %product = arith.mulf %b, %a : f32
    %sum = arith.addf %acc, %product : f32
    linalg.yield %sum : f32
  } -> tensor<2x3x2xf32>
  return %y : tensor<2x3x2xf32>
}
