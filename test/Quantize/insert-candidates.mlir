// One argument chooses among formats, each beside the float op.
// RUN: ptq-opt %s --ptq-insert-candidates="entry=fc formats=w4a8-g2,w8a8" | FileCheck %s
// RUN: ptq-opt %s --ptq-insert-candidates="entry=fc formats=w4a8-g2 recipe=w8a16" --ptq-quantize-linears --canonicalize | FileCheck %s --check-prefix=QUANTIZED
// RUN: not ptq-opt %s --ptq-insert-candidates="entry=nobody" 2>&1 | FileCheck %s --check-prefix=ENTRY
// RUN: not ptq-opt %s --ptq-insert-candidates="entry=fc formats=w9a9" 2>&1 | FileCheck %s --check-prefix=FORMAT

// ENTRY: error: expects entry to be a function with a body, but got 'nobody'
// FORMAT: error: expects formats such as 'w8a8' or 'w4a8-g32', but got 'w9a9'

// The recipe's format comes first and is not there twice.
// CHECK: module attributes {ptq.candidates = [
// CHECK-SAME: bytes = array<i64: 16, 12>
// CHECK-SAME: float_bytes = 32
// CHECK-SAME: formats = ["w8a8", "w4a8-g2"]
// CHECK-SAME: linears = ["fc.matmul.0"]
// CHECK-SAME: reason = "the recipe is w8a8"
// CHECK-SAME: shape = array<i64: 2, 4>
// CHECK-DAG: ptq.statistics @fc.matmul.0.w8a8.out : tensor<?x2xf32> observers [#ptq.output_error]
// CHECK-DAG: ptq.statistics @"fc.matmul.0.w4a8-g2.out"

// CHECK-LABEL: func.func @fc
//  CHECK-SAME:   %[[X:[a-z0-9]+]]: tensor<?x4xf32>, %{{.*}}: tensor<?x2xf32>, %[[CHOICES:[a-z0-9]+]]: tensor<1xi64>
//       CHECK:   %[[NUMBER:.+]] = tensor.extract %[[CHOICES]]
//       CHECK:   %[[CHOICE:.+]] = arith.index_cast %[[NUMBER]]
//       CHECK:   %[[Y:.+]] = scf.index_switch %[[CHOICE]] -> tensor<?x2xf32>
//       CHECK:   case 1
//       CHECK:     %[[APPROXIMATE:.+]] = linalg.matmul {{.*}}ptq.format = "w8a8"
//       CHECK:     %[[FLOAT:.+]] = linalg.matmul {{.*}}ptq.format = "float"
//       CHECK:     ptq.observe %[[FLOAT]] against %[[APPROXIMATE]], @fc.matmul.0.w8a8.out
//       CHECK:     %[[COPY:.+]] = bufferization.materialize_in_destination %[[APPROXIMATE]]
//       CHECK:     scf.yield %[[COPY]]
//       CHECK:   case 2
//       CHECK:     ptq.format = "w4a8-g2"
//   CHECK-NOT:   case 3
//       CHECK:   default
//       CHECK:     linalg.matmul {{.*}}ptq.format = "float"
//   CHECK-NOT:     ptq.observe
//       CHECK:   return %[[Y]]

// Each case has its own format, and the float ones stay.
// QUANTIZED-LABEL: func.func @fc
//       QUANTIZED:   case 1
//       QUANTIZED:     ptq.matmul ins(%{{.*}} : tensor<?x4xf32>
//       QUANTIZED:     linalg.matmul
//       QUANTIZED:   case 2
//       QUANTIZED:     ptq.dynamic_quantize
//       QUANTIZED:     ptq.matmul
//       QUANTIZED:     linalg.matmul
//       QUANTIZED:   default
//   QUANTIZED-NOT:     ptq.matmul
//       QUANTIZED:     linalg.matmul
func.func @fc(%x: tensor<?x4xf32>, %init: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<[[1.0, -2.0, 0.5, 4.0], [0.0, 3.0, -1.0, 1.0]]> : tensor<2x4xf32>
  %y = linalg.matmul
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %w : tensor<?x4xf32>, tensor<2x4xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
