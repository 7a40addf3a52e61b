// The second function has a linear that stays float. Nothing else matters.
func.func @quantizes(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<1.5> : tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

func.func @stays_float(%x: tensor<3x4xf64>, %out: tensor<3x2xf64>) -> tensor<3x2xf64> {
  %w = arith.constant dense<1.5> : tensor<4x2xf64>
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf64>, tensor<4x2xf64>) outs(%out : tensor<3x2xf64>) -> tensor<3x2xf64>
  return %y : tensor<3x2xf64>
}

func.func @dequantizes(%q: tensor<3x4x!ptq.q<s8:f32, block = [1, 0], scale = f32>>, %s: tensor<3x1xf32>) -> tensor<3x4xf32> {
  %x = ptq.dequantize %q, %s : tensor<3x4x!ptq.q<s8:f32, block = [1, 0], scale = f32>>, tensor<3x1xf32> -> tensor<3x4xf32>
  return %x : tensor<3x4xf32>
}
