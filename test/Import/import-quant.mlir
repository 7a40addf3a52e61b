// RUN: ptq-opt %s --ptq-import-quant --canonicalize --cse --split-input-file | FileCheck %s

// CHECK-DAG: ![[S8:.+]] = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
// CHECK-LABEL: func.func @per_axis
//  CHECK-SAME:   %[[X:[a-z0-9]+]]: tensor<2x3xf32>
//       CHECK:   %[[S:.+]] = arith.constant dense<{{\[\[}}5.000000e-01], [2.500000e-01]]> : tensor<2x1xf32>
//       CHECK:   %[[Q:.+]] = ptq.quantize %[[X]], %[[S]] : {{.+}} -> tensor<2x3x![[S8]]>
//       CHECK:   %[[Y:.+]] = ptq.dequantize %[[Q]], %[[S]]
//       CHECK:   return %[[Y]]
func.func @per_axis(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %q = quant.qcast %x : tensor<2x3xf32> to tensor<2x3x!quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>>
  %y = quant.dcast %q : tensor<2x3x!quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>> to tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// One zero point is of the type, different ones are an operand.
// CHECK-DAG: ![[ONE:.+]] = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = 200>
// CHECK-DAG: ![[EQUAL:.+]] = !ptq.q<s8:f32, block = [1, 0], scale = f32, zp = 3>
// CHECK-DAG: ![[MANY:.+]] = !ptq.q<u8:f32, block = [0, 1], scale = f32, zp = i8>
// CHECK-LABEL: func.func @zero_points
//   CHECK-DAG:   %[[ZEROS:.+]] = arith.constant dense<{{\[\[}}-1, -128, 7]]> : tensor<1x3xi8>
//       CHECK:   ptq.dequantize %{{.+}}, %{{.+}} : tensor<?x3x![[ONE]]>, tensor<1x1xf32>
//       CHECK:   ptq.dequantize %{{.+}}, %{{.+}} : tensor<2x3x![[EQUAL]]>, tensor<2x1xf32>
//       CHECK:   ptq.dequantize %{{.+}}, %{{.+}}, zp %[[ZEROS]] : tensor<?x3x![[MANY]]>
!one = !quant.uniform<u8:f32, 0.1:200>
!equal = !quant.uniform<i8:f32:0, {0.5:3, 0.25:3}>
!many = !quant.uniform<u8:f32:1, {0.5:255, 0.25:128, 1.0:7}>
func.func @zero_points(%a: tensor<?x3x!one>, %b: tensor<2x3x!equal>, %c: tensor<?x3x!many>) -> (tensor<?x3xf32>, tensor<2x3xf32>, tensor<?x3xf32>) {
  %x = quant.dcast %a : tensor<?x3x!one> to tensor<?x3xf32>
  %y = quant.dcast %b : tensor<2x3x!equal> to tensor<2x3xf32>
  %z = quant.dcast %c : tensor<?x3x!many> to tensor<?x3xf32>
  return %x, %y, %z : tensor<?x3xf32>, tensor<2x3xf32>, tensor<?x3xf32>
}

// -----

// CHECK-DAG: ![[G2:.+]] = !ptq.q<u4:f16, block = [1, 2], scale = f32, zp = i8>
// CHECK-LABEL: func.func @sub_channel_of_four_bits
//  CHECK-SAME:   %[[CODES:[a-z0-9]+]]: tensor<2x4xi4>
//   CHECK-DAG:   %[[ZEROS:.+]] = arith.constant dense<{{\[\[}}8, 7], [8, 15]]> : tensor<2x2xi8>
//   CHECK-DAG:   %[[S:.+]] = arith.constant dense<{{\[\[}}5.000000e-01, 2.500000e-01], [1.000000e+00, 2.000000e+00]]> : tensor<2x2xf32>
//       CHECK:   %[[BYTES:.+]] = arith.extui %[[CODES]] : tensor<2x4xi4> to tensor<2x4xi8>
//       CHECK:   %[[Q:.+]] = ptq.storage_cast %[[BYTES]] : tensor<2x4xi8> to tensor<2x4x![[G2]]>
//       CHECK:   ptq.dequantize %[[Q]], %[[S]], zp %[[ZEROS]] {{.+}} -> tensor<2x4xf16>
//       CHECK:   %[[WIDE:.+]] = ptq.storage_cast %{{.+}} : tensor<4x!{{.+}}> to tensor<4xi16>
//       CHECK:   arith.trunci %[[WIDE]] : tensor<4xi16> to tensor<4xi12>
!sub = !quant.uniform<u4:f16:{0:1, 1:2}, {{0.5:8, 0.25:7}, {1.0:8, 2.0:15}}>
!twelve = !quant.uniform<i12:f32, 0.5>
func.func @sub_channel_of_four_bits(%codes: tensor<2x4xi4>, %b: tensor<4x!twelve>) -> (tensor<2x4xf16>, tensor<4xi12>) {
  %q = quant.scast %codes : tensor<2x4xi4> to tensor<2x4x!sub>
  %y = quant.dcast %q : tensor<2x4x!sub> to tensor<2x4xf16>
  %z = quant.scast %b : tensor<4x!twelve> to tensor<4xi12>
  return %y, %z : tensor<2x4xf16>, tensor<4xi12>
}

// -----

// CHECK-DAG: ![[TYPE:.+]] = !ptq.q<s8:f32, block = [0], scale = f32>
//       CHECK: func.func private @declared(tensor<4x![[TYPE]]>) -> tensor<4x![[TYPE]]>
// CHECK-LABEL: func.func @control_flow
//  CHECK-SAME:   %{{[a-z0-9]+}}: tensor<4x![[TYPE]]>
//       CHECK:   scf.for {{.+}} iter_args(%{{.+}} = %{{.+}}) -> (tensor<4x![[TYPE]]>)
//       CHECK:     scf.if {{.+}} -> (tensor<4x![[TYPE]]>)
//       CHECK:       call @declared({{.+}}) : (tensor<4x![[TYPE]]>) -> tensor<4x![[TYPE]]>
//       CHECK:   cf.br ^[[BLOCK:.+]](%{{.+}} : tensor<4x![[TYPE]]>)
//       CHECK: ^[[BLOCK]](%{{.+}}: tensor<4x![[TYPE]]>):
//   CHECK-NOT:   quant.
!q = !quant.uniform<i8:f32, 0.5>
func.func private @declared(tensor<4x!q>) -> tensor<4x!q>
func.func @control_flow(%a: tensor<4x!q>, %c: i1, %n: index) -> tensor<4x!q> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  cf.cond_br %c, ^loop, ^join(%a : tensor<4x!q>)
^loop:
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%v = %a) -> tensor<4x!q> {
    %w = scf.if %c -> tensor<4x!q> {
      %u = func.call @declared(%v) : (tensor<4x!q>) -> tensor<4x!q>
      scf.yield %u : tensor<4x!q>
    } else {
      scf.yield %a : tensor<4x!q>
    }
    scf.yield %w : tensor<4x!q>
  }
  cf.br ^join(%r : tensor<4x!q>)
^join(%result: tensor<4x!q>):
  return %result : tensor<4x!q>
}

// -----

// A format has a block entry per dimension: where the rank changes, bytes move.
// CHECK-LABEL: func.func @rank_changes
//       CHECK:   %[[BYTES:.+]] = ptq.storage_cast %{{.+}} : tensor<2x4x!{{.+}}> to tensor<2x4xi8>
//       CHECK:   %[[FLAT:.+]] = tensor.collapse_shape %[[BYTES]] {{.+}} : tensor<2x4xi8> into tensor<8xi8>
//       CHECK:   %[[Q:.+]] = ptq.storage_cast %[[FLAT]] : tensor<8xi8> to tensor<8x!{{.+}}>
//       CHECK:   return %[[Q]]
func.func @rank_changes(%a: tensor<2x4x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<8x!quant.uniform<i8:f32, 0.5:3>> {
  %b = tensor.collapse_shape %a [[0, 1]] : tensor<2x4x!quant.uniform<i8:f32, 0.5:3>> into tensor<8x!quant.uniform<i8:f32, 0.5:3>>
  return %b : tensor<8x!quant.uniform<i8:f32, 0.5:3>>
}
