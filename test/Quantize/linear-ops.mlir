// RUN: ptq-opt %s --ptq-quantize="recipe=w8a16 scale=absmax" --split-input-file | FileCheck %s

// Whatever is quantized can be lowered; ptq-to-linalg checks that no ptq is left.
// RUN: ptq-opt %s --ptq-quantize=recipe=w8a8 --ptq-to-linalg --split-input-file -o /dev/null
// RUN: ptq-opt %s --ptq-quantize=recipe=w4a8-g3 --ptq-to-linalg --split-input-file -o /dev/null
// RUN: ptq-opt %s --ptq-quantize=recipe=w4a16-g3 --ptq-to-linalg --split-input-file -o /dev/null

// CHECK-LABEL: func.func @weight_is_transposed_from_k_n
//       CHECK:   ptq.storage_cast %{{.+}} : tensor<2x4xi8> to tensor<2x4x!
//       CHECK:   ptq.matmul ins(%arg0, %{{.+}} : tensor<3x4xf32>, tensor<2x4x!{{.+}}>
func.func @weight_is_transposed_from_k_n(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>
  %zero = arith.constant dense<0.0> : tensor<3x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}
// CHECK: weight_is_transposed_from_k_n.matmul.0.codes: "0x4000000092B6DBFFA0C0DFFF"

// -----

// The product of a weight and an activation is a transposed product.
// CHECK-LABEL: func.func @weight_is_lhs
//       CHECK:   %[[X:.+]] = linalg.transpose ins(%arg0 : tensor<4x?xf32>) {{.*}} permutation = [1, 0]
//       CHECK:   %[[Y:.+]] = ptq.matmul ins(%[[X]], %{{.+}} : tensor<?x4xf32>, tensor<2x4x!{{.+}}>{{.*}} -> tensor<?x2xf32>
//       CHECK:   %[[R:.+]] = linalg.transpose ins(%[[Y]] : tensor<?x2xf32>) {{.*}} permutation = [1, 0]
//       CHECK:   return %[[R]] : tensor<2x?xf32>
func.func @weight_is_lhs(%x: tensor<4x?xf32>, %out: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %w = arith.constant dense<1.5> : tensor<2x4xf32>
  %zero = arith.constant 0.0 : f32
  %init = linalg.fill ins(%zero : f32) outs(%out : tensor<2x?xf32>) -> tensor<2x?xf32>
  %y = linalg.matmul ins(%w, %x : tensor<2x4xf32>, tensor<4x?xf32>) outs(%init : tensor<2x?xf32>) -> tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}

// -----

// CHECK-LABEL: func.func @accumulator_is_added
//       CHECK:   %[[Y:.+]] = ptq.matmul
//       CHECK:   %[[R:.+]] = linalg.add ins(%[[Y]], %arg1 : tensor<3x2xf32>, tensor<3x2xf32>)
//       CHECK:   return %[[R]]
func.func @accumulator_is_added(%x: tensor<3x4xf32>, %bias: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<1.5> : tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%bias : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

// CHECK-LABEL: func.func @broadcast_weight_has_no_batch
//       CHECK:   ptq.matmul ins(%arg0, %{{.+}} : tensor<?x3x4xf32>, tensor<2x4x!{{.+}}>{{.*}} -> tensor<?x3x2xf32>
func.func @broadcast_weight_has_no_batch(%x: tensor<?x3x4xf32>, %out: tensor<?x3x2xf32>) -> tensor<?x3x2xf32> {
  %w = arith.constant dense<1.5> : tensor<4x2xf32>
  %zero = arith.constant 0.0 : f32
  %init = linalg.fill ins(%zero : f32) outs(%out : tensor<?x3x2xf32>) -> tensor<?x3x2xf32>
  %y = linalg.batch_matmul
    indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (k, n)>, affine_map<(b, m, n, k) -> (b, m, n)>]
    ins(%x, %w : tensor<?x3x4xf32>, tensor<4x2xf32>) outs(%init : tensor<?x3x2xf32>) -> tensor<?x3x2xf32>
  return %y : tensor<?x3x2xf32>
}

// -----

// CHECK-LABEL: func.func @repeated_weight_has_no_batch
//       CHECK:   ptq.matmul ins(%arg0, %{{.+}} : tensor<5x3x4xf32>, tensor<2x4x!{{.+}}>{{.*}} -> tensor<5x3x2xf32>
func.func @repeated_weight_has_no_batch(%x: tensor<5x3x4xf32>) -> tensor<5x3x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>
  %empty = tensor.empty() : tensor<5x4x2xf32>
  %repeated = linalg.broadcast ins(%w : tensor<4x2xf32>) outs(%empty : tensor<5x4x2xf32>) dimensions = [0]
  %zero = arith.constant dense<0.0> : tensor<5x3x2xf32>
  %y = linalg.batch_matmul ins(%x, %repeated : tensor<5x3x4xf32>, tensor<5x4x2xf32>) outs(%zero : tensor<5x3x2xf32>) -> tensor<5x3x2xf32>
  return %y : tensor<5x3x2xf32>
}

// -----

// CHECK-LABEL: func.func @weight_of_batches
//       CHECK:   ptq.storage_cast %{{.+}} : tensor<2x1x4xi8> to tensor<2x1x4x!
//       CHECK:   ptq.batch_matmul ins(%{{.+}}, %{{.+}} : tensor<2x?x4xf32>, tensor<2x1x4x!{{.+}}>{{.*}} rhs(%{{.+}} : tensor<2x1x1xf32>) {{.*}} -> tensor<2x?x1xf32>
func.func @weight_of_batches(%x: tensor<?x?x4xf32>, %out: tensor<?x?x1xf32>) -> tensor<?x?x1xf32> {
  %w = arith.constant dense<[[[1.0], [2.0], [3.0], [4.0]], [[5.0], [6.0], [7.0], [8.0]]]> : tensor<2x4x1xf32>
  %zero = arith.constant 0.0 : f32
  %init = linalg.fill ins(%zero : f32) outs(%out : tensor<?x?x1xf32>) -> tensor<?x?x1xf32>
  %y = linalg.batch_matmul ins(%x, %w : tensor<?x?x4xf32>, tensor<2x4x1xf32>) outs(%init : tensor<?x?x1xf32>) -> tensor<?x?x1xf32>
  return %y : tensor<?x?x1xf32>
}

// -----

// CHECK-LABEL: func.func @matvec
//       CHECK:   %[[X:.+]] = tensor.expand_shape %arg0 {{\[\[}}0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
//       CHECK:   %[[Y:.+]] = ptq.matmul ins(%[[X]], {{.*}} -> tensor<1x2xf32>
//       CHECK:   %[[R:.+]] = tensor.collapse_shape %[[Y]] {{\[\[}}0, 1]] : tensor<1x2xf32> into tensor<2xf32>
//       CHECK:   return %[[R]]
func.func @matvec(%x: tensor<4xf32>) -> tensor<2xf32> {
  %w = arith.constant dense<1.5> : tensor<2x4xf32>
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  %y = linalg.matvec ins(%w, %x : tensor<2x4xf32>, tensor<4xf32>) outs(%zero : tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// CHECK-LABEL: func.func @matvec_by_a_weight_vector
//       CHECK:   %[[Y:.+]] = ptq.matmul ins(%arg0, %{{.+}} : tensor<?x4xf32>, tensor<1x4x!{{.+}}>{{.*}} -> tensor<?x1xf32>
//       CHECK:   tensor.collapse_shape %[[Y]] {{\[\[}}0, 1]] : tensor<?x1xf32> into tensor<?xf32>
func.func @matvec_by_a_weight_vector(%x: tensor<?x4xf32>, %out: tensor<?xf32>) -> tensor<?xf32> {
  %w = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %zero = arith.constant 0.0 : f32
  %init = linalg.fill ins(%zero : f32) outs(%out : tensor<?xf32>) -> tensor<?xf32>
  %y = linalg.matvec ins(%x, %w : tensor<?x4xf32>, tensor<4xf32>) outs(%init : tensor<?xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// CHECK-LABEL: func.func @vecmat
//       CHECK:   ptq.matmul ins(%{{.+}}, %{{.+}} : tensor<1x4xf32>, tensor<2x4x!
func.func @vecmat(%x: tensor<4xf32>) -> tensor<2xf32> {
  %w = arith.constant dense<1.5> : tensor<4x2xf32>
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  %y = linalg.vecmat ins(%x, %w : tensor<4xf32>, tensor<4x2xf32>) outs(%zero : tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// CHECK-LABEL: func.func @dot
//       CHECK:   %[[Y:.+]] = ptq.matmul ins(%{{.+}}, %{{.+}} : tensor<1x4xf32>, tensor<1x4x!{{.+}}>{{.*}} -> tensor<1x1xf32>
//       CHECK:   tensor.collapse_shape %[[Y]] [] : tensor<1x1xf32> into tensor<f32>
func.func @dot(%x: tensor<4xf32>) -> tensor<f32> {
  %w = arith.constant dense<1.5> : tensor<4xf32>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %y = linalg.dot ins(%x, %w : tensor<4xf32>, tensor<4xf32>) outs(%zero : tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}

// -----

// Sums over batches are sums over one longer row.
// CHECK-LABEL: func.func @batch_reduce_matmul
//       CHECK:   linalg.transpose ins(%arg0 : tensor<5x3x4xf32>) {{.*}} permutation = [1, 0, 2]
//       CHECK:   tensor.collapse_shape %{{.+}} {{\[\[}}0], [1, 2]] : tensor<3x5x4xf32> into tensor<3x20xf32>
//       CHECK:   ptq.matmul ins(%{{.+}}, %{{.+}} : tensor<3x20xf32>, tensor<2x20x!
func.func @batch_reduce_matmul(%x: tensor<5x3x4xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<1.5> : tensor<5x4x2xf32>
  %zero = arith.constant dense<0.0> : tensor<3x2xf32>
  %y = linalg.batch_reduce_matmul ins(%x, %w : tensor<5x3x4xf32>, tensor<5x4x2xf32>) outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

// Output channels of heads x size, in front of the rows: [h, m, d].
// CHECK-LABEL: func.func @contract_to_heads
//       CHECK:   %[[Y:.+]] = ptq.matmul ins(%arg0, %{{.+}} : tensor<7x4xf32>, tensor<6x4x!{{.+}}>{{.*}} -> tensor<7x6xf32>
//       CHECK:   %[[E:.+]] = tensor.expand_shape %[[Y]] {{\[\[}}0], [1, 2]] output_shape [7, 2, 3]
//       CHECK:   linalg.transpose ins(%[[E]] : tensor<7x2x3xf32>) {{.*}} permutation = [1, 0, 2]
func.func @contract_to_heads(%x: tensor<7x4xf32>) -> tensor<2x7x3xf32> {
  %w = arith.constant dense<1.5> : tensor<2x4x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x7x3xf32>
  %y = linalg.contract
    indexing_maps = [affine_map<(h, m, d, k) -> (m, k)>, affine_map<(h, m, d, k) -> (h, k, d)>, affine_map<(h, m, d, k) -> (h, m, d)>]
    ins(%x, %w : tensor<7x4xf32>, tensor<2x4x3xf32>) outs(%zero : tensor<2x7x3xf32>) -> tensor<2x7x3xf32>
  return %y : tensor<2x7x3xf32>
}

// -----

// Leading dimensions stay apart; bf16 weights are extended in the body.
// CHECK-LABEL: func.func @generic_of_three_dimensions
//       CHECK:   ptq.matmul ins(%arg0, %{{.+}} : tensor<?x?x4xf32>, tensor<2x4x!{{.+}}>{{.*}} -> tensor<?x?x2xf32>
func.func @generic_of_three_dimensions(%x: tensor<?x?x4xf32>, %out: tensor<?x?x2xf32>) -> tensor<?x?x2xf32> {
  %w = arith.constant dense<[[1.0, -2.0, 0.5, 4.0], [0.0, 3.0, -1.0, 1.0]]> : tensor<2x4xbf16>
  %zero = arith.constant 0.0 : f32
  %init = linalg.fill ins(%zero : f32) outs(%out : tensor<?x?x2xf32>) -> tensor<?x?x2xf32>
  %y = linalg.generic {
    indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (n, k)>, affine_map<(b, m, n, k) -> (b, m, n)>],
    iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
    ins(%x, %w : tensor<?x?x4xf32>, tensor<2x4xbf16>) outs(%init : tensor<?x?x2xf32>) {
  ^bb0(%a: f32, %b: bf16, %acc: f32):
    %wide = arith.extf %b : bf16 to f32
    %product = arith.mulf %wide, %a : f32
    %sum = arith.addf %product, %acc : f32
    linalg.yield %sum : f32
  } -> tensor<?x?x2xf32>
  return %y : tensor<?x?x2xf32>
}

// -----

// CHECK-LABEL: func.func @half_stays_half
//       CHECK:   ptq.matmul ins(%arg0, %{{.+}} : tensor<3x4xf16>, {{.*}} outs(%{{.+}} : tensor<3x2xf16>) {{.*}} -> tensor<3x2xf16>
func.func @half_stays_half(%x: tensor<3x4xf16>) -> tensor<3x2xf16> {
  %w = arith.constant dense<1.5> : tensor<4x2xf16>
  %zero = arith.constant dense<0.0> : tensor<3x2xf16>
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf16>, tensor<4x2xf16>) outs(%zero : tensor<3x2xf16>) -> tensor<3x2xf16>
  return %y : tensor<3x2xf16>
}
