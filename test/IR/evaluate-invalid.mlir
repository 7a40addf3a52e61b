// RUN: ptq-opt %s --ptq-evaluate=root=%t.missing --verify-diagnostics

ml_program.global private @scales(#ptq.external<"weights.safetensors", "s">) : tensor<1x1xf32>

func.func @a_parameter_without_a_file(%acc: tensor<1x3xi32>) -> tensor<1x2xf32> {
  %x = arith.constant dense<[[0.3, -1.7]]> : tensor<1x2xf32>
  // expected-error @below {{weights.safetensors}}
  %s = ml_program.global_load_const @scales : tensor<1x1xf32>
  %y = ptq.fake_quantize %x, %s as !ptq.q<s8:f32, block = [0, 0], scale = f32>
      : tensor<1x2xf32>, tensor<1x1xf32> -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
