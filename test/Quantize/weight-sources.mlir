// RUN: ptq-opt %s --ptq-quantize="recipe=w8a16 scale=absmax" --split-input-file | FileCheck %s

// All of these see the matrix [[1, 3, 5, 7], [2, 4, 6, 8]] as [N, K]: the codes
// are 92 B6 DB FF and A0 C0 DF FF.

// CHECK-LABEL: func.func @dense
//       CHECK: dense.matmul.0.codes: "0x4000000092B6DBFFA0C0DFFF"
func.func @dense(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

// CHECK-LABEL: func.func @dense_resource
//       CHECK: dense_resource.matmul.0.codes: "0x4000000092B6DBFFA0C0DFFF"
func.func @dense_resource(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense_resource<halves> : tensor<4x2xf16>
  %wide = arith.extf %w : tensor<4x2xf16> to tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %wide : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}
{-#
  dialect_resources: {
    builtin: {
      halves: "0x02000000003C0040004200440045004600470048"
    }
  }
#-}

// -----

// CHECK-NOT: ml_program.global
// CHECK-LABEL: func.func @global
//   CHECK-NOT: linalg.transpose
//       CHECK: global.matmul.0.codes: "0x4000000092B6DBFFA0C0DFFF"
ml_program.global private @weight(dense<[[1.0, 3.0, 5.0, 7.0], [2.0, 4.0, 6.0, 8.0]]> : tensor<2x4xf32>) : tensor<2x4xf32>
func.func @global(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = ml_program.global_load_const @weight : tensor<2x4xf32>
  %empty = tensor.empty() : tensor<4x2xf32>
  %t = linalg.transpose ins(%w : tensor<2x4xf32>) outs(%empty : tensor<4x2xf32>) permutation = [1, 0]
  %y = linalg.matmul ins(%x, %t : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

// A public global may have other users.
// CHECK: ml_program.global public @weight
// CHECK-LABEL: func.func @immutable_global
//       CHECK: immutable_global.matmul.0.codes: "0x4000000092B6DBFFA0C0DFFF"
ml_program.global public @weight(dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>) : tensor<4x2xf32>
func.func @immutable_global(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = ml_program.global_load @weight : tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

// CHECK-LABEL: func.func @collapsed
//       CHECK: collapsed.matmul.0.codes: "0x4000000092B6DBFFA0C0DFFF"
func.func @collapsed(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]> : tensor<2x2x2xf32>
  %c = tensor.collapse_shape %w [[0, 1], [2]] : tensor<2x2x2xf32> into tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %c : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

// Halves of K change places between two reshapes: no two strides say that.
// CHECK-LABEL: func.func @expanded_transposed_collapsed
//       CHECK: expanded_transposed_collapsed.matmul.0.codes: "0x4000000092B6DBFFA0C0DFFF"
func.func @expanded_transposed_collapsed(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[1.0, 5.0, 3.0, 7.0], [2.0, 6.0, 4.0, 8.0]]> : tensor<2x4xf32>
  %e = tensor.expand_shape %w [[0], [1, 2]] output_shape [2, 2, 2] : tensor<2x4xf32> into tensor<2x2x2xf32>
  %empty = tensor.empty() : tensor<2x2x2xf32>
  %t = linalg.transpose ins(%e : tensor<2x2x2xf32>) outs(%empty : tensor<2x2x2xf32>) permutation = [2, 1, 0]
  %c = tensor.collapse_shape %t [[0, 1], [2]] : tensor<2x2x2xf32> into tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %c : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

// As fused projections are: each takes its rows.
// CHECK-LABEL: func.func @sliced
//   CHECK-DAG: arith.constant dense_resource<sliced.matmul.0.codes> : tensor<2x4xi8>
//   CHECK-DAG: arith.constant dense_resource<sliced.matmul.1.codes> : tensor<1x4xi8>
//   CHECK-DAG: sliced.matmul.0.codes: "0x4000000092B6DBFFA0C0DFFF"
//   CHECK-DAG: sliced.matmul.1.codes: "0x40000000FF808080"
func.func @sliced(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>, %one: tensor<3x1xf32>) -> (tensor<3x2xf32>, tensor<3x1xf32>) {
  %w = arith.constant dense<[[9.0, 0.0, 0.0, 0.0], [1.0, 3.0, 5.0, 7.0], [2.0, 4.0, 6.0, 8.0]]> : tensor<3x4xf32>
  %rows = tensor.extract_slice %w[1, 0] [2, 4] [1, 1] : tensor<3x4xf32> to tensor<2x4xf32>
  %row = tensor.extract_slice %w[0, 0] [1, 4] [1, 1] : tensor<3x4xf32> to tensor<1x4xf32>
  %y = linalg.matmul
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %rows : tensor<3x4xf32>, tensor<2x4xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  %z = linalg.matmul
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %row : tensor<3x4xf32>, tensor<1x4xf32>) outs(%one : tensor<3x1xf32>) -> tensor<3x1xf32>
  return %y, %z : tensor<3x2xf32>, tensor<3x1xf32>
}

// -----

// The cast idiom of linalg, and a cast that rounds: 1.001 is 1 in bf16.
// CHECK-LABEL: func.func @cast_and_transposed_by_generic
//       CHECK: cast_and_transposed_by_generic.matmul.0.codes: "0x4000000092B6DBFFA0C0DFFF"
func.func @cast_and_transposed_by_generic(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[1.001, 3.001, 5.001, 7.001], [2.001, 4.001, 6.001, 8.001]]> : tensor<2x4xf32>
  %narrow = arith.truncf %w : tensor<2x4xf32> to tensor<2x4xbf16>
  %empty = tensor.empty() : tensor<4x2xf32>
  %wide = linalg.generic {
    indexing_maps = [affine_map<(k, n) -> (n, k)>, affine_map<(k, n) -> (k, n)>],
    iterator_types = ["parallel", "parallel"]}
    ins(%narrow : tensor<2x4xbf16>) outs(%empty : tensor<4x2xf32>) {
  ^bb0(%element: bf16, %unused: f32):
    %cast = arith.extf %element : bf16 to f32
    linalg.yield %cast : f32
  } -> tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %wide : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

// CHECK-LABEL: func.func @shape_hidden_by_casts
//       CHECK:   ptq.matmul ins(%{{.+}}, %{{.+}} : tensor<?x4xf32>, tensor<2x4x!
//       CHECK:   tensor.cast %{{.+}} : tensor<?x2xf32> to tensor<?x?xf32>
//       CHECK: shape_hidden_by_casts.matmul.0.codes: "0x4000000092B6DBFFA0C0DFFF"
func.func @shape_hidden_by_casts(%x: tensor<?x?xf32>, %out: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>
  %c = tensor.cast %w : tensor<4x2xf32> to tensor<?x?xf32>
  %zero = arith.constant 0.0 : f32
  %init = linalg.fill ins(%zero : f32) outs(%out : tensor<?x?xf32>) -> tensor<?x?xf32>
  %y = linalg.matmul ins(%x, %c : tensor<?x?xf32>, tensor<?x?xf32>) outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// -----

// Two functions, two names, one weight in one format: one copy of the codes.
// CHECK-LABEL: func.func @first
//       CHECK:   dense_resource<first.matmul.0.codes>
// CHECK-LABEL: func.func @second
//       CHECK:   dense_resource<first.matmul.0.codes>
//   CHECK-NOT: second.matmul.0.codes
func.func @first(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}
func.func @second(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}
