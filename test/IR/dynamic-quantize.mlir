// RUN: ptq-opt %s | ptq-opt | FileCheck %s

// CHECK-LABEL: func.func @example
//       CHECK:   %codes, %scale, %sums = ptq.dynamic_quantize %{{.+}} sums [1, 0] : tensor<1x3xf32> -> tensor<1x3x!s8>, tensor<1x1xf32>, tensor<1x1xi32>
func.func @example(%x: tensor<1x3xf32>) {
  %q, %s, %sum = ptq.dynamic_quantize %x sums [1, 0] : tensor<1x3xf32>
    -> tensor<1x3x!ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>>,
       tensor<1x1xf32>, tensor<1x1xi32>
  return
}

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 1, 0], scale = f32>

// CHECK-LABEL: func.func @groups_of_sums
//       CHECK:   ptq.dynamic_quantize %{{.+}} sums [1, 1, 32] : tensor<?x?x172xbf16> -> tensor<?x?x172x!s8_1>, tensor<?x?x1xf32>, tensor<?x?x6xi32>
func.func @groups_of_sums(%x: tensor<?x?x172xbf16>) {
  %q, %s, %sum = ptq.dynamic_quantize %x sums [1, 1, 32] : tensor<?x?x172xbf16> -> tensor<?x?x172x!a8>, tensor<?x?x1xf32>, tensor<?x?x6xi32>
  return
}

// CHECK-LABEL: func.func @no_sums
//       CHECK:   %codes, %scale = ptq.dynamic_quantize %{{.+}} : tensor<?x?x?xf32> -> tensor<?x?x?x!s8_1>, tensor<?x?x1xf32>
func.func @no_sums(%x: tensor<?x?x?xf32>) {
  %q, %s = ptq.dynamic_quantize %x : tensor<?x?x?xf32> -> tensor<?x?x?x!a8>, tensor<?x?x1xf32>
  return
}
