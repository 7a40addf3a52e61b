// RUN: ptq-opt %s --split-input-file --resolve-ranked-shaped-type-result-dims --canonicalize --cse | FileCheck %s

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 16], scale = f32>

// CHECK-DAG: #[[BLOCKS:.+]] = affine_map<()[s0] -> (s0 ceildiv 16)>
// CHECK-DAG: #[[GROUPS:.+]] = affine_map<()[s0] -> (s0 ceildiv 32)>

// CHECK-LABEL: func.func @scales_and_sums_count_blocks
//  CHECK-SAME:   %[[X:.+]]: tensor<?x?xf32>
//   CHECK-DAG:   %[[M:.+]] = tensor.dim %[[X]], %c0
//   CHECK-DAG:   %[[K:.+]] = tensor.dim %[[X]], %c1
//   CHECK-DAG:   %[[NUM_BLOCKS:.+]] = affine.apply #[[BLOCKS]]()[%[[K]]]
//   CHECK-DAG:   %[[NUM_GROUPS:.+]] = affine.apply #[[GROUPS]]()[%[[K]]]
//   CHECK-NOT:   ptq
//       CHECK:   return %[[M]], %[[K]], %[[M]], %[[NUM_BLOCKS]], %[[M]], %[[NUM_GROUPS]]
func.func @scales_and_sums_count_blocks(%x: tensor<?x?xf32>) -> (index, index, index, index, index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %q, %s, %sums = ptq.dynamic_quantize %x sums [1, 32] : tensor<?x?xf32>
    -> tensor<?x?x!a8>, tensor<?x?xf32>, tensor<?x?xi32>
  %0 = tensor.dim %q, %c0 : tensor<?x?x!a8>
  %1 = tensor.dim %q, %c1 : tensor<?x?x!a8>
  %2 = tensor.dim %s, %c0 : tensor<?x?xf32>
  %3 = tensor.dim %s, %c1 : tensor<?x?xf32>
  %4 = tensor.dim %sums, %c0 : tensor<?x?xi32>
  %5 = tensor.dim %sums, %c1 : tensor<?x?xi32>
  return %0, %1, %2, %3, %4, %5 : index, index, index, index, index, index
}

// -----

!w4 = !ptq.q<u4:f32, block = [1, 0], scale = f32>

// CHECK-LABEL: func.func @rows_of_packed_bytes
//  CHECK-SAME:   %[[BYTES:.+]]: tensor<?x3xi8>
//   CHECK-NOT:   ptq
//       CHECK:   %[[N:.+]] = tensor.dim %[[BYTES]], %c0
//       CHECK:   return %[[N]]
func.func @rows_of_packed_bytes(%bytes: tensor<?x3xi8>) -> index {
  %c0 = arith.constant 0 : index
  %q = ptq.storage_cast %bytes packed : tensor<?x3xi8> to tensor<?x5x!w4>
  %n = tensor.dim %q, %c0 : tensor<?x5x!w4>
  return %n : index
}

// -----

// CHECK-LABEL: func.func @contractions_have_the_shape_of_their_init
//  CHECK-SAME:   %[[OUT:[a-z0-9]+]]: tensor<?x?xf32>)
//   CHECK-NOT:   ptq
//       CHECK:   %[[M:.+]] = tensor.dim %[[OUT]], %c0
//       CHECK:   return %[[M]]
func.func @contractions_have_the_shape_of_their_init(%x: tensor<?x8xf32>, %w: tensor<?x8xf32>, %out: tensor<?x?xf32>) -> index {
  %c0 = arith.constant 0 : index
  %y = ptq.matmul ins(%x, %w : tensor<?x8xf32>, tensor<?x8xf32>) outs(%out : tensor<?x?xf32>) -> tensor<?x?xf32>
  %m = tensor.dim %y, %c0 : tensor<?x?xf32>
  return %m : index
}
