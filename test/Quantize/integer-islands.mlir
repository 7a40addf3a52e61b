// What stays float between codes has a remark with the reason.
// RUN: ptq-opt %s --ptq-propagate-integers=mode=fixed --remarks-filter=ptq-quantize --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

// CHECK: integer-islands.mlir:[[@LINE+4]]:8: remark: [Missed] FloatIsland | Category:ptq-quantize | Op=linalg.exp, Reason="'linalg.exp' is none of the ops that codes can do"
func.func @unknown_op(%q: tensor<2x2x!a8>, %out: tensor<2x2xf32>) -> tensor<2x2x!a8> {
  %s = arith.constant dense<0.5> : tensor<1x1xf32>
  %x = ptq.dequantize %q, %s : tensor<2x2x!a8>, tensor<1x1xf32> -> tensor<2x2xf32>
  %e = linalg.exp ins(%x : tensor<2x2xf32>) outs(%out : tensor<2x2xf32>) -> tensor<2x2xf32>
  %r = ptq.quantize %e, %s : tensor<2x2xf32>, tensor<1x1xf32> -> tensor<2x2x!a8>
  return %r : tensor<2x2x!a8>
}

// CHECK: FloatIsland {{.*}}Reason="its result is also used in float"
func.func @also_float(%q: tensor<2x4x!a8>, %w: tensor<2x4x!w8>, %out: tensor<2x2xf32>) -> (tensor<2x2x!a8>, tensor<2x2xf32>) {
  %s = arith.constant dense<0.5> : tensor<1x1xf32>
  %ws = arith.constant dense<0.5> : tensor<2x1xf32>
  %y = ptq.matmul ins(%q, %w : tensor<2x4x!a8>, tensor<2x4x!w8>) lhs(%s : tensor<1x1xf32>) rhs(%ws : tensor<2x1xf32>)
         outs(%out : tensor<2x2xf32>) -> tensor<2x2xf32>
  %r = ptq.quantize %y, %s : tensor<2x2xf32>, tensor<1x1xf32> -> tensor<2x2x!a8>
  return %r, %y : tensor<2x2x!a8>, tensor<2x2xf32>
}

// CHECK: FloatIsland {{.*}}Reason="expects a bias that depends on the output channel only"
func.func @bias_per_row(%q: tensor<2x4x!a8>, %w: tensor<2x4x!w8>, %out: tensor<2x2xf32>) -> tensor<2x2x!a8> {
  %s = arith.constant dense<0.5> : tensor<1x1xf32>
  %ws = arith.constant dense<0.5> : tensor<2x1xf32>
  %bias = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %y = ptq.matmul ins(%q, %w : tensor<2x4x!a8>, tensor<2x4x!w8>) lhs(%s : tensor<1x1xf32>) rhs(%ws : tensor<2x1xf32>)
         outs(%out : tensor<2x2xf32>) -> tensor<2x2xf32>
  %z = linalg.add ins(%y, %bias : tensor<2x2xf32>, tensor<2x2xf32>) outs(%out : tensor<2x2xf32>) -> tensor<2x2xf32>
  %r = ptq.quantize %z, %s : tensor<2x2xf32>, tensor<1x1xf32> -> tensor<2x2x!a8>
  return %r : tensor<2x2x!a8>
}

// CHECK: FloatIsland {{.*}}Reason="expects a clamp to a range that holds 0"
func.func @clamp_above_zero(%q: tensor<2x2x!a8>, %out: tensor<2x2xf32>) -> tensor<2x2x!a8> {
  %s = arith.constant dense<0.5> : tensor<1x1xf32>
  %one = arith.constant dense<1.0> : tensor<2x2xf32>
  %x = ptq.dequantize %q, %s : tensor<2x2x!a8>, tensor<1x1xf32> -> tensor<2x2xf32>
  %clamped = linalg.max ins(%x, %one : tensor<2x2xf32>, tensor<2x2xf32>) outs(%out : tensor<2x2xf32>) -> tensor<2x2xf32>
  %r = ptq.quantize %clamped, %s : tensor<2x2xf32>, tensor<1x1xf32> -> tensor<2x2x!a8>
  return %r : tensor<2x2x!a8>
}
