// RUN: not ptq-opt %s --ptq-quantize="parameters=%t.safetensors root=%inputs/storyteller-1m" --split-input-file 2>&1 | FileCheck %s
// RUN: not ls %t.safetensors

// CHECK: error: weight 'no_such_key.matmul.0': {{.*}}model.safetensors{{.*}}'nothing'
ml_program.global private @weight(#ptq.external<"model.safetensors", "nothing">) : tensor<4x2xf32>
func.func @no_such_key(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = ml_program.global_load_const @weight : tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

// CHECK: error: weight 'another_type.matmul.0': {{.*}}model.safetensors
ml_program.global private @weight(#ptq.external<"model.safetensors", "model.norm.weight">) : tensor<4x2xf32>
func.func @another_type(%x: tensor<3x4xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = ml_program.global_load_const @weight : tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

// CHECK: error: {{.*}}model.safetensors
ml_program.global public @kept(#ptq.external<"model.safetensors", "nothing">) : tensor<4xf32>

// -----

// CHECK: error: expects global 'scalar' to be a static tensor of a type that safetensors have
ml_program.global public @scalar(#ptq.external<"model.safetensors", "nothing">) : f32
