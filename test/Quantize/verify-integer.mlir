// RUN: ptq-opt %s --split-input-file --verify-diagnostics --ptq-verify-integer

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

// Floats before the first codes, and after the last ones, are not between.
func.func @ends(%x: tensor<?x2xf32>, %s: tensor<1x1xf32>, %m: tensor<1x1xf32>, %out: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %e = linalg.exp ins(%x : tensor<?x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
  %q = ptq.quantize %e, %s : tensor<?x2xf32>, tensor<1x1xf32> -> tensor<?x2x!a8>
  %r = ptq.requantize %q float %m : tensor<?x2x!a8>, tensor<1x1xf32> -> tensor<?x2x!a8>
  %y = ptq.dequantize %r, %s : tensor<?x2x!a8>, tensor<1x1xf32> -> tensor<?x2xf32>
  %z = linalg.exp ins(%y : tensor<?x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %z : tensor<?x2xf32>
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

func.func @island(%q: tensor<?x2x!a8>, %s: tensor<1x1xf32>, %out: tensor<?x2xf32>) -> (tensor<?x2x!a8>, tensor<?x2xf32>) {
  // expected-error @below {{is float between codes}}
  %x = ptq.dequantize %q, %s : tensor<?x2x!a8>, tensor<1x1xf32> -> tensor<?x2xf32>
  // expected-error @below {{is float between codes: 'linalg.exp' is none of the ops that codes can do}}
  %e = linalg.exp ins(%x : tensor<?x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
  %r = ptq.quantize %e, %s : tensor<?x2xf32>, tensor<1x1xf32> -> tensor<?x2x!a8>
  %beside = linalg.log ins(%e : tensor<?x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %r, %beside : tensor<?x2x!a8>, tensor<?x2xf32>
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @linear(%q: tensor<?x4x!a8>, %w: tensor<2x4x!w8>, %s: tensor<1x1xf32>, %ws: tensor<2x1xf32>, %out: tensor<?x2xf32>) -> tensor<?x2x!a8> {
  // expected-error @below {{is float between codes: expects scales that are constants of the module}}
  %y = ptq.matmul ins(%q, %w : tensor<?x4x!a8>, tensor<2x4x!w8>)
         lhs(%s : tensor<1x1xf32>) rhs(%ws : tensor<2x1xf32>)
         outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
  %r = ptq.quantize %y, %s : tensor<?x2xf32>, tensor<1x1xf32> -> tensor<?x2x!a8>
  return %r : tensor<?x2x!a8>
}
