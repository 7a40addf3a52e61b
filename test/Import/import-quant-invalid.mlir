// RUN: ptq-opt %s --ptq-import-quant --split-input-file --verify-diagnostics

func.func @any_type() {
  // expected-error @below {{op expects !quant.uniform, but got !quant.any<i8:f32>}}
  %0 = tensor.empty() : tensor<4x!quant.any<i8:f32>>
  return
}

// -----

// expected-error @below {{'func.func' op expects !quant.uniform, but got !quant.calibrated<f32<-1.000000e+00:1.000000e+00>>}}
func.func private @calibrated(tensor<4x!quant.calibrated<f32<-1.0:1.0>>>)

// -----

// expected-error @below {{'func.func' op expects !quant.uniform as elements of ranked tensors only, but got tensor<*x!quant.uniform<i8:f32, 5.000000e-01>>}}
func.func @unranked(%a: tensor<*x!quant.uniform<i8:f32, 0.5>>) {
  return
}

// -----

func.func @scalar(%x: f32) {
  // expected-error @below {{'quant.qcast' op expects !quant.uniform as elements of ranked tensors only, but got !quant.uniform<i8:f32, 5.000000e-01>}}
  %q = quant.qcast %x : f32 to !quant.uniform<i8:f32, 0.5>
  return
}

// -----

// expected-error @below {{'func.func' op expects !quant.uniform as elements of ranked tensors only, but got tuple<!quant.uniform<i8:f32, 5.000000e-01>>}}
func.func @tuple(%a: tuple<!quant.uniform<i8:f32, 0.5>>) {
  return
}

// -----

// expected-error @below {{'func.func' op expects a tensor of rank 1 or more}}
func.func @rank_0(%a: tensor<!quant.uniform<i8:f32, 0.5>>) {
  return
}

// -----

// expected-error @below {{'func.func' op expects quantized tensors without encoding}}
func.func @encoding(%a: tensor<4x!quant.uniform<i8:f32, 0.5>, "packed">) {
  return
}

// -----

// expected-error @below {{'func.func' op expects storage of 2 to 16 bits, but got 32}}
func.func @wide_storage(%a: tensor<4x!quant.uniform<i32:f32, 0.5>>) {
  return
}

// -----

// expected-error @below {{'func.func' op expects expressed type f32, f16 or bf16, but got f64}}
func.func @expressed_f64(%a: tensor<4x!quant.uniform<i8:f64, 0.5>>) {
  return
}

// -----

// expected-error @below {{'func.func' op expects zero points in [-128, 127], but got 128}}
func.func @zero_point_outside(%a: tensor<4x!quant.uniform<i8:f32, 0.5:128>>) {
  return
}

// -----

// expected-error @below {{'func.func' op expects a quantized dimension below 1, but got 1}}
func.func @axis_outside(%a: tensor<4x!quant.uniform<i8:f32:1, {0.5, 0.25}>>) {
  return
}

// -----

func.func @computes(%a: tensor<4x!quant.uniform<i8:f32, 0.5>>) -> tensor<4x!quant.uniform<i8:f32, 0.5>> {
  // expected-error @below {{'tosa.reverse' op expects quantized tensors in casts, control flow, calls and ops that move elements only}}
  %b = tosa.reverse %a {axis = 0 : i32} : (tensor<4x!quant.uniform<i8:f32, 0.5>>) -> tensor<4x!quant.uniform<i8:f32, 0.5>>
  return %b : tensor<4x!quant.uniform<i8:f32, 0.5>>
}

// -----

func.func @per_axis_rank_changes(%a: tensor<2x4x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  // expected-error @below {{'tensor.collapse_shape' op expects a scale per tensor where the rank changes}}
  %b = tensor.collapse_shape %a [[0, 1]] : tensor<2x4x!quant.uniform<i8:f32:0, {0.5, 0.25}>> into tensor<8x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}
