// RUN: ptq-opt %s --ptq-quantize | FileCheck %s
// RUN: ptq-opt %s --ptq-quantize=recipe=w8a16 | FileCheck %s --check-prefix=W8A16
// RUN: ptq-opt %s --ptq-quantize=recipe=w4a8-g2 | FileCheck %s --check-prefix=W4A8
// RUN: ptq-opt %s --ptq-quantize=recipe=w4a16-g3 | FileCheck %s --check-prefix=W4A16
// RUN: ptq-opt %s --ptq-quantize | FileCheck %s --check-prefix=FORMAT8
// RUN: ptq-opt %s --ptq-quantize | FileCheck %s --check-prefix=FORMATA
// RUN: ptq-opt %s --ptq-quantize=recipe=w4a8-g2 | FileCheck %s --check-prefix=FORMAT4

// FORMAT8: !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
// FORMATA: !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
// FORMAT4: !ptq.q<u4:f32, block = [1, 2], scale = f16, zp = 8>

// CHECK: module attributes {ptq.linears = [{bits_per_weight = 1.600000e+01 : f64, clipped = 0.000000e+00 : f64, format = "w8a8", name = "fc.matmul.0", num_weights = 8 : i64, saturated = {{.+}} : f64, sqnr_db = {{.+}} : f64, unused_codes = {{.+}} : i64}]}

// CHECK-LABEL: func.func @fc
//  CHECK-SAME:   %[[X:[a-z0-9]+]]: tensor<?x4xf32>
//   CHECK-DAG:   %[[CODES:.+]] = arith.constant dense_resource<fc.matmul.0.codes> : tensor<2x4xi8>
//   CHECK-DAG:   %[[SCALES:.+]] = arith.constant dense_resource<fc.matmul.0.scales> : tensor<2x1xf32>
//   CHECK-DAG:   %[[W:.+]] = ptq.storage_cast %[[CODES]] : tensor<2x4xi8> to tensor<2x4x!{{.+}}>
//   CHECK-NOT:   linalg.
//       CHECK:   %[[Q:.+]], %[[S:.+]], %[[SUMS:.+]] = ptq.dynamic_quantize %[[X]] sums [1, 0] : tensor<?x4xf32> -> tensor<?x4x!{{.+}}>, tensor<?x1xf32>, tensor<?x1xi32>
//       CHECK:   %[[Y:.+]] = ptq.matmul ins(%[[Q]], %[[W]] :
//  CHECK-SAME:     lhs(%[[S]], sums %[[SUMS]] : {{.*}} rhs(%[[SCALES]] : {{.*}} outs(%{{.+}} : tensor<?x2xf32>) {ptq.name = "fc.matmul.0"} -> tensor<?x2xf32>
//       CHECK:   return %[[Y]]

// W8A16-LABEL: func.func @fc(
//  W8A16-SAME:   %[[X:[a-z0-9]+]]: tensor<?x4xf32>
//   W8A16-NOT:   dynamic_quantize
//       W8A16:   ptq.matmul ins(%[[X]], %{{.+}} : tensor<?x4xf32>, tensor<2x4x!{{.+}}>) rhs(%{{.+}} : tensor<2x1xf32>)

// W4A8-LABEL: func.func @fc(
//   W4A8-DAG:   %[[CODES:.+]] = arith.constant dense_resource<fc.matmul.0.codes> : tensor<2x2xi8>
//   W4A8-DAG:   arith.constant dense_resource<fc.matmul.0.scales> : tensor<2x2xf16>
//       W4A8:   ptq.storage_cast %[[CODES]] packed : tensor<2x2xi8> to tensor<2x4x!{{.+}}>
//       W4A8:   ptq.dynamic_quantize %{{.+}} sums [1, 2] : tensor<?x4xf32> -> tensor<?x4x!{{.+}}>, tensor<?x1xf32>, tensor<?x2xi32>

// The second group of 3 has one weight.
// W4A16-LABEL: func.func @fc(
//   W4A16-DAG:   arith.constant dense_resource<fc.matmul.0.scales> : tensor<2x2xf16>
//   W4A16-NOT:   dynamic_quantize

func.func @fc(%x: tensor<?x4xf32>, %init: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<[[1.0, -2.0, 0.5, 4.0], [0.0, 3.0, -1.0, 1.0]]> : tensor<2x4xf32>
  %zero = arith.constant 0.0 : f32
  %out = linalg.fill ins(%zero : f32) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  %y = linalg.matmul
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %w : tensor<?x4xf32>, tensor<2x4xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
