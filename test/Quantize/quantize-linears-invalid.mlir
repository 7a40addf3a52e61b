// RUN: ptq-opt %s --ptq-quantize=recipe=w4a8-g2 --split-input-file --verify-diagnostics

func.func @not_a_number(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 0x7FC00000], [7.0, 8.0]]> : tensor<4x2xf32>
  // expected-error @below {{weight 'not_a_number.matmul.0': expects finite values, but got nan at [1, 2]}}
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

func.func @infinite(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [0xFF800000, 8.0]]> : tensor<4x2xf32>
  // expected-error @below {{weight 'infinite.matmul.0': expects finite values, but got -inf at [0, 3]}}
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

func.func @scale_overflows(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 1.0e7], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>
  // expected-error @below {{weight 'scale_overflows.matmul.0': expects scales that fit their type, but the one of [1, 0:2] overflows}}
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

ml_program.global private @weight(#ptq.external<"no-such-file.safetensors", "weight">) : tensor<4x2xf32>
func.func @missing_file(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = ml_program.global_load_const @weight : tensor<4x2xf32>
  // expected-error @below {{no-such-file.safetensors}}
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}
