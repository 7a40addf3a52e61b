// An integer module needs the ranges of what linears, sums and callers take: of
// where it comes from, through padding, pooling and reshapes; x is seen once.
// RUN: ptq-opt %s --ptq-insert-observers="recipe=w8a8-integer observers=minmax" | FileCheck %s
// RUN: ptq-opt %s --ptq-insert-observers="recipe=w8a8-static observers=minmax" | FileCheck %s --check-prefix=STATIC

// CHECK-DAG: ptq.statistics @net.conv_2d_nhwc_hwcf.0.in : tensor<1x4x4x2xf32> observers [#ptq.minmax] linears ["net.conv_2d_nhwc_hwcf.0", "net.add.0.rhs"]
// CHECK-DAG: ptq.statistics @net.add.0.lhs.in : tensor<1x4x4x2xf32> observers [#ptq.minmax] linears ["net.add.0.lhs"]
// CHECK-DAG: ptq.statistics @net.matmul.0.in : tensor<1x4x4x2xf32> observers [#ptq.minmax] linears ["net.matmul.0"]
// CHECK-DAG: ptq.statistics @net.result.0.in : tensor<1x3xf32> observers [#ptq.minmax] linears ["net.result.0"]
// CHECK-LABEL: func.func @net
//  CHECK-SAME:   %[[X:.+]]: tensor<1x4x4x2xf32>
//       CHECK:   ptq.observe %[[X]], @net.conv_2d_nhwc_hwcf.0.in
//       CHECK:   %[[Y:.+]] = linalg.conv_2d_nhwc_hwcf
//  CHECK-NEXT:   ptq.observe %[[Y]], @net.add.0.lhs.in
//       CHECK:   %[[SUM:.+]] = linalg.add
//  CHECK-NEXT:   ptq.observe %[[SUM]], @net.matmul.0.in
//       CHECK:   %[[RESULT:.+]] = linalg.matmul
//  CHECK-NEXT:   ptq.observe %[[RESULT]], @net.result.0.in

// Static recipes observe the inputs of linears as they are.
// STATIC-DAG: ptq.statistics @net.conv_2d_nhwc_hwcf.0.in : tensor<1x6x6x2xf32>
// STATIC-DAG: ptq.statistics @net.matmul.0.in : tensor<1x8xf32>
// STATIC-NOT: ptq.statistics
func.func @net(%x: tensor<1x4x4x2xf32>) -> tensor<1x3xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %w = arith.constant dense<0.5> : tensor<3x3x2x2xf32>
  %v = arith.constant dense<0.5> : tensor<8x3xf32>
  %padded = tensor.pad %x low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%n: index, %h: index, %c: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<1x4x4x2xf32> to tensor<1x6x6x2xf32>
  %empty = tensor.empty() : tensor<1x4x4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %y = linalg.conv_2d_nhwc_hwcf ins(%padded, %w : tensor<1x6x6x2xf32>, tensor<3x3x2x2xf32>) outs(%init : tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %sum = linalg.add ins(%y, %x : tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>) outs(%empty : tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %small = tensor.empty() : tensor<1x2x2x2xf32>
  %start = linalg.fill ins(%lowest : f32) outs(%small : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %pooled = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
    ins(%sum, %window : tensor<1x4x4x2xf32>, tensor<2x2xf32>) outs(%start : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %flat = tensor.collapse_shape %pooled [[0], [1, 2, 3]] : tensor<1x2x2x2xf32> into tensor<1x8xf32>
  %out = tensor.empty() : tensor<1x3xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%out : tensor<1x3xf32>) -> tensor<1x3xf32>
  %result = linalg.matmul ins(%flat, %v : tensor<1x8xf32>, tensor<8x3xf32>) outs(%zeros : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %result : tensor<1x3xf32>
}
