// RUN: ptq-opt %s --split-input-file | ptq-opt --split-input-file | FileCheck %s

!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>

// 37 columns are 3 panels of 16; 172 of K are 5 groups of 32 and one of 12:
// 3 * (5 * (32 + 4 * 64) + (32 + 2 * 64)) bytes.
// CHECK-LABEL: func.func private @ragged_4_bit(
//  CHECK-SAME:   tensor<4800xi8, #ptq.packed<!u4_g32, shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>>
func.func private @ragged_4_bit(tensor<4800xi8, #ptq.packed<!ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>,
                               shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>>)

// -----

// One group: 64 bytes of scales and 86 steps of 32 bytes in each of 3 panels.
// CHECK-LABEL: func.func private @per_channel_8_bit(
//  CHECK-SAME:   tensor<8448xi8, #ptq.packed<!u8, shape = [37, 172], layout = <columns = 16, depth = 2, bits = 8>>>
func.func private @per_channel_8_bit(tensor<8448xi8,
  #ptq.packed<!ptq.q<u8:f32, block = [1, 0], scale = f32, zp = 128>, shape = [37, 172],
              layout = <columns = 16, depth = 2, bits = 8>>>)

// -----

// CHECK-LABEL: func.func private @floats(tensor<64xi8, #ptq.packed<bf16, shape = [5, 4], layout = <columns = 8, depth = 1, bits = 16>>>)
func.func private @floats(tensor<64xi8, #ptq.packed<bf16, shape = [5, 4], layout = <columns = 8, depth = 1, bits = 16>>>)

// -----

#packed = #ptq.packed<!ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>,
                      shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>

// CHECK: ml_program.global private @packed(#ptq.pack_on_load<#ptq.packed<{{.*}}>, <"m.safetensors", "q"> : tensor<37x86xi8>, scales = <"m.safetensors", "s">>)
ml_program.global private @packed(
  #ptq.pack_on_load<#packed, <"m.safetensors", "q"> : tensor<37x86xi8>, scales = <"m.safetensors", "s">>)
  : tensor<4800xi8, #packed>

// -----

// Two levels: 64 bytes of scales, then 10 groups of 16 + 2 * 64 bytes and one of
// 16 + 2 * 64, in each of 3 panels.
// CHECK-LABEL: func.func private @two_levels(
//  CHECK-SAME:   tensor<4944xi8, #ptq.packed<
func.func private @two_levels(tensor<4944xi8,
  #ptq.packed<!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = s5<-15:15> per [1, 16]>,
              shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>>)

// -----

#packed = #ptq.packed<!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = s5<-15:15> per [1, 16]>,
                      shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>

// CHECK: @packed(#ptq.pack_on_load<{{.*}}, scales = <"m.safetensors", "s">, multipliers = <"m.safetensors", "k">>)
ml_program.global private @packed(
  #ptq.pack_on_load<#packed, <"m.safetensors", "q"> : tensor<37x86xi8>, scales = <"m.safetensors", "s">,
                    multipliers = <"m.safetensors", "k">>)
  : tensor<4944xi8, #packed>

// -----

// CHECK: test.isas = [#ptq.isa<sse41>, #ptq.isa<avx2>, #ptq.isa<avxvnni>, #ptq.isa<avx512vnni>,
// CHECK-SAME:            #ptq.isa<neon>, #ptq.isa<dotprod>, #ptq.isa<i8mm>, #ptq.isa<sve>]
module attributes {test.isas = [#ptq.isa<sse41>, #ptq.isa<avx2>, #ptq.isa<avxvnni>, #ptq.isa<avx512vnni>,
                                #ptq.isa<neon>, #ptq.isa<dotprod>, #ptq.isa<i8mm>, #ptq.isa<sve>]} {}
