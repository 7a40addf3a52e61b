// RUN: ptq-opt %s --ptq-lower-loops --canonicalize --split-input-file | FileCheck %s

#all = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>

// A sum along rows keeps one partial result per lane; lanes beyond the end
// keep what they had.
// CHECK-LABEL: func.func @sum_keeps_sixteen_partial_results
//       CHECK:   %[[PARTIALS:.+]] = scf.for {{.+}} step %c16 iter_args
//       CHECK:     vector.load
//       CHECK:     arith.addf %{{.+}}, %{{.+}} : vector<16xf32>
//       CHECK:   %[[TOTAL:.+]] = scf.if {{.+}} -> (vector<16xf32>)
//       CHECK:     vector.maskedload
//       CHECK:     arith.select %{{.+}}, %{{.+}}, %{{.+}} : vector<16xi1>, vector<16xf32>
//       CHECK:   arith.addf %{{.+}}, %{{.+}} : vector<8xf32>
//       CHECK:   arith.addf %{{.+}}, %{{.+}} : vector<4xf32>
//       CHECK:   arith.addf %{{.+}}, %{{.+}} : vector<2xf32>
//       CHECK:   arith.addf %{{.+}}, %{{.+}} : vector<1xf32>
//   CHECK-NOT:   linalg
func.func @sum_keeps_sixteen_partial_results(%x: memref<4x?xf32>, %y: memref<4xf32>) {
  linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<4x?xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %sum = arith.addf %in, %out : f32
    linalg.yield %sum : f32
  }
  return
}

// -----

#all = affine_map<(d0, d1) -> (d0, d1)>
#column = affine_map<(d0, d1) -> (d1)>

// A fused multiply-add into the result may not be reordered: the lanes are
// columns, and each goes down in order.
// CHECK-LABEL: func.func @fma_keeps_its_order
//       CHECK:   scf.for %{{.+}} = %{{.+}} to %{{.+}} step %c16
//       CHECK:     %[[INIT:.+]] = vector.load
//       CHECK:     scf.for {{.+}} step %c1{{.*}} iter_args(%[[ACC:.+]] = %[[INIT]]) -> (vector<16xf32>)
//       CHECK:       math.fma %{{.+}}, %{{.+}}, %[[ACC]] : vector<16xf32>
//       CHECK:     vector.store
func.func @fma_keeps_its_order(%x: memref<64x64xf32>, %y: memref<64xf32>) {
  linalg.generic {indexing_maps = [#all, #column], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<64x64xf32>) outs(%y : memref<64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %sum = math.fma %in, %in, %out : f32
    linalg.yield %sum : f32
  }
  return
}

// -----

#all = affine_map<(d0, d1) -> (d0, d1)>

// Threads share the rows if there is enough to do, which is known at run time.
// CHECK-LABEL: func.func @threads_share_large_work
//       CHECK:   %[[ENOUGH:.+]] = arith.cmpi uge
//       CHECK:   omp.parallel if(%[[ENOUGH]])
//       CHECK:     omp.wsloop
//       CHECK:       vector.store
func.func @threads_share_large_work(%x: memref<?x64xf32>, %y: memref<?x64xf32>) {
  linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<?x64xf32>) outs(%y : memref<?x64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %sum = arith.addf %in, %in : f32
    linalg.yield %sum : f32
  }
  return
}

// CHECK-LABEL: func.func @small_work_has_no_threads
//   CHECK-NOT:   omp
//       CHECK:   vector.store
func.func @small_work_has_no_threads(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %sum = arith.addf %in, %in : f32
    linalg.yield %sum : f32
  }
  return
}

// -----

#token = affine_map<(d0, d1) -> (d0)>
#all = affine_map<(d0, d1) -> (d0, d1)>

// CHECK-LABEL: func.func @rows_are_gathered_whole
//       CHECK:   vector.load %{{.+}}[%{{.+}}, %{{.+}}] : memref<50x64xf32>, vector<16xf32>
func.func @rows_are_gathered_whole(%tokens: memref<4xindex>, %table: memref<50x64xf32>, %y: memref<4x64xf32>) {
  linalg.generic {indexing_maps = [#token, #all], iterator_types = ["parallel", "parallel"]}
      ins(%tokens : memref<4xindex>) outs(%y : memref<4x64xf32>) {
  ^bb0(%token: index, %out: f32):
    %k = linalg.index 1 : index
    %value = memref.load %table[%token, %k] : memref<50x64xf32>
    linalg.yield %value : f32
  }
  return
}

// -----

// A copy is loops too: memref.copy would be a call.
// CHECK-LABEL: func.func @copy_is_loops
//   CHECK-NOT:   memref.copy
//       CHECK:   vector.store
func.func @copy_is_loops(%x: memref<4x64xf32, strided<[?, 1], offset: ?>>, %y: memref<4x64xf32>) {
  memref.copy %x, %y : memref<4x64xf32, strided<[?, 1], offset: ?>> to memref<4x64xf32>
  return
}

// -----

#all = affine_map<(d0) -> (d0)>

// A lane beyond the end could divide by zero.
// CHECK-LABEL: func.func @division_stays_scalar
//   CHECK-NOT:   vector
//       CHECK:   arith.divsi %{{.+}}, %{{.+}} : i32
func.func @division_stays_scalar(%x: memref<?xi32>, %y: memref<?xi32>) {
  linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel"]}
      ins(%x : memref<?xi32>) outs(%y : memref<?xi32>) {
  ^bb0(%in: i32, %out: i32):
    %quotient = arith.divsi %in, %out : i32
    linalg.yield %quotient : i32
  }
  return
}
