// Cuts rows and columns of every contraction, and fuses what makes its
// operands; cuts the rows of every other op that has some.
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %contractions = transform.structured.match ops{["ptq.matmul", "ptq.batch_matmul"]} in %module : (!transform.any_op) -> !transform.any_op
    %fused, %loops:2 = transform.structured.fuse %contractions tile_sizes [2, 2]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    %elements = transform.structured.match ops{["ptq.quantize", "ptq.dequantize", "ptq.fake_quantize", "ptq.requantize", "ptq.embedding"]} in %module
      : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_for %elements tile_sizes [4]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
