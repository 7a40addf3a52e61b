// RUN: ptq-opt %s --ptq-insert-observers=observers=minmax,gram | FileCheck %s
// RUN: ptq-opt %s --ptq-insert-observers="observers=moving_average skip=gate skip-positions=1 momentum=0.5" | FileCheck %s --check-prefix=OPTIONS

// Linears that share an input share its statistics, and so do functions that
// have linears of the same names. A product of activations, and the table of an
// embedding, have nothing to observe.

// CHECK-DAG: ptq.statistics @fc.matmul.0.in : tensor<?x4xf32> observers [#ptq.minmax, #ptq.gram] linears ["fc.matmul.0"]
// CHECK-DAG: ptq.statistics @up.in : tensor<?x4xf32> observers [#ptq.minmax, #ptq.gram] linears ["up", "gate"]
// OPTIONS-DAG: ptq.statistics @up.in : tensor<?x4xf32> skip(1) observers [#ptq.moving_average<momentum = 5.000000e-01>] linears ["up"]

#rows = affine_map<(m, n, k) -> (m, k)>
#weights = affine_map<(m, n, k) -> (n, k)>
#results = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: func.func @fc
// CHECK-SAME: (%[[X:.*]]: tensor<?x4xf32>
// CHECK: ptq.observe %[[X]], @fc.matmul.0.in : tensor<?x4xf32>
func.func @fc(%x: tensor<?x4xf32>, %init: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<[[1.0, -2.0, 0.5, 4.0], [0.0, 3.0, -1.0, 1.0]]> : tensor<2x4xf32>
  %y = linalg.matmul
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %w : tensor<?x4xf32>, tensor<2x4xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// CHECK-LABEL: func.func @prefill
// CHECK: %[[SUM:.*]] = arith.addf
// CHECK-NOT: ptq.observe
// CHECK: ptq.observe %[[SUM]], @up.in : tensor<?x4xf32>
// CHECK-NOT: ptq.observe
// CHECK: return
func.func @prefill(%x: tensor<?x4xf32>, %init: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = arith.constant dense<1.0> : tensor<2x4xf32>
  %v = arith.constant dense<2.0> : tensor<2x4xf32>
  %sum = arith.addf %x, %x : tensor<?x4xf32>
  %y = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "up"}
    ins(%sum, %w : tensor<?x4xf32>, tensor<2x4xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  %z = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "gate"}
    ins(%sum, %v : tensor<?x4xf32>, tensor<2x4xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y, %z : tensor<?x2xf32>, tensor<?x2xf32>
}

// CHECK-LABEL: func.func @decode
// CHECK-COUNT-1: ptq.observe %{{.*}}, @up.in : tensor<1x4xf32>
// CHECK-NOT: ptq.observe
func.func @decode(%x: tensor<1x4xf32>, %init: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %w = arith.constant dense<1.0> : tensor<2x4xf32>
  %v = arith.constant dense<2.0> : tensor<2x4xf32>
  %y = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "up"}
    ins(%x, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  %z = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "gate"}
    ins(%x, %v : tensor<1x4xf32>, tensor<2x4xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y, %z : tensor<1x2xf32>, tensor<1x2xf32>
}

// CHECK-LABEL: func.func @scores
// CHECK-NOT: ptq.observe
func.func @scores(%q: tensor<2x4xf32>, %k: tensor<3x4xf32>, %init: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %product = arith.mulf %k, %k : tensor<3x4xf32>
  %rows = arith.mulf %q, %q : tensor<2x4xf32>
  %y = linalg.matmul indexing_maps = [#rows, #weights, #results]
    ins(%rows, %product : tensor<2x4xf32>, tensor<3x4xf32>) outs(%init : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
