// Codes of 4 bits in tensors of 4 bits: bytes are made of them.
// RUN: ptq-opt %s --ptq-import-idioms | FileCheck %s

// CHECK-DAG: ![[U4:.+]] = !ptq.q<u4:f16, block = [1, 1, 0], scale = f16, zp = i8>
// CHECK-LABEL: func.func @unsigned_groups
//  CHECK-SAME:   %[[WIDE_CODES:[a-z0-9]+]]: tensor<2x2x4xi8>, %[[S:[a-z0-9]+]]: tensor<2x2x1xf16>, %[[WIDE_ZEROS:[a-z0-9]+]]: tensor<2x2x1xi8>
//       CHECK:   %[[CODES:.+]] = arith.trunci %[[WIDE_CODES]]
//       CHECK:   %[[ZEROS:.+]] = arith.trunci %[[WIDE_ZEROS]]
//       CHECK:   %[[BYTES:.+]] = arith.extui %[[CODES]] : tensor<2x2x4xi4> to tensor<2x2x4xi8>
//       CHECK:   %[[Q:.+]] = ptq.storage_cast %[[BYTES]] : tensor<2x2x4xi8> to tensor<2x2x4x![[U4]]>
//       CHECK:   %[[Z:.+]] = arith.extui %[[ZEROS]] : tensor<2x2x1xi4> to tensor<2x2x1xi8>
//       CHECK:   ptq.dequantize %[[Q]], %[[S]], zp %[[Z]]
func.func @unsigned_groups(%bytes: tensor<2x2x4xi8>, %scales: tensor<2x2x1xf16>, %zero_bytes: tensor<2x2x1xi8>) -> tensor<2x2x4xf16> {
  %codes = arith.trunci %bytes : tensor<2x2x4xi8> to tensor<2x2x4xi4>
  %zero_points = arith.trunci %zero_bytes : tensor<2x2x1xi8> to tensor<2x2x1xi4>
  %empty = tensor.empty() : tensor<2x2x4xf16>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, 0)>, affine_map<(d0, d1, d2) -> (d0, d1, 0)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%codes, %scales, %zero_points : tensor<2x2x4xi4>, tensor<2x2x1xf16>, tensor<2x2x1xi4>) outs(%empty : tensor<2x2x4xf16>) {
  ^bb0(%code: i4, %scale: f16, %zero_point: i4, %old: f16):
    %1 = arith.uitofp %code : i4 to f16
    %2 = arith.uitofp %zero_point : i4 to f16
    %3 = arith.subf %1, %2 : f16
    %4 = arith.mulf %3, %scale : f16
    linalg.yield %4 : f16
  } -> tensor<2x2x4xf16>
  return %0 : tensor<2x2x4xf16>
}

// CHECK-LABEL: func.func @signed_codes
//       CHECK:   arith.extsi %{{.+}} : tensor<2x3xi4> to tensor<2x3xi8>
//       CHECK:   ptq.dequantize
func.func @signed_codes(%bytes: tensor<2x3xi8>) -> tensor<2x3xf32> {
  %codes = arith.trunci %bytes : tensor<2x3xi8> to tensor<2x3xi4>
  %scale = arith.constant dense<0.3> : tensor<2x3xf32>
  %0 = arith.sitofp %codes : tensor<2x3xi4> to tensor<2x3xf32>
  %1 = arith.mulf %0, %scale : tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}
