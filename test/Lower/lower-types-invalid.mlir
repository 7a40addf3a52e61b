// RUN: ptq-opt %s --ptq-lower-types --split-input-file --verify-diagnostics

func.func @ops_that_compute(%x: tensor<2x4xf32>, %s: tensor<2x1xf32>) -> tensor<2x4x!ptq.q<u4:f32, block = [1, 0], scale = f32>> {
  // expected-error @below {{'ptq.quantize' op expects to be decomposed before its types are lowered}}
  %q = ptq.quantize %x, %s : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4x!ptq.q<u4:f32, block = [1, 0], scale = f32>>
  return %q : tensor<2x4x!ptq.q<u4:f32, block = [1, 0], scale = f32>>
}

// -----

func.func @packed_casts(%bytes: tensor<2x2xi8>) -> tensor<2x4x!ptq.q<u4:f32, block = [1, 0], scale = f32>> {
  // expected-error @below {{'ptq.storage_cast' op expects to be decomposed before its types are lowered}}
  %q = ptq.storage_cast %bytes packed : tensor<2x2xi8> to tensor<2x4x!ptq.q<u4:f32, block = [1, 0], scale = f32>>
  return %q : tensor<2x4x!ptq.q<u4:f32, block = [1, 0], scale = f32>>
}
