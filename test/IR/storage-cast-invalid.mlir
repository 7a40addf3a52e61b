// RUN: ptq-opt %s --split-input-file --verify-diagnostics

func.func @storage_cast_c1(%x: tensor<2x4xi8>) {
  // expected-error @below {{expects one quantized side, but got none}}
  %y = ptq.storage_cast %x : tensor<2x4xi8> to tensor<2x4xi8>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>
!u8 = !ptq.q<u8:f32, block = [1, 0], scale = f32>

func.func @storage_cast_c1_two(%x: tensor<2x4x!s8>) {
  // expected-error @below {{expects one quantized side, but got two}}
  %y = ptq.storage_cast %x : tensor<2x4x!s8> to tensor<2x4x!u8>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func @storage_cast_c2(%x: tensor<2x4xi8>) {
  // expected-error @below {{expects 2x5 integers of type 'i8', but got 2x4 of type 'i8'}}
  %y = ptq.storage_cast %x : tensor<2x4xi8> to tensor<2x5x!s8>
  return
}

// -----

!s12 = !ptq.q<s12:f32, block = [1, 0], scale = f32>

func.func @storage_cast_c2_type(%x: tensor<2x4xi8>) {
  // expected-error @below {{expects 2x4 integers of type 'i16', but got 2x4 of type 'i8'}}
  %y = ptq.storage_cast %x : tensor<2x4xi8> to tensor<2x4x!s12>
  return
}

// -----

!u3 = !ptq.q<u3:f32, block = [1, 0], scale = f32>

func.func @storage_cast_c3(%x: tensor<2x4xi8>) {
  // expected-error @below {{expects packed codes in 2x5 integers of type i8, but got 2x4 of type 'i8'}}
  %y = ptq.storage_cast %x packed : tensor<2x4xi8> to tensor<2x11x!u3>
  return
}

// -----

!u4 = !ptq.q<u4:f32, block = [1, 0], scale = f32>

func.func @storage_cast_c3_dynamic(%x: tensor<2x?xi8>) {
  // expected-error @below {{expects packed codes in rows of static length, but got 2x?}}
  %y = ptq.storage_cast %x packed : tensor<2x?xi8> to tensor<2x?x!u4>
  return
}

// -----

!s8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func @storage_cast_c4(%x: tensor<2x4xi8>) {
  // expected-error @below {{expects codes below 8 bits to be packed, but got 8}}
  %y = ptq.storage_cast %x packed : tensor<2x4xi8> to tensor<2x4x!s8>
  return
}
