// RUN: ptq-opt %s --ptq-import-idioms | FileCheck %s

#element = affine_map<(d0, d1) -> (d0, d1)>
#column = affine_map<(d0, d1) -> (d1)>

// CHECK-DAG: ![[A:.+]] = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = 3>
// CHECK-DAG: ![[W:.+]] = !ptq.q<s8:f32, block = [1, 0], scale = f32, zp = -2>
// CHECK-DAG: ![[BATCH:.+]] = !ptq.q<s8:f32, block = [0, 0, 0], scale = f32>

// The weights are transposed where they are constant; the rows of the activation
// are summed for the zero point of the weights.
// CHECK-LABEL: func.func @quantized_matmul
//  CHECK-SAME:   %[[X:[a-z0-9]+]]: tensor<?x3xi8>, %[[S:[a-z0-9]+]]: tensor<2xf32>
//       CHECK:   %[[BYTES:.+]] = arith.constant dense<{{\[\[}}1, 3, 5], [-2, 4, -128]]> : tensor<2x3xi8>
//       CHECK:   %[[SCALES:.+]] = tensor.expand_shape %[[S]] {{.+}} into tensor<2x1xf32>
//       CHECK:   %[[ONE:.+]] = arith.constant dense<1.000000e+00> : tensor<1x1xf32>
//       CHECK:   %[[SUM:.+]] = linalg.generic {{.+}} ins(%[[X]] : tensor<?x3xi8>)
//       CHECK:   %[[SUMS:.+]] = tensor.expand_shape %[[SUM]] {{.+}} into tensor<?x1xi32>
//       CHECK:   %[[LHS:.+]] = ptq.storage_cast %[[X]] : tensor<?x3xi8> to tensor<?x3x![[A]]>
//       CHECK:   %[[RHS:.+]] = ptq.storage_cast %[[BYTES]] : tensor<2x3xi8> to tensor<2x3x![[W]]>
//       CHECK:   %[[Y:.+]] = ptq.matmul ins(%[[LHS]], %[[RHS]] : {{.+}}) lhs(%[[ONE]], sums %[[SUMS]] : {{.+}}) rhs(%[[SCALES]] : tensor<2x1xf32>)
//       CHECK:   return %[[Y]]
func.func @quantized_matmul(%x: tensor<?x3xi8>, %scales: tensor<2xf32>) -> tensor<?x2xf32> {
  %c0 = arith.constant 0 : index
  %w = arith.constant dense<[[1, -2], [3, 4], [5, -128]]> : tensor<3x2xi8>
  %za = arith.constant 3 : i32
  %zw = arith.constant -2 : i32
  %zero = arith.constant 0 : i32
  %m = tensor.dim %x, %c0 : tensor<?x3xi8>
  %sums = tensor.empty(%m) : tensor<?x2xi32>
  %init = linalg.fill ins(%zero : i32) outs(%sums : tensor<?x2xi32>) -> tensor<?x2xi32>
  %acc = linalg.quantized_matmul ins(%x, %w, %za, %zw : tensor<?x3xi8>, tensor<3x2xi8>, i32, i32) outs(%init : tensor<?x2xi32>) -> tensor<?x2xi32>
  %floats = tensor.empty(%m) : tensor<?x2xf32>
  %y = linalg.generic {indexing_maps = [#element, #column, #element], iterator_types = ["parallel", "parallel"]}
      ins(%acc, %scales : tensor<?x2xi32>, tensor<2xf32>) outs(%floats : tensor<?x2xf32>) {
  ^bb0(%sum: i32, %scale: f32, %old: f32):
    %1 = arith.sitofp %sum : i32 to f32
    %2 = arith.mulf %1, %scale : f32
    linalg.yield %2 : f32
  } -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// CHECK-LABEL: func.func @quantized_batch_matmul
//  CHECK-SAME:   %{{[a-z0-9]+}}: tensor<2x4x3xi8>, %[[W:[a-z0-9]+]]: tensor<2x3x5xi8>
//       CHECK:   %[[T:.+]] = linalg.transpose ins(%[[W]] : tensor<2x3x5xi8>) {{.+}} permutation = [0, 2, 1]
//       CHECK:   ptq.storage_cast %{{.+}} : tensor<2x5x3xi8> to tensor<2x5x3x![[BATCH]]>
//       CHECK:   ptq.batch_matmul {{.+}} -> tensor<2x4x5xf16>
//   CHECK-NOT:   linalg.quantized_batch_matmul
func.func @quantized_batch_matmul(%x: tensor<2x4x3xi8>, %w: tensor<2x3x5xi8>) -> tensor<2x4x5xf16> {
  %za = arith.constant -7 : i32
  %zero = arith.constant 0 : i32
  %scale = arith.constant dense<0.125> : tensor<2x4x5xf32>
  %sums = tensor.empty() : tensor<2x4x5xi32>
  %init = linalg.fill ins(%zero : i32) outs(%sums : tensor<2x4x5xi32>) -> tensor<2x4x5xi32>
  %acc = linalg.quantized_batch_matmul ins(%x, %w, %za, %zero : tensor<2x4x3xi8>, tensor<2x3x5xi8>, i32, i32) outs(%init : tensor<2x4x5xi32>) -> tensor<2x4x5xi32>
  %0 = arith.sitofp %acc : tensor<2x4x5xi32> to tensor<2x4x5xf32>
  %1 = arith.mulf %0, %scale : tensor<2x4x5xf32>
  %2 = arith.truncf %1 : tensor<2x4x5xf32> to tensor<2x4x5xf16>
  return %2 : tensor<2x4x5xf16>
}

// A matmul of i8 whose weights are [N, K]; the scale of the activation follows.
// CHECK-LABEL: func.func @matmul_of_bytes
//       CHECK:   %[[Y:.+]] = ptq.matmul
//       CHECK:   linalg.mul ins(%[[Y]], %{{.+}} : tensor<4x2xf32>, tensor<4x2xf32>)
func.func @matmul_of_bytes(%x: tensor<4x3xi8>, %w: tensor<2x3xi8>, %row_scales: tensor<4xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0 : i32
  %scale = arith.constant dense<0.3> : tensor<4x2xf32>
  %sums = tensor.empty() : tensor<4x2xi32>
  %floats = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : i32) outs(%sums : tensor<4x2xi32>) -> tensor<4x2xi32>
  %acc = linalg.matmul
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %w : tensor<4x3xi8>, tensor<2x3xi8>) outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  %0 = arith.sitofp %acc : tensor<4x2xi32> to tensor<4x2xf32>
  %1 = arith.mulf %0, %scale : tensor<4x2xf32>
  %2 = linalg.broadcast ins(%row_scales : tensor<4xf32>) outs(%floats : tensor<4x2xf32>) dimensions = [1]
  %3 = linalg.mul ins(%1, %2 : tensor<4x2xf32>, tensor<4x2xf32>) outs(%floats : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %3 : tensor<4x2xf32>
}
