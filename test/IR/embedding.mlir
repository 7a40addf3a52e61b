// RUN: ptq-opt %s | ptq-opt | FileCheck %s

!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>

// CHECK-LABEL: func.func @example
//       CHECK:   ptq.embedding ins(%{{.+}}, %{{.+}} : tensor<?xi64>, tensor<512x64x!u8>) rhs(%{{.+}} : tensor<512x1xf32>) outs(%{{.+}} : tensor<?x64xf32>) -> tensor<?x64xf32>
func.func @example(%tokens: tensor<?xi64>, %table: tensor<512x64x!w8>, %ws: tensor<512x1xf32>, %out: tensor<?x64xf32>) {
  %x = ptq.embedding ins(%tokens, %table : tensor<?xi64>, tensor<512x64x!w8>)
         rhs(%ws : tensor<512x1xf32>) outs(%out : tensor<?x64xf32>) -> tensor<?x64xf32>
  return
}

// CHECK-LABEL: func.func @float_table
//       CHECK:   ptq.embedding ins(%{{.+}}, %{{.+}} : tensor<2x?xi32>, tensor<512x64xbf16>) outs(
func.func @float_table(%tokens: tensor<2x?xi32>, %table: tensor<512x64xbf16>, %out: tensor<2x?x64xf32>) {
  %x = ptq.embedding ins(%tokens, %table : tensor<2x?xi32>, tensor<512x64xbf16>) outs(%out : tensor<2x?x64xf32>) -> tensor<2x?x64xf32>
  return
}
