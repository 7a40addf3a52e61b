// The example of the pass: @before becomes what @after is.
// RUN: ptq-opt %s --ptq-propagate-integers=mode=float --canonicalize | FileCheck %s

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = 3>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

// CHECK-LABEL: func.func @before
//       CHECK:   %[[ACC:.+]] = ptq.matmul ins(%{{.+}}, %{{.+}} : {{.+}}) outs(%{{.+}} : tensor<?x2xi32>) -> tensor<?x2xi32>
//       CHECK:   ptq.requantize %[[ACC]] float %{{.+}} per [0, 1]
// CHECK-LABEL: func.func @after
//       CHECK:   %[[ACC:.+]] = ptq.matmul ins(%{{.+}}, %{{.+}} : {{.+}}) outs(%{{.+}} : tensor<?x2xi32>) -> tensor<?x2xi32>
//       CHECK:   ptq.requantize %[[ACC]] float %{{.+}} per [0, 1]
func.func @before(%q: tensor<?x4x!a8>, %w: tensor<2x4x!w8>, %empty: tensor<?x2xf32>) -> tensor<?x2x!a8> {
  %s = arith.constant dense<0.5> : tensor<1x1xf32>
  %ws = arith.constant dense<[[0.25], [1.0]]> : tensor<2x1xf32>
  %t = arith.constant dense<2.0> : tensor<1x1xf32>
  %y = ptq.matmul ins(%q, %w : tensor<?x4x!a8>, tensor<2x4x!w8>)
         lhs(%s : tensor<1x1xf32>) rhs(%ws : tensor<2x1xf32>)
         outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>
  %r = ptq.quantize %y, %t : tensor<?x2xf32>, tensor<1x1xf32> -> tensor<?x2x!a8>
  return %r : tensor<?x2x!a8>
}

func.func @after(%q: tensor<?x4x!a8>, %w: tensor<2x4x!w8>, %integers: tensor<?x2xi32>) -> tensor<?x2x!a8> {
  %m = arith.constant dense<[[0.0625, 0.25]]> : tensor<1x2xf32>
  %acc = ptq.matmul ins(%q, %w : tensor<?x4x!a8>, tensor<2x4x!w8>)
           outs(%integers : tensor<?x2xi32>) -> tensor<?x2xi32>
  %r = ptq.requantize %acc float %m per [0, 1]
    : tensor<?x2xi32>, tensor<1x2xf32> -> tensor<?x2x!a8>
  return %r : tensor<?x2x!a8>
}
