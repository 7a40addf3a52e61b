// RUN: ptq-opt %s | ptq-opt | FileCheck %s

// CHECK: ml_program.global private @layers.0.q_proj.weight(#ptq.external<"model.safetensors", "model.layers.0.self_attn.q_proj.weight">) : tensor<64x64xbf16>
ml_program.global private @layers.0.q_proj.weight(
  #ptq.external<"model.safetensors", "model.layers.0.self_attn.q_proj.weight">)
  : tensor<64x64xbf16>
