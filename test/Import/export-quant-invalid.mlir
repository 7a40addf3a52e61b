// RUN: ptq-opt %s --ptq-export-quant=max-scales=2 --split-input-file --verify-diagnostics

!a8 = !ptq.q<s8:f32, block = [0], scale = f32>
func.func @scale_of_run_time(%x: tensor<4xf32>, %s: tensor<1xf32>) {
  // expected-error @below {{'ptq.quantize' op expects constant scales and zero points}}
  %q = ptq.quantize %x, %s : tensor<4xf32>, tensor<1xf32> -> tensor<4x!a8>
  return
}

// -----

!w8 = !ptq.q<s8:f32, block = [1], scale = f32>
func.func @too_many_scales(%x: tensor<3xf32>) {
  %s = arith.constant dense<[0.5, 0.25, 1.0]> : tensor<3xf32>
  // expected-error @below {{'ptq.quantize' op expects at most 2 scales, but got 3}}
  %q = ptq.quantize %x, %s : tensor<3xf32>, tensor<3xf32> -> tensor<3x!w8>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0], scale = f32>
func.func @two_scales_for_one_value(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant dense<0.5> : tensor<1xf32>
  %t = arith.constant dense<0.25> : tensor<1xf32>
  // expected-note @below {{other numbers are here}}
  %q = ptq.quantize %x, %s : tensor<4xf32>, tensor<1xf32> -> tensor<4x!a8>
  // expected-error @below {{'ptq.dequantize' op expects the scales and zero points that its value has elsewhere}}
  %y = ptq.dequantize %q, %t : tensor<4x!a8>, tensor<1xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

!a8 = !ptq.q<s8:f32, block = [0], scale = f32>
// expected-error @below {{expects a quantize or dequantize that says which scales this value of 'tensor<4x!ptq.q<s8:f32, block = [0], scale = f32>>' has}}
func.func @no_scales(%q: tensor<4x!a8>) {
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0], scale = f32>
// expected-error @below {{'func.func' op expects a body that says which scales its quantized tensors have}}
func.func private @declared(tensor<4x!a8>)

// -----

!w4 = !ptq.q<u4:f32, block = [0], scale = f32, zp = 8>
func.func @packed(%bytes: tensor<2xi8>) {
  // expected-error @below {{'ptq.storage_cast' op expects one code per byte, but got packed ones: the quant dialect does not know bits of bytes}}
  %q = ptq.storage_cast %bytes packed : tensor<2xi8> to tensor<4x!w4>
  return
}

// -----

func.func @no_counterpart(%x: tensor<1x3xf32>) {
  // expected-error @below {{'ptq.dynamic_quantize' op has no counterpart in the quant dialect}}
  %q, %s = ptq.dynamic_quantize %x : tensor<1x3xf32> -> tensor<1x3x!ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>>, tensor<1x1xf32>
  return
}

// -----

!w4 = !ptq.q<s4:f32, block = [1], scale = f32>
func.func @negative_scale(%x: tensor<2xf32>) {
  %s = arith.constant dense<[-0.5, 0.25]> : tensor<2xf32>
  // expected-error @below {{'ptq.quantize' op expects positive normal scales, but got -5.0}}
  %q = ptq.quantize %x, %s : tensor<2xf32>, tensor<2xf32> -> tensor<2x!w4>
  return
}

// -----

!g2 = !ptq.q<s8:f32, block = [2], scale = f32>
func.func @ragged_block(%x: tensor<3xf32>) {
  %s = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  // expected-error @below {{'ptq.quantize' op expects whole blocks of 2 along dimension 0, but got 3}}
  %q = ptq.quantize %x, %s : tensor<3xf32>, tensor<2xf32> -> tensor<3x!g2>
  return
}

// -----

!g2 = !ptq.q<s8:f16, block = [2], scale = f32>
func.func @scale_that_the_type_rounds(%x: tensor<4xf16>) {
  %s = arith.constant dense<[0.1, 0.25]> : tensor<2xf32>
  // expected-error @below {{'ptq.quantize' op expects scales of blocks that f16 holds exactly, but got 1.0}}
  %q = ptq.quantize %x, %s : tensor<4xf16>, tensor<2xf32> -> tensor<4x!g2>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0], scale = f32>
func.func @folds_upstream(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant dense<0.5> : tensor<1xf32>
  %q = ptq.quantize %x, %s : tensor<4xf32>, tensor<1xf32> -> tensor<4x!a8>
  // expected-warning @below {{quant.dcast of quant.qcast folds to its input, without the error of quantization, in 1 place}}
  %y = ptq.dequantize %q, %s : tensor<4x!a8>, tensor<1xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

!a8 = !ptq.q<s8:f32, block = [0], scale = f32>
func.func @computes(%q: tensor<4x!a8>, %i: index) {
  // expected-error @below {{'tensor.extract' op expects quantized tensors in casts, control flow, calls and ops that move elements only}}
  %x = tensor.extract %q[%i] : tensor<4x!a8>
  return
}
