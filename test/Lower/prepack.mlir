// RUN: ptq-opt %s --ptq-prepack --split-input-file | FileCheck %s

#packed = #ptq.packed<f32, shape = [2, 3], layout = <columns = 4, depth = 1, bits = 32>>

// Columns beside each other, two of padding.
// CHECK-LABEL: func.func @constants_become_bytes
//       CHECK:   %[[P:.+]] = arith.constant dense_resource<ptq_packed> : tensor<48xi8, #ptq.packed<f32,
//   CHECK-NOT:   ptq.pack %
//       CHECK:   return %[[P]]
//       CHECK: ptq_packed: "0x400000000000803F0000804000000000000000000000004000000000000000000000000000004040000000000000000000000000"
func.func @constants_become_bytes() -> tensor<48xi8, #packed> {
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 0.0, 0.0]]> : tensor<2x3xf32>
  %p = ptq.pack %w : tensor<2x3xf32> -> tensor<48xi8, #packed>
  return %p : tensor<48xi8, #packed>
}

// -----

!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>
#packed = #ptq.packed<!w4, shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>

ml_program.global private @w(#ptq.external<"m.safetensors", "q">) : tensor<37x86xi8>
ml_program.global private @s(#ptq.external<"m.safetensors", "s">) : tensor<37x6xf16>

// Two functions that read one weight share it.
// CHECK: ml_program.global private @w.packed(#ptq.pack_on_load<#ptq.packed<!u4_g32, shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>, <"m.safetensors", "q"> : tensor<37x86xi8>, scales = <"m.safetensors", "s">>) : tensor<4800xi8,
// CHECK-NOT: @w.packed_
// CHECK-LABEL: func.func @files_are_packed_on_load
//       CHECK:   ml_program.global_load_const @w.packed : tensor<4800xi8,
//   CHECK-NOT:   ptq.pack %
func.func @files_are_packed_on_load() -> tensor<4800xi8, #packed> {
  %bytes = ml_program.global_load_const @w : tensor<37x86xi8>
  %ws = ml_program.global_load_const @s : tensor<37x6xf16>
  %w = ptq.storage_cast %bytes packed : tensor<37x86xi8> to tensor<37x172x!w4>
  %p = ptq.pack %w, %ws : tensor<37x172x!w4>, tensor<37x6xf16> -> tensor<4800xi8, #packed>
  return %p : tensor<4800xi8, #packed>
}

// CHECK-LABEL: func.func @again
//       CHECK:   ml_program.global_load_const @w.packed : tensor<4800xi8,
func.func @again() -> tensor<4800xi8, #packed> {
  %bytes = ml_program.global_load_const @w : tensor<37x86xi8>
  %ws = ml_program.global_load_const @s : tensor<37x6xf16>
  %w = ptq.storage_cast %bytes packed : tensor<37x86xi8> to tensor<37x172x!w4>
  %p = ptq.pack %w, %ws : tensor<37x172x!w4>, tensor<37x6xf16> -> tensor<4800xi8, #packed>
  return %p : tensor<4800xi8, #packed>
}

// -----

#packed = #ptq.packed<f32, shape = [2, 3], layout = <columns = 4, depth = 1, bits = 32>>

// CHECK-LABEL: func.func @arguments_stay
//       CHECK:   ptq.pack
func.func @arguments_stay(%w: tensor<2x3xf32>) -> tensor<48xi8, #packed> {
  %p = ptq.pack %w : tensor<2x3xf32> -> tensor<48xi8, #packed>
  return %p : tensor<48xi8, #packed>
}
