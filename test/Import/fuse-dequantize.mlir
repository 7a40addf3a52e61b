// RUN: ptq-opt %s --ptq-fuse-dequantize | FileCheck %s
// RUN: ptq-opt %s --ptq-fuse-dequantize=activations=false | FileCheck %s --check-prefix=FLOAT
// RUN: ptq-opt %s --ptq-fuse-dequantize --remarks-filter=ptq-import --remark-format=emitRemark 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

!w4 = !ptq.q<u4:f32, block = [1, 4], scale = f16, zp = 8>
!w8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>
!wz = !ptq.q<u8:f32, block = [1, 4], scale = f32, zp = 128>
!w3 = !ptq.q<s8:f32, block = [1, 1, 0], scale = f32, zp = i8>
!wb = !ptq.q<s8:f32, block = [1, 1, 0], scale = f32>
!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = 3>

// CHECK-LABEL: func.func @weights
//  CHECK-SAME:   %[[X:[a-z0-9]+]]: tensor<?x8xf32>, %[[BYTES:[a-z0-9]+]]: tensor<2x4xi8>, %[[S:[a-z0-9]+]]: tensor<2x2xf16>
//       CHECK:   %[[CODES:.+]] = ptq.storage_cast %[[BYTES]] packed
//       CHECK:   %[[Y:.+]] = ptq.matmul ins(%[[X]], %[[CODES]] : {{.+}}) rhs(%[[S]] : tensor<2x2xf16>) outs(%{{.+}} : tensor<?x2xf32>) {ptq.name = "fc"}
//   CHECK-NOT:   linalg.
//       CHECK:   return %[[Y]]
// REMARK: [Passed] Fused | Category:ptq-import | Function=weights | Rounding="codes are summed with fma, scaled once per group"
func.func @weights(%x: tensor<?x8xf32>, %bytes: tensor<2x4xi8>, %scales: tensor<2x2xf16>) -> tensor<?x2xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x8xf32>
  %empty = tensor.empty(%m) : tensor<?x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>
  %codes = ptq.storage_cast %bytes packed : tensor<2x4xi8> to tensor<2x8x!w4>
  %w = ptq.dequantize %codes, %scales : tensor<2x8x!w4>, tensor<2x2xf16> -> tensor<2x8xf32>
  %y = linalg.matmul
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %w : tensor<?x8xf32>, tensor<2x8xf32>) outs(%init : tensor<?x2xf32>) {ptq.name = "fc"} -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// torch-mlir transposes the weights of a linear: no byte moves. The product is
// added to the bias that it started from.
// CHECK-LABEL: func.func @transposed_weights
//  CHECK-SAME:   %{{.+}}: tensor<3x8xf32>, %[[BYTES:[a-z0-9]+]]: tensor<2x8xi8>
//   CHECK-NOT:   linalg.transpose
//       CHECK:   %[[CODES:.+]] = ptq.storage_cast %[[BYTES]]
//       CHECK:   %[[P:.+]] = ptq.matmul ins(%{{.+}}, %[[CODES]]
//       CHECK:   linalg.add ins(%[[P]], %{{.+}} : tensor<3x2xf32>, tensor<3x2xf32>)
func.func @transposed_weights(%x: tensor<3x8xf32>, %bytes: tensor<2x8xi8>, %scales: tensor<2x1xf32>, %bias: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %empty = tensor.empty() : tensor<8x2xf32>
  %codes = ptq.storage_cast %bytes : tensor<2x8xi8> to tensor<2x8x!w8>
  %w = ptq.dequantize %codes, %scales : tensor<2x8x!w8>, tensor<2x1xf32> -> tensor<2x8xf32>
  %t = linalg.transpose ins(%w : tensor<2x8xf32>) outs(%empty : tensor<8x2xf32>) permutation = [1, 0]
  %y = linalg.matmul ins(%x, %t : tensor<3x8xf32>, tensor<8x2xf32>) outs(%bias : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// Weights stored [K, N]: constant codes are transposed here.
// CHECK-LABEL: func.func @constant_weights_by_columns
//       CHECK:   arith.constant dense<{{\[\[}}1, 3, 5], [2, 4, 6]]> : tensor<2x3xi8>
//   CHECK-NOT:   linalg.transpose
//       CHECK:   ptq.matmul
func.func @constant_weights_by_columns(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %bytes = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %scales = arith.constant dense<[[0.5, 0.3]]> : tensor<1x2xf32>
  %init = arith.constant dense<0.0> : tensor<4x2xf32>
  %codes = ptq.storage_cast %bytes : tensor<3x2xi8> to tensor<3x2x!ptq.q<s8:f32, block = [0, 1], scale = f32>>
  %w = ptq.dequantize %codes, %scales : tensor<3x2x!ptq.q<s8:f32, block = [0, 1], scale = f32>>, tensor<1x2xf32> -> tensor<3x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x3xf32>, tensor<3x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// IREE contracts groups and their indices: both become K, a group a block.
// CHECK-LABEL: func.func @groups_as_a_dimension
//       CHECK:   tensor.collapse_shape %{{.+}} {{\[\[}}0], [1, 2]] : tensor<3x2x4xf32> into tensor<3x8xf32>
//       CHECK:   ptq.matmul ins(%{{.+}}, %{{.+}} : tensor<3x8xf32>, tensor<2x8x!{{.+}}>) rhs(%{{.+}}, zp %{{.+}} : tensor<2x2xf32>, tensor<2x2xi8>)
func.func @groups_as_a_dimension(%x: tensor<3x2x4xf32>, %bytes: tensor<2x2x4xi8>, %scales: tensor<2x2x1xf32>, %zero_points: tensor<2x2x1xi8>) -> tensor<3x2xf32> {
  %init = arith.constant dense<0.0> : tensor<3x2xf32>
  %codes = ptq.storage_cast %bytes : tensor<2x2x4xi8> to tensor<2x2x4x!w3>
  %w = ptq.dequantize %codes, %scales, zp %zero_points : tensor<2x2x4x!w3>, tensor<2x2x1xf32>, tensor<2x2x1xi8> -> tensor<2x2x4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(m, n, g, k) -> (m, g, k)>, affine_map<(m, n, g, k) -> (n, g, k)>, affine_map<(m, n, g, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<3x2x4xf32>, tensor<2x2x4xf32>) outs(%init : tensor<3x2xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %acc, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// Both sides are dequantized: integer sums of groups, and sums of the codes of
// the activation for the zero point of the weights.
// CHECK-LABEL: func.func @both_sides
//       CHECK:   %[[A:.+]] = ptq.quantize
//       CHECK:   %[[BYTES:.+]] = ptq.storage_cast %[[A]]
//       CHECK:   %[[GROUPED:.+]] = tensor.expand_shape %[[BYTES]] {{.+}} : tensor<3x8xi8> into tensor<3x2x4xi8>
//       CHECK:   %[[SUMS:.+]] = linalg.generic {{.+}} ins(%[[GROUPED]] : tensor<3x2x4xi8>)
//       CHECK:   ptq.matmul ins(%[[A]], %{{.+}} : {{.+}}) lhs(%{{.+}}, sums %[[SUMS]] : tensor<1x1xf32>, tensor<3x2xi32>)
// FLOAT-LABEL: func.func @both_sides
//       FLOAT:   %[[X:.+]] = ptq.dequantize
//       FLOAT:   ptq.matmul ins(%[[X]], %{{.+}} : tensor<3x8xf32>, {{.+}}) rhs(
// REMARK: Function=both_sides | Rounding="integer sums, scaled once per group"
func.func @both_sides(%x: tensor<3x8xf32>, %bytes: tensor<2x8xi8>, %scales: tensor<2x2xf32>) -> tensor<3x2xf32> {
  %init = arith.constant dense<0.0> : tensor<3x2xf32>
  %scale = arith.constant dense<0.5> : tensor<1x1xf32>
  %a = ptq.quantize %x, %scale : tensor<3x8xf32>, tensor<1x1xf32> -> tensor<3x8x!a8>
  %xd = ptq.dequantize %a, %scale : tensor<3x8x!a8>, tensor<1x1xf32> -> tensor<3x8xf32>
  %codes = ptq.storage_cast %bytes : tensor<2x8xi8> to tensor<2x8x!wz>
  %w = ptq.dequantize %codes, %scales : tensor<2x8x!wz>, tensor<2x2xf32> -> tensor<2x8xf32>
  %y = linalg.matmul
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%xd, %w : tensor<3x8xf32>, tensor<2x8xf32>) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// CHECK-LABEL: func.func @batches
//       CHECK:   ptq.batch_matmul ins(%{{.+}}, %{{.+}} : tensor<2x3x8xf32>, tensor<2x5x8x!{{.+}}>)
func.func @batches(%x: tensor<2x3x8xf32>, %bytes: tensor<2x5x8xi8>, %scales: tensor<2x5x1xf32>) -> tensor<2x3x5xf32> {
  %init = arith.constant dense<0.0> : tensor<2x3x5xf32>
  %codes = ptq.storage_cast %bytes : tensor<2x5x8xi8> to tensor<2x5x8x!wb>
  %w = ptq.dequantize %codes, %scales : tensor<2x5x8x!wb>, tensor<2x5x1xf32> -> tensor<2x5x8xf32>
  %y = linalg.batch_matmul
    indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, n, k)>, affine_map<(b, m, n, k) -> (b, m, n)>]
    ins(%x, %w : tensor<2x3x8xf32>, tensor<2x5x8xf32>) outs(%init : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  return %y : tensor<2x3x5xf32>
}

// The weights are on the left of a vector.
// CHECK-LABEL: func.func @matvec
//       CHECK:   tensor.expand_shape %{{.+}} {{\[\[}}0, 1]] output_shape [1, 8]
//       CHECK:   ptq.matmul ins(%{{.+}}, %{{.+}} : tensor<1x8xf32>, tensor<2x8x!{{.+}}>)
//       CHECK:   tensor.collapse_shape %{{.+}} {{\[\[}}0, 1]] : tensor<1x2xf32> into tensor<2xf32>
func.func @matvec(%x: tensor<8xf32>, %bytes: tensor<2x8xi8>, %scales: tensor<2x1xf32>) -> tensor<2xf32> {
  %init = arith.constant dense<0.0> : tensor<2xf32>
  %codes = ptq.storage_cast %bytes : tensor<2x8xi8> to tensor<2x8x!w8>
  %w = ptq.dequantize %codes, %scales : tensor<2x8x!w8>, tensor<2x1xf32> -> tensor<2x8xf32>
  %y = linalg.matvec ins(%w, %x : tensor<2x8xf32>, tensor<8xf32>) outs(%init : tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// Rows of two dimensions, columns of two: the result has them in its own order.
// CHECK-LABEL: func.func @several_rows_and_columns
//       CHECK:   ptq.matmul ins(%{{.+}}, %{{.+}} : tensor<3x2x8xf32>, tensor<6x8x!{{.+}}>)
//       CHECK:   tensor.expand_shape %{{.+}} {{\[\[}}0], [1], [2, 3]] output_shape [3, 2, 2, 3]
//       CHECK:   linalg.transpose
func.func @several_rows_and_columns(%x: tensor<3x2x8xf32>, %bytes: tensor<2x3x8xi8>, %scales: tensor<2x3x1xf32>) -> tensor<2x3x3x2xf32> {
  %init = arith.constant dense<0.0> : tensor<2x3x3x2xf32>
  %codes = ptq.storage_cast %bytes : tensor<2x3x8xi8> to tensor<2x3x8x!wb>
  %w = ptq.dequantize %codes, %scales : tensor<2x3x8x!wb>, tensor<2x3x1xf32> -> tensor<2x3x8xf32>
  %y = linalg.contract
    indexing_maps = [affine_map<(a, b, c, d, k) -> (a, b, k)>, affine_map<(a, b, c, d, k) -> (c, d, k)>, affine_map<(a, b, c, d, k) -> (c, d, a, b)>]
    ins(%x, %w : tensor<3x2x8xf32>, tensor<2x3x8xf32>) outs(%init : tensor<2x3x3x2xf32>) -> tensor<2x3x3x2xf32>
  return %y : tensor<2x3x3x2xf32>
}
