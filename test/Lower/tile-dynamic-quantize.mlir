// RUN: ptq-opt %s --transform-interpreter --cse --canonicalize | FileCheck %s

// Tokens are cut, the row that a scale looks at is not: the consumer's tile
// makes the codes, the scales and the sums of its own rows, and no others.

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>

// CHECK-LABEL: func.func @rows_are_quantized_where_they_are_used
//  CHECK-SAME:   %[[X:[a-z0-9]+]]: tensor<?x64xf32>
//       CHECK:   scf.for %[[I:[a-z0-9]+]] =
//       CHECK:     %[[ROWS:.+]] = tensor.extract_slice %[[X]][%[[I]], 0] [%[[M:[a-z0-9]+]], 64] [1, 1]
//       CHECK:     %[[Q:.+]], %[[S:.+]], %[[SUMS:.+]] = ptq.dynamic_quantize %[[ROWS]] sums [1, 0]
//   CHECK-NOT:     ptq.dynamic_quantize
//       CHECK:     ptq.matmul ins(%[[Q]], %{{.+}}) lhs(%[[S]], sums %[[SUMS]] :
//   CHECK-NOT:   ptq.dynamic_quantize
func.func @rows_are_quantized_where_they_are_used(%x: tensor<?x64xf32>, %w: tensor<32x64x!w8>, %ws: tensor<32x1xf32>, %out: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %q, %s, %sum = ptq.dynamic_quantize %x sums [1, 0] : tensor<?x64xf32>
    -> tensor<?x64x!a8>, tensor<?x1xf32>, tensor<?x1xi32>
  %y = ptq.matmul ins(%q, %w : tensor<?x64x!a8>, tensor<32x64x!w8>)
         lhs(%s, sums %sum : tensor<?x1xf32>, tensor<?x1xi32>)
         rhs(%ws : tensor<32x1xf32>)
         outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %matmul = transform.structured.match ops{["ptq.matmul"]} in %module : (!transform.any_op) -> !transform.any_op
    %fused, %loop = transform.structured.fuse %matmul tile_sizes [4]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
