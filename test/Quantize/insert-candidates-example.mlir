// RUN: ptq-opt %s | FileCheck %s
// The example of ptq-insert-candidates: what it makes of one linear.

// CHECK-LABEL: func.func @candidates
// CHECK: scf.index_switch
// CHECK: ptq.observe %{{.*}} against %{{.*}}, @fc.w8a8.out
ptq.statistics @fc.w8a8.out : tensor<?x2xf32> observers [#ptq.output_error]

func.func @candidates(%choice: index, %x: tensor<?x4xf32>, %w: tensor<4x2xf32>, %out: tensor<?x2xf32>) -> tensor<?x2xf32> {
    %y = scf.index_switch %choice -> tensor<?x2xf32>
    case 1 {
      %q = linalg.matmul {ptq.format = "w8a8", ptq.name = "fc"} ins(%x, %w : tensor<?x4xf32>, tensor<4x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
      %f = linalg.matmul {ptq.format = "float", ptq.name = "fc"} ins(%x, %w : tensor<?x4xf32>, tensor<4x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
      ptq.observe %f against %q, @fc.w8a8.out : tensor<?x2xf32>
      scf.yield %q : tensor<?x2xf32>
    }
    case 2 {
      // the same in w4a8-g4
      scf.yield %out : tensor<?x2xf32>
    }
    default {
      %f = linalg.matmul {ptq.format = "float", ptq.name = "fc"} ins(%x, %w : tensor<?x4xf32>, tensor<4x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
      scf.yield %f : tensor<?x2xf32>
    }
  return %y : tensor<?x2xf32>
}
