// RUN: ptq-opt %s --ptq-verify-lowered --split-input-file --verify-diagnostics

// Names of linears are strings, which anyone can read.
func.func @names_may_stay(%x: tensor<2x4xf32>) attributes {ptq.name = "head"} {
  return
}

func.func private @embed(tensor<2x4xi8>) -> tensor<2x4xi16>

// -----

!q = !ptq.q<u4:f32, block = [1, 0], scale = f32>

// expected-error @below {{'func.func' op has a block argument of type 'tensor<2x4x!ptq.q<u4:f32, block = [1, 0], scale = f32>>' after lowering}}
func.func @block_argument(%q: tensor<2x4x!q>) {
  return
}

// -----

!q = !ptq.q<u4:f32, block = [1, 0], scale = f32>

func.func @op(%bytes: tensor<2x4xi8>) {
  // expected-error @below {{'ptq.storage_cast' op is left after lowering}}
  %q = ptq.storage_cast %bytes : tensor<2x4xi8> to tensor<2x4x!q>
  return
}

// -----

!q = !ptq.q<u4:f32, block = [1, 0], scale = f32>

func.func @result() {
  // expected-error @below {{'tensor.empty' op has a result of type 'tensor<2x4x!ptq.q<u4:f32, block = [1, 0], scale = f32>>' after lowering}}
  %q = tensor.empty() : tensor<2x4x!q>
  return
}

// -----

// expected-error @below {{'func.func' op has 'function_type' of the ptq dialect after lowering}}
func.func private @signature(tensor<2x4x!ptq.q<u4:f32, block = [1, 0], scale = f32>>)

// -----

// expected-error @below {{'ml_program.global' op has 'value' of the ptq dialect after lowering}}
ml_program.global private @weight(#ptq.external<"model.safetensors", "weight">) : tensor<2x4xi8>
