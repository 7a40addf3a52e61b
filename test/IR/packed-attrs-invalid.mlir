// RUN: ptq-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expects columns to be a power of two in [4, 64], but got 12}}
func.func private @layout_c1() attributes {l = #ptq.layout<columns = 12, depth = 4, bits = 8>}

// -----

// expected-error @below {{expects depth 1, 2, 4 or 8, but got 3}}
func.func private @layout_c2() attributes {l = #ptq.layout<columns = 16, depth = 3, bits = 8>}

// -----

// expected-error @below {{expects bits 4, 8, 16 or 32, but got 6}}
func.func private @layout_c3() attributes {l = #ptq.layout<columns = 16, depth = 4, bits = 6>}

// -----

// expected-error @below {{expects depth 1 for elements of 16 bits, but got 2}}
func.func private @layout_c4() attributes {l = #ptq.layout<columns = 16, depth = 2, bits = 16>}

// -----

// expected-error @below {{expects 8 bits for centered elements, but got 4}}
func.func private @layout_c5() attributes {l = #ptq.layout<columns = 16, depth = 4, bits = 4, centered = true>}

// -----

func.func private @packed_c1() attributes {
  // expected-error @below {{expects two positive dimensions, but got [37, 0]}}
  p = #ptq.packed<f32, shape = [37, 0], layout = <columns = 16, depth = 1, bits = 32>>}

// -----

func.func private @packed_c2_zero_points() attributes {
  // expected-error @below {{expects weights that can be packed, but zero points of the weights are not constant}}
  p = #ptq.packed<!ptq.q<u8:f32, block = [1, 0], scale = f32, zp = i32>, shape = [4, 4],
                  layout = <columns = 16, depth = 4, bits = 8>>}

// -----

func.func private @packed_c2_blocks() attributes {
  // expected-error @below {{expects weights that can be packed, but scales of the weights are not per output channel}}
  p = #ptq.packed<!ptq.q<u8:f32, block = [0, 0], scale = f32, zp = 1>, shape = [4, 4],
                  layout = <columns = 16, depth = 4, bits = 8>>}

// -----

func.func private @packed_c2_wide_multipliers() attributes {
  // expected-error @below {{expects weights that can be packed, but weights with multipliers are wider than 4 bits}}
  p = #ptq.packed<!ptq.q<u5<1:31>:f32, block = [1, 0], scale = f32, zp = 16, multiplier = s4<-7:7> per [1, 16]>, shape = [4, 4],
                  layout = <columns = 16, depth = 4, bits = 8>>}

// -----

func.func private @packed_c2_multiplier_blocks() attributes {
  // expected-error @below {{expects weights that can be packed, but multipliers of the weights are not of groups of a channel}}
  p = #ptq.packed<!ptq.q<u4:f32, block = [1, 32], scale = f32, zp = 8, multiplier = s5<-15:15> per [1, 16]>, shape = [4, 4],
                  layout = <columns = 16, depth = 4, bits = 4>>}

// -----

func.func private @pack_on_load_c1_multipliers() attributes {
  // expected-error @below {{expects multipliers exactly if the weights have some}}
  p = #ptq.pack_on_load<#ptq.packed<!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = s5<-15:15> per [1, 16]>,
                                    shape = [4, 4], layout = <columns = 16, depth = 4, bits = 4>>,
                        <"m.safetensors", "q"> : tensor<4x2xi8>, scales = <"m.safetensors", "s">>}

// -----

func.func private @packed_c3() attributes {
  // expected-error @below {{expects a layout of 4 bits for '!ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>', but got 8}}
  p = #ptq.packed<!ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>, shape = [4, 4],
                  layout = <columns = 16, depth = 4, bits = 8>>}

// -----

#packed = #ptq.packed<!ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>,
                      shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>

// expected-error @below {{expects a tensor of 4800 x i8 for these packed weights, but got 4799 x 'i8'}}
func.func private @packed_c4_size(tensor<4799xi8, #packed>)

// -----

#packed = #ptq.packed<!ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>,
                      shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>

// expected-error @below {{expects a tensor of 4800 x i8 for these packed weights, but got 4800 x 'i16'}}
func.func private @packed_c4_type(tensor<4800xi16, #packed>)

// -----

#packed = #ptq.packed<!ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>,
                      shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>

func.func private @pack_on_load_c1() attributes {
  // expected-error @below {{expects scales exactly if the weights are quantized}}
  p = #ptq.pack_on_load<#packed, <"m.safetensors", "q"> : tensor<37x86xi8>>}

// -----

#packed = #ptq.packed<!ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>,
                      shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>

func.func private @pack_on_load_c2() attributes {
  // expected-error @below {{expects the weights of 'tensor<37x172x!ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>>', but got 'tensor<37x85xi8>'}}
  p = #ptq.pack_on_load<#packed, <"m.safetensors", "q"> : tensor<37x85xi8>, scales = <"m.safetensors", "s">>}
