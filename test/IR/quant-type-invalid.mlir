// RUN: ptq-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expects a stored integer such as 's8' or 'u4', but got 'i8'}}
func.func private @storage_says_its_sign(tensor<1x!ptq.q<i8:f32, block = [0], scale = f32>>)

// -----

// expected-error @below {{expects a stored integer such as 's8' or 'u4', but got 'u99999999999'}}
func.func private @storage_is_a_small_number(tensor<1x!ptq.q<u99999999999:f32, block = [0], scale = f32>>)

// -----

// expected-error @below {{expected 'block'}}
func.func private @block_is_there(tensor<1x!ptq.q<u4:f32, scale = f32>>)

// -----

// expected-error @below {{invalid kind of type specified}}
func.func private @scale_is_a_float(tensor<1x!ptq.q<u4:f32, block = [0], scale = i8>>)

// -----

// expected-error @below {{expects 'zp' or 'multiplier', each once and in this order, but got 'zp'}}
func.func private @zero_point_is_said_once(tensor<1x!ptq.q<u4:f32, block = [0], scale = f32, zp = 8, zp = 8>>)

// -----

// expected-error @below {{expects 'zp' or 'multiplier', each once and in this order, but got 'zp'}}
func.func private @zero_point_precedes_multiplier(tensor<1x!ptq.q<u4:f32, block = [0], scale = f32, multiplier = s4 per [8], zp = 8>>)

// -----

// expected-error @below {{expects 'zp' or 'multiplier', each once and in this order, but got 'offset'}}
func.func private @parameters_are_known(tensor<1x!ptq.q<u4:f32, block = [0], scale = f32, offset = 8>>)

// -----

// expected-error @below {{expects storage of 2 to 16 bits, but got 17}}
func.func private @quant_c1(tensor<1x!ptq.q<u17:f32, block = [0], scale = f32>>)

// -----

// expected-error @below {{expects storage of 2 to 16 bits, but got 1}}
func.func private @quant_c1_one_bit(tensor<1x!ptq.q<s1:f32, block = [0], scale = f32>>)

// -----

// expected-error @below {{expects storage range in [-8, 7], min below max, but got [-9, 7]}}
func.func private @quant_c2(tensor<1x!ptq.q<s4<-9:7>:f32, block = [0], scale = f32>>)

// -----

// expected-error @below {{expects storage range in [0, 15], min below max, but got [3, 3]}}
func.func private @quant_c2_empty(tensor<1x!ptq.q<u4<3:3>:f32, block = [0], scale = f32>>)

// -----

// expected-error @below {{expects expressed type f32, f16 or bf16, but got 'f64'}}
func.func private @quant_c3(tensor<1x!ptq.q<s8:f64, block = [0], scale = f32>>)

// -----

// expected-error @below {{expects a block of one length or more, none negative, but got []}}
func.func private @quant_c4(tensor<1x!ptq.q<s8:f32, block = [], scale = f32>>)

// -----

// expected-error @below {{expects a block of one length or more, none negative, but got [1, -32]}}
func.func private @quant_c4_negative(tensor<1x1x!ptq.q<s8:f32, block = [1, -32], scale = f32>>)

// -----

// expected-error @below {{expects scale of type f32, f16, bf16 or f8E8M0FNU, but got 'f8E4M3FN'}}
func.func private @quant_c5(tensor<1x!ptq.q<s8:f32, block = [0], scale = f8E4M3FN>>)

// -----

// expected-error @below {{expects zero point in [1, 255], but got 0}}
func.func private @quant_c6(tensor<1x!ptq.q<u8<1:255>:f32, block = [0], scale = f32, zp = 0>>)

// -----

// expected-error @below {{expects zero point of type i8, i16 or i32, but got 'ui8'}}
func.func private @quant_c7(tensor<1x!ptq.q<u8:f32, block = [0], scale = f32, zp = ui8>>)

// -----

// expected-error @below {{expects multiplier of 2 to 8 bits, but got 16}}
func.func private @quant_c8(tensor<1x!ptq.q<u4:f32, block = [0], scale = f32, zp = 8, multiplier = s16 per [8]>>)

// -----

// expected-error @below {{expects multiplier range in [0, 15], min below max, but got [0, 16]}}
func.func private @quant_c8_range(tensor<1x!ptq.q<u4:f32, block = [0], scale = f32, zp = 8, multiplier = u4<0:16> per [8]>>)

// -----

// expected-error @below {{expects multiplier blocks that divide [1, 32], but got [1, 12]}}
func.func private @quant_c9(tensor<1x1x!ptq.q<u4:f32, block = [1, 32], scale = f32, zp = 8, multiplier = u4 per [1, 12]>>)

// -----

// expected-error @below {{expects multiplier blocks that divide [1, 32], but got [1, 0]}}
func.func private @quant_c9_whole(tensor<1x1x!ptq.q<u4:f32, block = [1, 32], scale = f32, zp = 8, multiplier = u4 per [1, 0]>>)

// -----

// expected-error @below {{expects multiplier blocks that divide [1, 0], but got [16]}}
func.func private @quant_c9_rank(tensor<1x1x!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = u4 per [16]>>)

// -----

// expected-error @below {{expects multiplier * (code - zp) in [-128, 127], but got [-136, 119]}}
func.func private @quant_c10(tensor<1x1x!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8, multiplier = u5<1:17> per [1, 16]>>)
