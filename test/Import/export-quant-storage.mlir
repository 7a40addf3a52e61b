// Codes of 4 bits are integers of 4 bits in the quant dialect, of bytes here.
// RUN: ptq-opt %s --ptq-export-quant | FileCheck %s

// CHECK-LABEL: func.func @four_bits
//  CHECK-SAME:   %[[BYTES:[a-z0-9]+]]: tensor<2x4xi8>
//       CHECK:   %[[NARROW:.+]] = arith.trunci %[[BYTES]] : tensor<2x4xi8> to tensor<2x4xi4>
//       CHECK:   %[[Q:.+]] = quant.scast %[[NARROW]] : tensor<2x4xi4> to tensor<2x4x!quant.uniform<u4:f32:0, {5.000000e-01:8,2.500000e-01:8}>>
//       CHECK:   quant.dcast %[[Q]]
//       CHECK:   %[[CODES:.+]] = quant.scast %[[Q]] : {{.+}} to tensor<2x4xi4>
//       CHECK:   %[[WIDE:.+]] = arith.extui %[[CODES]] : tensor<2x4xi4> to tensor<2x4xi8>
//       CHECK:   return %{{.+}}, %[[WIDE]]
!w4 = !ptq.q<u4:f32, block = [1, 0], scale = f16, zp = 8>
func.func @four_bits(%bytes: tensor<2x4xi8>) -> (tensor<2x4xf32>, tensor<2x4xi8>) {
  %s = arith.constant dense<[[0.5], [0.25]]> : tensor<2x1xf16>
  %q = ptq.storage_cast %bytes : tensor<2x4xi8> to tensor<2x4x!w4>
  %y = ptq.dequantize %q, %s : tensor<2x4x!w4>, tensor<2x1xf16> -> tensor<2x4xf32>
  %codes = ptq.storage_cast %q : tensor<2x4x!w4> to tensor<2x4xi8>
  return %y, %codes : tensor<2x4xf32>, tensor<2x4xi8>
}
