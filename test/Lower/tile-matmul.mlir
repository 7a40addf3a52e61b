// RUN: ptq-opt %s --transform-interpreter --cse --canonicalize | FileCheck %s

!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

// Rows of both sides are cut, with their numbers; K never is.

// CHECK-LABEL: func.func @rows_and_columns
//  CHECK-SAME:   %[[Q:[a-z0-9]+]]: tensor<8x172x!{{[a-z0-9_]+}}>, %[[S:[a-z0-9]+]]: tensor<8x1xf32>, %[[SUMS:[a-z0-9]+]]: tensor<8x6xi32>
//  CHECK-SAME:   %[[W:[a-z0-9]+]]: tensor<12x172x!{{[a-z0-9_]+}}>, %[[WS:[a-z0-9]+]]: tensor<12x6xf16>, %[[OUT:[a-z0-9]+]]: tensor<8x12xf32>
//       CHECK:   scf.for %[[I:[a-z0-9]+]] = %{{.+}} iter_args(%[[OUTER:.+]] = %[[OUT]])
//       CHECK:     scf.for %[[J:[a-z0-9]+]] = %{{.+}} iter_args(%[[ACC:.+]] = %[[OUTER]])
//   CHECK-DAG:       %[[Q_TILE:.+]] = tensor.extract_slice %[[Q]][%[[I]], 0] [4, 172] [1, 1]
//   CHECK-DAG:       %[[S_TILE:.+]] = tensor.extract_slice %[[S]][%[[I]], 0] [4, 1] [1, 1]
//   CHECK-DAG:       %[[SUMS_TILE:.+]] = tensor.extract_slice %[[SUMS]][%[[I]], 0] [4, 6] [1, 1]
//   CHECK-DAG:       %[[W_TILE:.+]] = tensor.extract_slice %[[W]][%[[J]], 0] [3, 172] [1, 1]
//   CHECK-DAG:       %[[WS_TILE:.+]] = tensor.extract_slice %[[WS]][%[[J]], 0] [3, 6] [1, 1]
//   CHECK-DAG:       %[[OUT_TILE:.+]] = tensor.extract_slice %[[ACC]][%[[I]], %[[J]]] [4, 3] [1, 1]
//       CHECK:       %[[TILE:.+]] = ptq.matmul ins(%[[Q_TILE]], %[[W_TILE]] : tensor<4x172x!{{[a-z0-9_]+}}>, tensor<3x172x!{{[a-z0-9_]+}}>) lhs(%[[S_TILE]], sums %[[SUMS_TILE]] : {{.*}}) rhs(%[[WS_TILE]] : {{.*}}) outs(%[[OUT_TILE]] : {{.*}}) -> tensor<4x3xf32>
//       CHECK:       tensor.insert_slice %[[TILE]] into %[[ACC]][%[[I]], %[[J]]] [4, 3] [1, 1]
func.func @rows_and_columns(%q: tensor<8x172x!a8>, %s: tensor<8x1xf32>, %sum: tensor<8x6xi32>, %w: tensor<12x172x!w4>, %ws: tensor<12x6xf16>, %out: tensor<8x12xf32>) -> tensor<8x12xf32> {
  %y = ptq.matmul ins(%q, %w : tensor<8x172x!a8>, tensor<12x172x!w4>)
         lhs(%s, sums %sum : tensor<8x1xf32>, tensor<8x6xi32>)
         rhs(%ws : tensor<12x6xf16>)
         outs(%out : tensor<8x12xf32>) -> tensor<8x12xf32>
  return %y : tensor<8x12xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %matmul = transform.structured.match ops{["ptq.matmul"]} in %module : (!transform.any_op) -> !transform.any_op
    %tiled, %loops:2 = transform.structured.tile_using_for %matmul tile_sizes [4, 3]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}
