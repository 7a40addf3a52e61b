// RUN: ptq-opt %s --ptq-import-quant=inline-limit=2 | FileCheck %s

// CHECK-LABEL: func.func @many_scales_are_a_resource
//       CHECK:   arith.constant dense_resource<quant.scales> : tensor<3x1xf32>
//       CHECK:   arith.constant dense_resource<quant.zero_points> : tensor<3x1xi8>
//       CHECK:   arith.constant dense_resource<quant.scales> : tensor<3x1xf32>
//       CHECK:   arith.constant dense<5.000000e-01> : tensor<4x1xf32>
// The numbers follow, little endian: 0.5, 0.25, 2.0.
//       CHECK:   quant.scales: "0x040000000000003F0000803E00000040"
//       CHECK:   quant.zero_points: "0x010000000102FF"
!many = !quant.uniform<i8:f32:0, {0.5:1, 0.25:2, 2.0:-1}>
!equal = !quant.uniform<i8:f32:0, {0.5, 0.5, 0.5, 0.5}>
func.func @many_scales_are_a_resource(%x: tensor<3x2xf32>, %b: tensor<4x2x!equal>) -> (tensor<3x2xf32>, tensor<4x2xf32>) {
  %q = quant.qcast %x : tensor<3x2xf32> to tensor<3x2x!many>
  %y = quant.dcast %q : tensor<3x2x!many> to tensor<3x2xf32>
  %z = quant.dcast %b : tensor<4x2x!equal> to tensor<4x2xf32>
  return %y, %z : tensor<3x2xf32>, tensor<4x2xf32>
}
