// RUN: ptq-opt %s | ptq-opt | FileCheck %s

// CHECK-LABEL: func.func @example
//       CHECK:   %codes = ptq.storage_cast %{{.+}} packed : tensor<1x2xi8> to tensor<1x3x!u4>
func.func @example(%bytes: tensor<1x2xi8>) {
  %q = ptq.storage_cast %bytes packed
    : tensor<1x2xi8> to tensor<1x3x!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8>>
  return
}

!s8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>
!s12 = !ptq.q<s12:f32, block = [1, 0], scale = f32>
!u3 = !ptq.q<u3:f32, block = [1, 0], scale = f32>
!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>

// CHECK-LABEL: func.func @byte_per_code
//       CHECK:   %bytes = ptq.storage_cast %{{.+}} : tensor<?x4x!s8> to tensor<?x4xi8>
func.func @byte_per_code(%q: tensor<?x4x!s8>) {
  %bytes = ptq.storage_cast %q : tensor<?x4x!s8> to tensor<?x4xi8>
  return
}

// CHECK-LABEL: func.func @two_bytes_per_code
//       CHECK:   ptq.storage_cast %{{.+}} : tensor<2x?xi16> to tensor<2x?x!s12>
func.func @two_bytes_per_code(%bytes: tensor<2x?xi16>) {
  %q = ptq.storage_cast %bytes : tensor<2x?xi16> to tensor<2x?x!s12>
  return
}

// 172 codes of 4 bits take 86 bytes, 11 of 3 bits take 5.
// CHECK-LABEL: func.func @packed_rows
//       CHECK:   ptq.storage_cast %{{.+}} packed : tensor<64x86xi8> to tensor<64x172x!u4_g32>
//       CHECK:   ptq.storage_cast %{{.+}} packed : tensor<?x11x!u3> to tensor<?x5xi8>
func.func @packed_rows(%bytes: tensor<64x86xi8>, %q: tensor<?x11x!u3>) {
  %w = ptq.storage_cast %bytes packed : tensor<64x86xi8> to tensor<64x172x!w4>
  %packed = ptq.storage_cast %q packed : tensor<?x11x!u3> to tensor<?x5xi8>
  return
}
