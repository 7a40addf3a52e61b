// RUN: ptq-opt %s --split-input-file --transform-interpreter --cse --canonicalize | FileCheck %s

!q = !ptq.q<u4:f32, block = [4, 8], scale = f32, zp = i32>

// A tile of 8 by 16 has 2 by 2 blocks. The last tile of each dimension is
// shorter, and so is its last block.

// CHECK-DAG: #[[ROWS:.+]] = affine_map<(d0) -> (-d0 + 22, 8)>
// CHECK-DAG: #[[COLUMNS:.+]] = affine_map<(d0) -> (-d0 + 20, 16)>
// CHECK-DAG: #[[ROW_BLOCK:.+]] = affine_map<(d0) -> (d0 floordiv 4)>
// CHECK-DAG: #[[COLUMN_BLOCK:.+]] = affine_map<(d0) -> (d0 floordiv 8)>
// CHECK-DAG: #[[ROW_BLOCKS:.+]] = affine_map<(d0) -> (d0 ceildiv 4)>
// CHECK-DAG: #[[COLUMN_BLOCKS:.+]] = affine_map<(d0) -> (d0 ceildiv 8)>

// CHECK-LABEL: func.func @numbers_follow_their_blocks
//  CHECK-SAME:   %[[Q:[a-z0-9]+]]: tensor<22x20x!{{.+}}>, %[[S:[a-z0-9]+]]: tensor<6x3xf32>, %[[Z:[a-z0-9]+]]: tensor<6x3xi32>
//       CHECK:   scf.for %[[I:[a-z0-9]+]] =
//       CHECK:     scf.for %[[J:[a-z0-9]+]] =
//   CHECK-DAG:       %[[M:[a-z0-9]+]] = affine.min #[[ROWS]](%[[I]])
//   CHECK-DAG:       %[[N:[a-z0-9]+]] = affine.min #[[COLUMNS]](%[[J]])
//   CHECK-DAG:       %[[BI:[a-z0-9]+]] = affine.apply #[[ROW_BLOCK]](%[[I]])
//   CHECK-DAG:       %[[BJ:[a-z0-9]+]] = affine.apply #[[COLUMN_BLOCK]](%[[J]])
//   CHECK-DAG:       %[[BM:[a-z0-9]+]] = affine.apply #[[ROW_BLOCKS]](%[[M]])
//   CHECK-DAG:       %[[BN:[a-z0-9]+]] = affine.apply #[[COLUMN_BLOCKS]](%[[N]])
//   CHECK-DAG:       %[[Q_TILE:.+]] = tensor.extract_slice %[[Q]][%[[I]], %[[J]]] [%[[M]], %[[N]]]
//   CHECK-DAG:       %[[S_TILE:.+]] = tensor.extract_slice %[[S]][%[[BI]], %[[BJ]]] [%[[BM]], %[[BN]]]
//   CHECK-DAG:       %[[Z_TILE:.+]] = tensor.extract_slice %[[Z]][%[[BI]], %[[BJ]]] [%[[BM]], %[[BN]]]
//       CHECK:       ptq.dequantize %[[Q_TILE]], %[[S_TILE]], zp %[[Z_TILE]]
func.func @numbers_follow_their_blocks(%q: tensor<22x20x!q>, %s: tensor<6x3xf32>, %z: tensor<6x3xi32>) -> tensor<22x20xf32> {
  %x = ptq.dequantize %q, %s, zp %z : tensor<22x20x!q>, tensor<6x3xf32>, tensor<6x3xi32> -> tensor<22x20xf32>
  return %x : tensor<22x20xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["ptq.dequantize"]} in %module : (!transform.any_op) -> !transform.any_op
    %tiled, %loops:2 = transform.structured.tile_using_for %op tile_sizes [8, 16]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}
