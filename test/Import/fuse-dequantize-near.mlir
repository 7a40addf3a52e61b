// Codes that no matmul takes stay behind a dequantize, with a remark.
// RUN: ptq-opt %s --ptq-fuse-dequantize --remarks-filter=ptq-import --remark-format=emitRemark --verify-diagnostics | FileCheck %s
// CHECK-NOT: ptq.matmul

!w4 = !ptq.q<u4:f32, block = [0, 1], scale = f16, zp = 8>
func.func @packed_by_columns(%x: tensor<3x8xf32>, %bytes: tensor<8x1xi8>, %scales: tensor<1x2xf16>, %init: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %codes = ptq.storage_cast %bytes packed : tensor<8x1xi8> to tensor<8x2x!w4>
  %w = ptq.dequantize %codes, %scales : tensor<8x2x!w4>, tensor<1x2xf16> -> tensor<8x2xf32>
  // expected-remark @below {{Reason="expects packed codes in the order in which they are used"}}
  %y = linalg.matmul ins(%x, %w : tensor<3x8xf32>, tensor<8x2xf32>) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

!n2 = !ptq.q<s8:f32, block = [0, 2], scale = f32>
func.func @groups_of_columns(%x: tensor<3x8xf32>, %bytes: tensor<8x4xi8>, %scales: tensor<1x2xf32>, %init: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %codes = ptq.storage_cast %bytes : tensor<8x4xi8> to tensor<8x4x!n2>
  %w = ptq.dequantize %codes, %scales : tensor<8x4x!n2>, tensor<1x2xf32> -> tensor<8x4xf32>
  // expected-remark @below {{Reason="expects groups along the contracted dimension only"}}
  %y = linalg.matmul ins(%x, %w : tensor<3x8xf32>, tensor<8x4xf32>) outs(%init : tensor<3x4xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// K is made of 2 times 3, in groups of 2 of the 3: the last one of each is short.
!g2 = !ptq.q<s8:f32, block = [1, 1, 2], scale = f32>
func.func @ragged_groups_join(%x: tensor<3x6xf32>, %bytes: tensor<2x2x3xi8>, %scales: tensor<2x2x2xf32>, %init: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %codes = ptq.storage_cast %bytes : tensor<2x2x3xi8> to tensor<2x2x3x!g2>
  %w = ptq.dequantize %codes, %scales : tensor<2x2x3x!g2>, tensor<2x2x2xf32> -> tensor<2x2x3xf32>
  %flat = tensor.collapse_shape %w [[0], [1, 2]] : tensor<2x2x3xf32> into tensor<2x6xf32>
  // expected-remark @below {{Reason="expects blocks that stay blocks where dimensions are joined"}}
  %y = linalg.matmul
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %flat : tensor<3x6xf32>, tensor<2x6xf32>) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}
