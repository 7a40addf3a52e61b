// RUN: ptq-opt %s --split-input-file --transform-interpreter --verify-diagnostics

!q = !ptq.q<u4:f32, block = [1, 8], scale = f32>

func.func @tiles_start_within_a_block(%q: tensor<4x32x!q>, %s: tensor<4x4xf32>) -> tensor<4x32xf32> {
  // expected-error @below {{'ptq.dequantize' op expects tiles of dimension 1 to start at multiples of 8}}
  // expected-error @below {{to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  %x = ptq.dequantize %q, %s : tensor<4x32x!q>, tensor<4x4xf32> -> tensor<4x32xf32>
  return %x : tensor<4x32xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["ptq.dequantize"]} in %module : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_for %op tile_sizes [0, 12]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// K is no loop, so that no schedule can change the order of the sum.
func.func @tiles_of_k(%x: tensor<4x8xf32>, %w: tensor<6x8xf32>, %out: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-note @below {{target op}}
  %y = ptq.matmul ins(%x, %w : tensor<4x8xf32>, tensor<6x8xf32>) outs(%out : tensor<4x6xf32>) -> tensor<4x6xf32>
  return %y : tensor<4x6xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["ptq.matmul"]} in %module : (!transform.any_op) -> !transform.any_op
    // expected-error @below {{too many tiles provided, expected at most 2 found 3}}
    %tiled, %loop = transform.structured.tile_using_for %op tile_sizes [0, 0, 4]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
