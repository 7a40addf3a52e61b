// RUN: ptq-opt %s --ptq-lower-types | FileCheck %s

!w4 = !ptq.q<u4:f32, block = [1, 0], scale = f32>
!w12 = !ptq.q<s12:f32, block = [1, 0], scale = f32>

// Signatures.
// CHECK-LABEL: func.func private @embed(tensor<2x4xi8>) -> tensor<2x4xi16>
func.func private @embed(tensor<2x4x!w4>) -> tensor<2x4x!w12>

// CHECK-LABEL: func.func @loops_carry_bytes
//  CHECK-SAME:   %[[ARG:.+]]: tensor<2x4xi8>
//       CHECK:   scf.for {{.*}} iter_args(%[[ITER:.+]] = %[[ARG]]) -> (tensor<2x4xi8>)
//       CHECK:     %[[SLICE:.+]] = tensor.extract_slice %[[ARG]][0, 0] [1, 4] [1, 1] : tensor<2x4xi8> to tensor<1x4xi8>
//       CHECK:     tensor.insert_slice %[[SLICE]] into %[[ITER]]
//   CHECK-NOT:   ptq
func.func @loops_carry_bytes(%q: tensor<2x4x!w4>, %n: index) -> tensor<2x4x!w4> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%iter = %q) -> tensor<2x4x!w4> {
    %slice = tensor.extract_slice %q[0, 0] [1, 4] [1, 1] : tensor<2x4x!w4> to tensor<1x4x!w4>
    %next = tensor.insert_slice %slice into %iter[%i, 0] [1, 4] [1, 1] : tensor<1x4x!w4> into tensor<2x4x!w4>
    scf.yield %next : tensor<2x4x!w4>
  }
  return %r : tensor<2x4x!w4>
}

// CHECK-LABEL: func.func @casts_vanish
//  CHECK-SAME:   %[[BYTES:.+]]: tensor<2x4xi8>
//  CHECK-NEXT:   call @embed(%[[BYTES]]) : (tensor<2x4xi8>) -> tensor<2x4xi16>
func.func @casts_vanish(%bytes: tensor<2x4xi8>) -> tensor<2x4xi16> {
  %q = ptq.storage_cast %bytes : tensor<2x4xi8> to tensor<2x4x!w4>
  %r = call @embed(%q) : (tensor<2x4x!w4>) -> tensor<2x4x!w12>
  %codes = ptq.storage_cast %r : tensor<2x4x!w12> to tensor<2x4xi16>
  return %codes : tensor<2x4xi16>
}
