// RUN: ptq-opt %s --canonicalize | FileCheck %s

!u4 = !ptq.q<u4:f32, block = [1, 0], scale = f32>
!w4 = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8>

// CHECK-LABEL: func.func @there_and_back
//   CHECK-NOT:   ptq
//       CHECK:   return %arg0, %arg1
func.func @there_and_back(%bytes: tensor<2x2xi8>, %q: tensor<2x4x!u4>) -> (tensor<2x2xi8>, tensor<2x4x!u4>) {
  %a = ptq.storage_cast %bytes packed : tensor<2x2xi8> to tensor<2x4x!u4>
  %b = ptq.storage_cast %a packed : tensor<2x4x!u4> to tensor<2x2xi8>
  %c = ptq.storage_cast %q : tensor<2x4x!u4> to tensor<2x4xi8>
  %d = ptq.storage_cast %c : tensor<2x4xi8> to tensor<2x4x!u4>
  return %b, %d : tensor<2x2xi8>, tensor<2x4x!u4>
}

// Packed bytes to a byte per code: of the same type where K is 1, yet not the
// same bytes.
// CHECK-LABEL: func.func @unpacking_stays
//       CHECK:   ptq.storage_cast %arg0 packed
//       CHECK:   ptq.storage_cast
func.func @unpacking_stays(%bytes: tensor<2x1xi8>) -> tensor<2x1xi8> {
  %a = ptq.storage_cast %bytes packed : tensor<2x1xi8> to tensor<2x1x!u4>
  %b = ptq.storage_cast %a : tensor<2x1x!u4> to tensor<2x1xi8>
  return %b : tensor<2x1xi8>
}

// CHECK-LABEL: func.func @other_formats_stay
//       CHECK:   ptq.storage_cast %{{.+}} : tensor<2x4x!u4> to tensor<2x4xi8>
//       CHECK:   ptq.storage_cast %{{.+}} : tensor<2x4xi8> to tensor<2x4x!u4_1>
func.func @other_formats_stay(%q: tensor<2x4x!u4>) -> tensor<2x4x!w4> {
  %a = ptq.storage_cast %q : tensor<2x4x!u4> to tensor<2x4xi8>
  %b = ptq.storage_cast %a : tensor<2x4xi8> to tensor<2x4x!w4>
  return %b : tensor<2x4x!w4>
}
