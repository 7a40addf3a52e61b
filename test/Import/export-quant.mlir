// RUN: ptq-opt %s --ptq-export-quant --split-input-file 2>/dev/null | FileCheck %s
// The numbers are constants again, and the module what it was.
// RUN: ptq-opt %s --ptq-export-quant --ptq-import-quant --canonicalize --cse --split-input-file -o %t.imported 2>/dev/null
// RUN: ptq-opt %s --canonicalize --cse --split-input-file -o %t.before
// RUN: diff %t.before %t.imported

// CHECK-LABEL: func.func @per_axis
//  CHECK-SAME:   %[[X:[a-z0-9]+]]: tensor<2x3xf32>
//       CHECK:   %[[Q:.+]] = quant.qcast %[[X]] : tensor<2x3xf32> to tensor<2x3x!quant.uniform<i8<-127:127>:f32:0, {5.000000e-01,2.500000e-01}>>
//       CHECK:   %[[Y:.+]] = quant.dcast %[[Q]] : {{.+}} to tensor<2x3xf32>
//       CHECK:   return %[[Y]]
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
func.func @per_axis(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %s = arith.constant dense<[[0.5], [0.25]]> : tensor<2x1xf32>
  %q = ptq.quantize %x, %s : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x3x!w8>
  %y = ptq.dequantize %q, %s : tensor<2x3x!w8>, tensor<2x1xf32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// The argument gets its numbers where they are known, through a loop and a call.
// CHECK-LABEL: func.func @numbers_reach_every_use
//  CHECK-SAME:   tensor<?x4x!quant.uniform<u8:f32, 5.000000e-01:128>>
//       CHECK:   scf.for {{.+}} -> (tensor<?x4x!quant.uniform<u8:f32, 5.000000e-01:128>>)
//       CHECK:     call @callee(%{{.+}}) : (tensor<?x4x!quant.uniform<u8:f32, 5.000000e-01:128>>) -> tensor<?x4x!quant.uniform<u8:f32, 5.000000e-01:128>>
// CHECK-LABEL: func.func private @callee
//  CHECK-SAME:   tensor<?x4x!quant.uniform<u8:f32, 5.000000e-01:128>>
!a8 = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = 128>
func.func @numbers_reach_every_use(%a: tensor<?x4x!a8>, %n: index) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%v = %a) -> tensor<?x4x!a8> {
    %w = func.call @callee(%v) : (tensor<?x4x!a8>) -> tensor<?x4x!a8>
    scf.yield %w : tensor<?x4x!a8>
  }
  %s = arith.constant dense<0.5> : tensor<1x1xf32>
  %y = ptq.dequantize %r, %s : tensor<?x4x!a8>, tensor<1x1xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
func.func private @callee(%a: tensor<?x4x!a8>) -> tensor<?x4x!a8> {
  return %a : tensor<?x4x!a8>
}

// -----

// CHECK-LABEL: func.func @blocks_are_sub_channels
//       CHECK:   %[[Q:.+]] = quant.scast %{{.+}} : tensor<2x4xi8> to tensor<2x4x!quant.uniform<i8:f16:{0:1, 1:2}, {{[{][{]}}5.000000e-01:3, 2.500000e-01:-4}, {1.000000e+00, 2.000000e+00:127}}>>
//       CHECK:   quant.dcast %[[Q]]
!sub = !ptq.q<s8:f16, block = [1, 2], scale = f32, zp = i8>
func.func @blocks_are_sub_channels(%bytes: tensor<2x4xi8>) -> tensor<2x4xf16> {
  %s = arith.constant dense<[[0.5, 0.25], [1.0, 2.0]]> : tensor<2x2xf32>
  %z = arith.constant dense<[[3, -4], [0, 127]]> : tensor<2x2xi8>
  %q = ptq.storage_cast %bytes : tensor<2x4xi8> to tensor<2x4x!sub>
  %y = ptq.dequantize %q, %s, zp %z : tensor<2x4x!sub>, tensor<2x2xf32>, tensor<2x2xi8> -> tensor<2x4xf16>
  return %y : tensor<2x4xf16>
}
