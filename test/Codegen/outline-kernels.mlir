// RUN: ptq-opt %s --ptq-outline-kernels --split-input-file | FileCheck %s

!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

// CHECK-LABEL: func.func @equal_shapes_share_a_kernel
//   CHECK-NOT:   ptq.matmul
//       CHECK:   call @[[KERNEL:matmul_integer_8bit_n32_k64]](
//       CHECK:   call @[[KERNEL]](
//       CHECK: func.func private @[[KERNEL]](memref<?x64xi8, strided<[?, 1], offset: ?>>,
//  CHECK-SAME:   memref<32x64xi8, strided<[?, 1], offset: ?>>,
//  CHECK-SAME:   attributes {ptq.kernel =
//   CHECK-NOT: func.func private
func.func @equal_shapes_share_a_kernel(
    %x: tensor<?x64x!a8>, %s: tensor<?x1xf32>, %sums: tensor<?x1xi32>,
    %v: tensor<32x64x!w8>, %w: tensor<32x64x!w8>, %ws: tensor<32x1xf32>,
    %out: tensor<?x32xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %y = ptq.matmul ins(%x, %v : tensor<?x64x!a8>, tensor<32x64x!w8>)
         lhs(%s, sums %sums : tensor<?x1xf32>, tensor<?x1xi32>)
         rhs(%ws : tensor<32x1xf32>)
         outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
  %z = ptq.matmul ins(%x, %w : tensor<?x64x!a8>, tensor<32x64x!w8>)
         lhs(%s, sums %sums : tensor<?x1xf32>, tensor<?x1xi32>)
         rhs(%ws : tensor<32x1xf32>)
         outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y, %z : tensor<?x32xf32>, tensor<?x32xf32>
}

// -----

!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>

// Batches of rows are rows; f16 rows are extended first.
// CHECK-LABEL: func.func @leading_dimensions_are_rows
//       CHECK:   arith.extf
//       CHECK:   tensor.collapse_shape
//       CHECK:   call @matmul_float_8bit_n32_k64
//       CHECK:   tensor.expand_shape
func.func @leading_dimensions_are_rows(%x: tensor<2x?x64xf16>, %w: tensor<32x64x!w8>,
    %ws: tensor<32x1xf32>, %out: tensor<2x?x32xf32>) -> tensor<2x?x32xf32> {
  %y = ptq.matmul ins(%x, %w : tensor<2x?x64xf16>, tensor<32x64x!w8>)
         rhs(%ws : tensor<32x1xf32>)
         outs(%out : tensor<2x?x32xf32>) -> tensor<2x?x32xf32>
  return %y : tensor<2x?x32xf32>
}

// -----

!w8 = !ptq.q<u8:f32, block = [1, 0], scale = f32, zp = i32>

// CHECK-LABEL: func.func @zero_point_operands_have_no_kernel
//       CHECK:   ptq.matmul
//   CHECK-NOT: func.func private
func.func @zero_point_operands_have_no_kernel(%x: tensor<?x64xf32>, %w: tensor<32x64x!w8>,
    %ws: tensor<32x1xf32>, %zp: tensor<32x1xi32>, %out: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %y = ptq.matmul ins(%x, %w : tensor<?x64xf32>, tensor<32x64x!w8>)
         rhs(%ws, zp %zp : tensor<32x1xf32>, tensor<32x1xi32>)
         outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// Only a sum that starts from zero is a kernel's.
// CHECK-LABEL: func.func @accumulation_has_no_kernel
//       CHECK:   linalg.matmul
func.func @accumulation_has_no_kernel(%x: tensor<?x64xf32>, %w: tensor<32x64xbf16>,
    %out: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %y = linalg.matmul
         indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                          affine_map<(m, n, k) -> (m, n)>]
         ins(%x, %w : tensor<?x64xf32>, tensor<32x64xbf16>)
         outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

// CHECK-LABEL: func.func @equal_rows_are_quantized_by_one_function
//       CHECK:   call @[[FIRST:dynamic_quantize[a-z0-9_]*]](
//       CHECK:   call @[[FIRST]](
//       CHECK:   call @[[SECOND:dynamic_quantize[a-z0-9_]*]](
//       CHECK: func.func private @[[FIRST]](%[[X:.+]]: tensor<?x64xf32>)
//       CHECK:   ptq.dynamic_quantize %[[X]]
//       CHECK: func.func private @[[SECOND]](%{{.+}}: tensor<?x32xf32>)
func.func @equal_rows_are_quantized_by_one_function(%x: tensor<?x64xf32>, %y: tensor<?x64xf32>, %z: tensor<?x32xf32>)
    -> (tensor<?x64x!a8>, tensor<?x64x!a8>, tensor<?x32x!a8>) {
  %q, %s = ptq.dynamic_quantize %x : tensor<?x64xf32> -> tensor<?x64x!a8>, tensor<?x1xf32>
  %r, %t = ptq.dynamic_quantize %y : tensor<?x64xf32> -> tensor<?x64x!a8>, tensor<?x1xf32>
  %p, %u = ptq.dynamic_quantize %z : tensor<?x32xf32> -> tensor<?x32x!a8>, tensor<?x1xf32>
  return %q, %r, %p : tensor<?x64x!a8>, tensor<?x64x!a8>, tensor<?x32x!a8>
}
