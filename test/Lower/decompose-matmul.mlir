// RUN: ptq-opt %s --ptq-to-linalg | FileCheck %s

!w4 = !ptq.q<u4:f32, block = [1, 4], scale = f16, zp = 8>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

// CHECK-DAG: #[[LHS:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d3)>
// CHECK-DAG: #[[RHS:.+]] = affine_map<(d0, d1, d2, d3) -> (d1, d2, d3)>
// CHECK-DAG: #[[DOTS:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>

// CHECK-LABEL: func.func @groups_are_a_dimension
//  CHECK-SAME:   %[[Q:[a-z0-9]+]]: tensor<?x8xi8>, %[[S:[a-z0-9]+]]: tensor<?x1xf32>, %[[SUMS:[a-z0-9]+]]: tensor<?x2xi32>
//  CHECK-SAME:   %[[W:[a-z0-9]+]]: tensor<3x8xi8>, %[[WS:[a-z0-9]+]]: tensor<3x2xf16>, %[[OUT:[a-z0-9]+]]: tensor<?x3xf32>
//   CHECK-DAG:   %[[ZERO_POINT:.+]] = arith.constant 8 : i32
//   CHECK-NOT:   tensor.pad
//       CHECK:   %[[LHS_GROUPS:.+]] = tensor.expand_shape %[[Q]] {{.*}} into tensor<?x2x4xi8>
//       CHECK:   %[[RHS_GROUPS:.+]] = tensor.expand_shape %[[W]] {{.*}} into tensor<3x2x4xi8>
//       CHECK:   %[[DOT:.+]] = linalg.generic {indexing_maps = [#[[LHS]], #[[RHS]], #[[DOTS]]], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%[[LHS_GROUPS]], %[[RHS_GROUPS]]
//       CHECK:     %[[A:.+]] = arith.extsi
//       CHECK:     %[[B:.+]] = arith.extui
//       CHECK:     %[[PRODUCT:.+]] = arith.muli %[[A]], %[[B]] : i32
//       CHECK:     arith.addi %{{.+}}, %[[PRODUCT]] : i32
//       CHECK:   linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[DOT]], %[[SUMS]], %[[WS]]
//       CHECK:     %[[CORRECTION:.+]] = arith.muli %{{.+}}, %[[ZERO_POINT]]
//       CHECK:     %[[D:.+]] = arith.subi %{{.+}}, %[[CORRECTION]]
//       CHECK:     %[[VALUE:.+]] = arith.sitofp %[[D]]
//       CHECK:     %[[SCALE:.+]] = arith.extf
//       CHECK:     math.fma %[[VALUE]], %[[SCALE]], %{{.+}}
//       CHECK:   linalg.generic {{.*}} ins(%[[S]]
//       CHECK:     arith.mulf
//   CHECK-NOT:   ptq
func.func @groups_are_a_dimension(%q: tensor<?x8x!a8>, %s: tensor<?x1xf32>, %sum: tensor<?x2xi32>, %w: tensor<3x8x!w4>, %ws: tensor<3x2xf16>, %out: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %y = ptq.matmul ins(%q, %w : tensor<?x8x!a8>, tensor<3x8x!w4>)
         lhs(%s, sums %sum : tensor<?x1xf32>, tensor<?x2xi32>)
         rhs(%ws : tensor<3x2xf16>)
         outs(%out : tensor<?x3xf32>) -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}
