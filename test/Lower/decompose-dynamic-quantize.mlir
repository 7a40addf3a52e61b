// RUN: ptq-opt %s --ptq-to-linalg | FileCheck %s

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

// One scale per row, then codes, then sums over groups of 4 of which the last
// has 2: that one is padded.

// CHECK-LABEL: func.func @rows_are_scaled_by_their_largest_magnitude
//  CHECK-SAME:   %[[X:.+]]: tensor<3x6xf32>) -> (tensor<3x6xi8>, tensor<3x1xf32>, tensor<3x2xi32>)
//       CHECK:   %[[MAX:.+]] = linalg.generic {{.*}}"parallel", "reduction"{{.*}} ins(%[[X]]
//       CHECK:     math.absf
//       CHECK:     arith.maxnumf
//       CHECK:   %[[SCALE:.+]] = linalg.generic {{.*}} ins(%[[MAX]] : tensor<3xf32>)
//       CHECK:     arith.divf %{{.+}}, %cst{{.*}} : f32
//       CHECK:     arith.cmpf olt
//       CHECK:     arith.select
//       CHECK:   %[[SCALES:.+]] = tensor.expand_shape %[[SCALE]] {{.*}} into tensor<3x1xf32>
//       CHECK:   %[[INVERSE:.+]] = linalg.generic {{.*}} ins(%[[SCALES]]
//       CHECK:     arith.divf %{{.+}}, %{{.+}} : f32
//       CHECK:   %[[CODES:.+]] = linalg.generic {{.*}} ins(%[[X]], %[[INVERSE]]
//       CHECK:     arith.mulf
//  CHECK-NEXT:     math.roundeven
//  CHECK-NEXT:     arith.maxnumf
//  CHECK-NEXT:     arith.minnumf
//  CHECK-NEXT:     arith.fptosi
//       CHECK:   %[[PADDED:.+]] = tensor.pad %[[CODES]] low[0, 0] high[0, 2]
//       CHECK:   %[[GROUPS:.+]] = tensor.expand_shape %[[PADDED]] {{.*}} into tensor<3x2x4xi8>
//       CHECK:   %[[SUMS:.+]] = linalg.generic {{.*}}"parallel", "parallel", "reduction"{{.*}} ins(%[[GROUPS]]
//       CHECK:     arith.extsi
//  CHECK-NEXT:     arith.addi
//       CHECK:   return %[[CODES]], %[[SCALES]], %[[SUMS]]
//   CHECK-NOT:   ptq
func.func @rows_are_scaled_by_their_largest_magnitude(%x: tensor<3x6xf32>) -> (tensor<3x6x!a8>, tensor<3x1xf32>, tensor<3x2xi32>) {
  %q, %s, %sum = ptq.dynamic_quantize %x sums [1, 4] : tensor<3x6xf32>
    -> tensor<3x6x!a8>, tensor<3x1xf32>, tensor<3x2xi32>
  return %q, %s, %sum : tensor<3x6x!a8>, tensor<3x1xf32>, tensor<3x2xi32>
}
