// Factors of channels move from one linear to the next, exactly, where what is
// between keeps them; and a search takes the alpha of the least error.

// RUN: rm -rf %t && mkdir -p %t
// RUN: %python %S/Inputs/make-rows.py %t
// RUN: ptq-run %s --entry=f --calibrate --input=%t/x.npy -o %t/stats
// RUN: ptq-opt %s --ptq-smooth-quant=statistics=%t/stats --remarks-filter=ptq-quantize --remark-format=emitRemark -o %t/smoothed.mlir 2>&1 | FileCheck %s --check-prefix=REMARK
// REMARK-DAG: Smoothed | {{.*}}Linear=down
// REMARK-DAG: NotSmoothed | {{.*}}Linear=added{{.*}}nothing that can be scaled produces its input
// REMARK-DAG: NotSmoothed | {{.*}}Linear=twice{{.*}}nothing that can be scaled produces its input
// REMARK-DAG: NotSmoothed | {{.*}}Linear=once{{.*}}its weight is tied to another

// The rows of `up` make channels of 512 and 0.75 in the input of `down`.
// RUN: FileCheck %s --check-prefix=ATTR < %t/smoothed.mlir
// ATTR: linears = ["down"]

// The float model computes the same bits, through other weights.
// RUN: ptq-run %s --entry=f --input=%t/x.npy --output=%t/a0.npy --output=%t/a1.npy --output=%t/a2.npy
// RUN: ptq-run %t/smoothed.mlir --entry=f --input=%t/x.npy --output=%t/b0.npy --output=%t/b1.npy --output=%t/b2.npy
// RUN: cmp %t/a0.npy %t/b0.npy
// RUN: cmp %t/a1.npy %t/b1.npy
// RUN: cmp %t/a2.npy %t/b2.npy
// RUN: FileCheck %s --check-prefix=WEIGHT < %t/smoothed.mlir
// WEIGHT: @up(dense_resource<up.smoothed>
// WEIGHT: @down(dense_resource<down.smoothed>

// With a search, too; one that finds nothing better says so.
// RUN: ptq-opt %s --ptq-smooth-quant="statistics=%t/stats search" --remarks-filter=ptq-quantize --remark-format=emitRemark -o %t/searched.mlir 2>&1 | FileCheck %s --check-prefix=SEARCH
// SEARCH-DAG: Smoothed | {{.*}}Alpha={{[01]\.[0-9][05]}}, Linear=down
// SEARCH-DAG: NotSmoothed | {{.*}}Linear=level{{.*}}no alpha has a smaller error than none
// RUN: ptq-run %t/searched.mlir --entry=f --input=%t/x.npy --output=%t/c0.npy --output=%t/c1.npy --output=%t/c2.npy
// RUN: cmp %t/a0.npy %t/c0.npy

#rows = affine_map<(m, n, k) -> (m, k)>
#weights = affine_map<(m, n, k) -> (n, k)>
#results = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, k) -> (m, k)>
#channel = affine_map<(m, k) -> (k)>

ml_program.global private @gate(dense<[[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 1.0]]> : tensor<2x4xf32>) : tensor<2x4xf32>
ml_program.global private @up(dense<[[8.0, 0.0, 0.0, 0.0], [0.0, 0.5, 0.0, 0.5]]> : tensor<2x4xf32>) : tensor<2x4xf32>
ml_program.global private @down(dense<[[1.0, 0.75], [0.5, 1.0], [0.3, 0.9]]> : tensor<3x2xf32>) : tensor<3x2xf32>
ml_program.global private @side(dense<[[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 0.0, 1.0]]> : tensor<2x4xf32>) : tensor<2x4xf32>
ml_program.global private @added(dense<[[1.0, 0.75], [0.5, 1.0]]> : tensor<2x2xf32>) : tensor<2x2xf32>
ml_program.global private @twice(dense<[[1.0, 0.5], [0.25, 1.0]]> : tensor<2x2xf32>) : tensor<2x2xf32>
ml_program.global private @tied(dense<[[3.0, 2.0, 3.0, 4.0], [2.0, 1.0, 0.0, 1.0]]> : tensor<2x4xf32>) : tensor<2x4xf32>
ml_program.global private @once(dense<[[1.0, 0.5], [0.5, 1.0]]> : tensor<2x2xf32>) : tensor<2x2xf32>
ml_program.global private @norm(dense<[0.015625, 2.0, 0.0, 1.0]> : tensor<4xf32>) : tensor<4xf32>
ml_program.global private @level(dense<[[1.0, 1.0, 1.0, 1.0], [1.0, -1.0, 1.0, 1.0]]> : tensor<2x4xf32>) : tensor<2x4xf32>

func.func private @multiply(%gate: tensor<?x2xf32>, %up: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %y = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%gate, %up : tensor<?x2xf32>, tensor<?x2xf32>) outs(%gate : tensor<?x2xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %squared = arith.mulf %a, %a : f32
    %0 = arith.mulf %squared, %b : f32
    linalg.yield %0 : f32
  } -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

func.func @f(%x: tensor<?x4xf32>) -> (tensor<?x3xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x4xf32>
  %empty = tensor.empty(%m) : tensor<?x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>
  %empty3 = tensor.empty(%m) : tensor<?x3xf32>
  %init3 = linalg.fill ins(%zero : f32) outs(%empty3 : tensor<?x3xf32>) -> tensor<?x3xf32>

  %gate_w = ml_program.global_load_const @gate : tensor<2x4xf32>
  %up_w = ml_program.global_load_const @up : tensor<2x4xf32>
  %down_w = ml_program.global_load_const @down : tensor<3x2xf32>
  %gate = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "gate"}
    ins(%x, %gate_w : tensor<?x4xf32>, tensor<2x4xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  %up = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "up"}
    ins(%x, %up_w : tensor<?x4xf32>, tensor<2x4xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  %hidden = call @multiply(%gate, %up) : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %down = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "down"}
    ins(%hidden, %down_w : tensor<?x2xf32>, tensor<3x2xf32>) outs(%init3 : tensor<?x3xf32>) -> tensor<?x3xf32>

  // A sum does not keep factors; and what is read twice cannot be scaled.
  %side_w = ml_program.global_load_const @side : tensor<2x4xf32>
  %added_w = ml_program.global_load_const @added : tensor<2x2xf32>
  %twice_w = ml_program.global_load_const @twice : tensor<2x2xf32>
  %side = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "side"}
    ins(%x, %side_w : tensor<?x4xf32>, tensor<2x4xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  %sum = linalg.add ins(%side, %gate : tensor<?x2xf32>, tensor<?x2xf32>) outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>
  %added = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "added"}
    ins(%sum, %added_w : tensor<?x2xf32>, tensor<2x2xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  %product = call @multiply(%gate, %side) : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %twice = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "twice"}
    ins(%product, %twice_w : tensor<?x2xf32>, tensor<2x2xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>

  // The rows of @tied make the input of `once`, and a result.
  %tied_w = ml_program.global_load_const @tied : tensor<2x4xf32>
  %once_w = ml_program.global_load_const @once : tensor<2x2xf32>
  %before = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "before"}
    ins(%x, %tied_w : tensor<?x4xf32>, tensor<2x4xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  %beside = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "beside"}
    ins(%x, %tied_w : tensor<?x4xf32>, tensor<2x4xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  %gated = call @multiply(%gate, %before) : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %once = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "once"}
    ins(%gated, %once_w : tensor<?x2xf32>, tensor<2x2xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>

  // Channels of 1, 1, 0 and 1 and columns of 1.
  %norm = ml_program.global_load_const @norm : tensor<4xf32>
  %level_w = ml_program.global_load_const @level : tensor<2x4xf32>
  %scaled = linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %norm : tensor<?x4xf32>, tensor<4xf32>) outs(%x : tensor<?x4xf32>) {
  ^bb0(%a: f32, %w: f32, %out: f32):
    %p = arith.mulf %a, %w : f32
    linalg.yield %p : f32
  } -> tensor<?x4xf32>
  %level = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "level"}
    ins(%scaled, %level_w : tensor<?x4xf32>, tensor<2x4xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  %two = linalg.add ins(%added, %twice : tensor<?x2xf32>, tensor<?x2xf32>) outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>
  %three = linalg.add ins(%two, %once : tensor<?x2xf32>, tensor<?x2xf32>) outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>
  %both = linalg.add ins(%three, %beside : tensor<?x2xf32>, tensor<?x2xf32>) outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %down, %both, %level : tensor<?x3xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}
