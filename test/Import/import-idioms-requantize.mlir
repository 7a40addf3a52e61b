// RUN: ptq-opt %s --ptq-import-idioms | FileCheck %s

// CHECK-DAG: ![[CHANNEL:.+]] = !ptq.q<s8:f32, block = [0, 1], scale = f32, zp = 5>
// CHECK-DAG: ![[UNSIGNED:.+]] = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = 128>

// CHECK-LABEL: func.func @per_channel
//  CHECK-SAME:   %[[ACC:[a-z0-9]+]]: tensor<?x3xi32>
//   CHECK-DAG:   %[[M:.+]] = arith.constant dense<{{\[\[}}1073741824, 1518500250, 2147483647]]> : tensor<1x3xi32>
//   CHECK-DAG:   %[[S:.+]] = arith.constant dense<{{\[\[}}40, 31, 38]]> : tensor<1x3xi32>
//       CHECK:   %[[Q:.+]] = ptq.requantize %[[ACC]] fixed %[[M]], shift %[[S]] : tensor<?x3xi32>, tensor<1x3xi32>, tensor<1x3xi32> -> tensor<?x3x![[CHANNEL]]>
//       CHECK:   %[[BYTES:.+]] = ptq.storage_cast %[[Q]]
//       CHECK:   return %[[BYTES]]
func.func @per_channel(%acc: tensor<?x3xi32>) -> tensor<?x3xi8> {
  %m = "tosa.const"() <{values = dense<[1073741824, 1518500250, 2147483647]> : tensor<3xi32>}> : () -> tensor<3xi32>
  %s = "tosa.const"() <{values = dense<[40, 31, 38]> : tensor<3xi8>}> : () -> tensor<3xi8>
  %zi = "tosa.const"() <{values = dense<0> : tensor<1xi32>}> : () -> tensor<1xi32>
  %zo = "tosa.const"() <{values = dense<5> : tensor<1xi8>}> : () -> tensor<1xi8>
  %0 = tosa.rescale %acc, %m, %s, %zi, %zo {scale32 = true, rounding_mode = SINGLE_ROUND, per_channel = true, input_unsigned = false, output_unsigned = false} : (tensor<?x3xi32>, tensor<3xi32>, tensor<3xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<?x3xi8>
  return %0 : tensor<?x3xi8>
}

// A multiplier of 16 bits is scaled up with its shift, to the same quotient.
// Two roundings are one where no shift is beyond 31.
// CHECK-LABEL: func.func @from_unsigned_bytes_to_unsigned
//       CHECK:   %[[WIDE:.+]] = linalg.generic {{.+}} ins(%{{.+}} : tensor<2x3xi8>)
//       CHECK:     %[[EXT:.+]] = arith.extui %{{.+}} : i8 to i32
//       CHECK:     arith.subi %[[EXT]], %{{.+}} : i32
//   CHECK-DAG:   %[[M:.+]] = arith.constant dense<1610612736> : tensor<1x1xi32>
//   CHECK-DAG:   %[[S:.+]] = arith.constant dense<31> : tensor<1x1xi32>
//       CHECK:   ptq.requantize %[[WIDE]] fixed %[[M]], shift %[[S]] : {{.+}} -> tensor<2x3x![[UNSIGNED]]>
func.func @from_unsigned_bytes_to_unsigned(%x: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %m = "tosa.const"() <{values = dense<24576> : tensor<1xi16>}> : () -> tensor<1xi16>
  %s = "tosa.const"() <{values = dense<15> : tensor<1xi8>}> : () -> tensor<1xi8>
  %zi = "tosa.const"() <{values = dense<-128> : tensor<1xi8>}> : () -> tensor<1xi8>
  %zo = "tosa.const"() <{values = dense<-128> : tensor<1xi8>}> : () -> tensor<1xi8>
  %0 = tosa.rescale %x, %m, %s, %zi, %zo {scale32 = false, rounding_mode = SINGLE_ROUND, per_channel = false, input_unsigned = true, output_unsigned = true} : (tensor<2x3xi8>, tensor<1xi16>, tensor<1xi8>, tensor<1xi8>, tensor<1xi8>) -> tensor<2x3xi8>
  return %0 : tensor<2x3xi8>
}

// CHECK-LABEL: func.func @double_round_of_short_shifts
//       CHECK:   ptq.requantize
func.func @double_round_of_short_shifts(%x: tensor<2x3xi8>) -> tensor<2x3xi16> {
  %m = "tosa.const"() <{values = dense<1518500250> : tensor<1xi32>}> : () -> tensor<1xi32>
  %s = "tosa.const"() <{values = dense<31> : tensor<1xi8>}> : () -> tensor<1xi8>
  %zi = "tosa.const"() <{values = dense<3> : tensor<1xi8>}> : () -> tensor<1xi8>
  %zo = "tosa.const"() <{values = dense<0> : tensor<1xi16>}> : () -> tensor<1xi16>
  %0 = tosa.rescale %x, %m, %s, %zi, %zo {scale32 = true, rounding_mode = DOUBLE_ROUND, per_channel = false, input_unsigned = false, output_unsigned = false} : (tensor<2x3xi8>, tensor<1xi32>, tensor<1xi8>, tensor<1xi8>, tensor<1xi16>) -> tensor<2x3xi16>
  return %0 : tensor<2x3xi16>
}

// As the lowering of TOSA to linalg leaves it.
// CHECK-LABEL: func.func @apply_scale_in_a_body
//       CHECK:   ptq.requantize %{{.+}} fixed %{{.+}}, shift %{{.+}} : {{.+}} -> tensor<2x3x![[CHANNEL]]>
func.func @apply_scale_in_a_body(%acc: tensor<2x3xi32>) -> tensor<2x3xi8> {
  %ms = arith.constant dense<[1073741824, 1518500250, 2147483647]> : tensor<3xi32>
  %ss = arith.constant dense<[40, 31, 38]> : tensor<3xi8>
  %zo = arith.constant 5 : i32
  %min = arith.constant -128 : i32
  %max = arith.constant 127 : i32
  %empty = tensor.empty() : tensor<2x3xi8>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
      ins(%acc, %ms, %ss : tensor<2x3xi32>, tensor<3xi32>, tensor<3xi8>) outs(%empty : tensor<2x3xi8>) {
  ^bb0(%a: i32, %m: i32, %s: i8, %old: i8):
    %1 = tosa.apply_scale %a, %m, %s {rounding_mode = SINGLE_ROUND} : (i32, i32, i8) -> i32
    %2 = arith.addi %1, %zo : i32
    %3 = arith.maxsi %2, %min : i32
    %4 = arith.minsi %3, %max : i32
    %5 = arith.trunci %4 : i32 to i8
    linalg.yield %5 : i8
  } -> tensor<2x3xi8>
  return %0 : tensor<2x3xi8>
}
