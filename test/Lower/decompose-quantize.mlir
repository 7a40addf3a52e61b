// RUN: ptq-opt %s --split-input-file --ptq-decompose-ops | FileCheck %s

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

// CHECK-LABEL: func.func @scales_are_inverted_once
//  CHECK-SAME:   %[[X:.+]]: tensor<4x8xf32>, %[[S:.+]]: tensor<4x1xf32>
//       CHECK:   %[[INVERSE:.+]] = linalg.generic {{.*}} ins(%[[S]] :
//       CHECK:     arith.divf
//       CHECK:   %[[CODES:.+]] = linalg.generic {{.*}} ins(%[[X]], %[[INVERSE]] :
//   CHECK-NOT:     arith.divf
//       CHECK:     arith.mulf
//       CHECK:     math.roundeven
//       CHECK:     arith.maxnumf
//       CHECK:     arith.minnumf
//       CHECK:     arith.fptosi
//       CHECK:   ptq.storage_cast %[[CODES]] : tensor<4x8xi8> to
func.func @scales_are_inverted_once(%x: tensor<4x8xf32>, %s: tensor<4x1xf32>) -> tensor<4x8x!a8> {
  %q = ptq.quantize %x, %s : tensor<4x8xf32>, tensor<4x1xf32> -> tensor<4x8x!a8>
  return %q : tensor<4x8x!a8>
}

// -----

// The same, as it is written in the description of the pass: nothing is left
// to decompose.

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

#element = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0, 0)>

// CHECK-LABEL: func.func @decomposed
//       CHECK:   ptq.storage_cast %{{.+}} : tensor<4x8xi8> to
func.func @decomposed(%x: tensor<4x8xf32>, %s: tensor<4x1xf32>) -> tensor<4x8x!a8> {
  %one = arith.constant 1.0 : f32
  %min = arith.constant -127.0 : f32
  %max = arith.constant 127.0 : f32
  %scales = tensor.empty() : tensor<4x1xf32>
  %bytes = tensor.empty() : tensor<4x8xi8>
  %inverse = linalg.generic {indexing_maps = [#element, #element], iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<4x1xf32>) outs(%scales : tensor<4x1xf32>) {
  ^bb0(%scale: f32, %old: f32):
    %0 = arith.divf %one, %scale : f32
    linalg.yield %0 : f32
  } -> tensor<4x1xf32>
  %codes = linalg.generic {indexing_maps = [#element, #row, #element], iterator_types = ["parallel", "parallel"]}
      ins(%x, %inverse : tensor<4x8xf32>, tensor<4x1xf32>) outs(%bytes : tensor<4x8xi8>) {
  ^bb0(%value: f32, %factor: f32, %old: i8):
    %0 = arith.mulf %value, %factor : f32
    %1 = math.roundeven %0 : f32
    %2 = arith.maxnumf %1, %min : f32
    %3 = arith.minnumf %2, %max : f32
    %4 = arith.fptosi %3 : f32 to i8
    linalg.yield %4 : i8
  } -> tensor<4x8xi8>
  %q = ptq.storage_cast %codes : tensor<4x8xi8> to tensor<4x8x!a8>
  return %q : tensor<4x8x!a8>
}
