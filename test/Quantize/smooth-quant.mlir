// Factors of channels move from a norm to the linears behind it, exactly.

// RUN: rm -rf %t && mkdir -p %t
// RUN: %python %S/Inputs/make-rows.py %t
// RUN: ptq-run %s --entry=f --calibrate --input=%t/x.npy -o %t/stats
// RUN: ptq-opt %s --ptq-smooth-quant=statistics=%t/stats --remarks-filter=ptq-quantize --remark-format=emitRemark -o %t/smoothed.mlir 2>&1 | FileCheck %s --check-prefix=REMARK
// REMARK-DAG: Smoothed | {{.*}}Alpha=0.50, Linear=up
// REMARK-DAG: NotSmoothed | {{.*}}Linear=tied{{.*}}its weight is tied to another
// REMARK-DAG: NotSmoothed | {{.*}}Linear=shared{{.*}}something else reads its input
// REMARK-DAG: NotSmoothed | {{.*}}Linear=plain{{.*}}nothing that can be scaled produces its input

// The magnitudes of channels are 64, 1, 0 and 4; those of columns 4, 1, 2, 1.
// RUN: FileCheck %s --check-prefix=ATTR < %t/smoothed.mlir
// ATTR: ptq.model_hash = "{{[0-9a-f]+}}"
// ATTR-SAME: ptq.smoothed = [{exponents = array<i32: 2, 0, 0, 1>, linears = ["up", "gate"]}]

// The float model computes the same bits.
// RUN: ptq-run %s --entry=f --input=%t/x.npy --output=%t/a0.npy --output=%t/a1.npy --output=%t/a2.npy --output=%t/a3.npy --output=%t/a4.npy
// RUN: ptq-run %t/smoothed.mlir --entry=f --input=%t/x.npy --output=%t/b0.npy --output=%t/b1.npy --output=%t/b2.npy --output=%t/b3.npy --output=%t/b4.npy
// RUN: cmp %t/a0.npy %t/b0.npy
// RUN: cmp %t/a1.npy %t/b1.npy
// RUN: cmp %t/a2.npy %t/b2.npy
// RUN: cmp %t/a3.npy %t/b3.npy
// RUN: cmp %t/a4.npy %t/b4.npy

// The static scale of the smoothed input is that of its largest divided channel,
// 64 / 2^2 / 127; that of the others of what was seen.
// RUN: ptq-opt %s --ptq-quantize="recipe=w8a8-static statistics=%t/stats range=minmax smoothquant=0.5" | FileCheck %s --check-prefix=STATIC
// STATIC: arith.constant dense<0.125984251> : tensor<1x1xf32>
// STATIC: ptq.quantize {{.*}} -> tensor<?x4x!{{.*}}>
// STATIC: ptq.matmul
// STATIC-NOT: ptq.dynamic_quantize

// An alpha of 1 gives each channel a scale of its own, a power of two that is folded
// into the weights: what is left of 64, 1, 0 and 4 is 1, 1, 0 and 1.
// RUN: ptq-opt %s --ptq-smooth-quant="statistics=%t/stats alpha=1" | FileCheck %s --check-prefix=FOLDED
// FOLDED: ptq.smoothed = [{exponents = array<i32: 6, 0, 0, 2>, linears = ["up", "gate"]}]
// RUN: ptq-opt %s --ptq-quantize="recipe=w8a8-static statistics=%t/stats smoothquant=1" | FileCheck %s --check-prefix=FOLDED-SCALE
// FOLDED-SCALE: arith.constant dense<0.00787401571> : tensor<1x1xf32>
// FOLDED-SCALE: ptq.quantize {{.*}} -> tensor<?x4x!{{.*}}>

// RUN: not ptq-opt %s --ptq-quantize=recipe=w8a8-static 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: expects statistics= for the format w8a8-static of 'up'
// RUN: not ptq-opt %s --ptq-smooth-quant=alpha=0.5 2>&1 | FileCheck %s --check-prefix=FILE
// FILE: error: expects statistics=, a file
// RUN: not ptq-opt %s --ptq-smooth-quant="statistics=%t/stats alpha=2" 2>&1 | FileCheck %s --check-prefix=ALPHA
// ALPHA: error: expects alpha in [0, 1], but got 2
// RUN: not ptq-opt %t/smoothed.mlir --ptq-smooth-quant=statistics=%t/stats 2>&1 | FileCheck %s --check-prefix=TWICE
// TWICE: error: expects a module that is not smoothed yet
// RUN: not ptq-opt %s --ptq-quantize="recipe=w8a8-static statistics=%t/stats range=median" 2>&1 | FileCheck %s --check-prefix=RANGE
// RANGE: error: expects a range to be minmax, moving_average, percentile[:P], entropy or mse, but got 'median'

#rows = affine_map<(m, n, k) -> (m, k)>
#weights = affine_map<(m, n, k) -> (n, k)>
#results = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, k) -> (m, k)>
#channel = affine_map<(m, k) -> (k)>

ml_program.global private @norm(dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>) : tensor<4xf32>
ml_program.global private @norm2(dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>) : tensor<4xf32>
ml_program.global private @norm3(dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>) : tensor<4xf32>
ml_program.global private @up(dense<[[4.0, 0.5, 1.0, -1.0], [1.0, 1.0, 1.0, 0.5]]> : tensor<2x4xbf16>) : tensor<2x4xbf16>
ml_program.global private @gate(dense<[[-2.0, 0.25, -2.0, 0.125], [1.0, 1.0, 1.0, 1.0]]> : tensor<2x4xf32>) : tensor<2x4xf32>
ml_program.global private @tied(dense<2.0> : tensor<2x4xf32>) : tensor<2x4xf32>
ml_program.global private @shared(dense<3.0> : tensor<2x4xf32>) : tensor<2x4xf32>
ml_program.global private @plain(dense<4.0> : tensor<2x4xf32>) : tensor<2x4xf32>

func.func private @scale(%x: tensor<?x4xf32>, %weight: tensor<4xf32>) -> tensor<?x4xf32> {
  %y = linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %weight : tensor<?x4xf32>, tensor<4xf32>) outs(%x : tensor<?x4xf32>) {
  ^bb0(%a: f32, %w: f32, %out: f32):
    %0 = arith.mulf %a, %w : f32
    linalg.yield %0 : f32
  } -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

func.func @f(%x: tensor<?x4xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x4xf32>
  %empty = tensor.empty(%m) : tensor<?x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>

  %norm = ml_program.global_load_const @norm : tensor<4xf32>
  %up = ml_program.global_load_const @up : tensor<2x4xbf16>
  %gate = ml_program.global_load_const @gate : tensor<2x4xf32>
  %h = call @scale(%x, %norm) : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %0 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "up"}
    ins(%h, %up : tensor<?x4xf32>, tensor<2x4xbf16>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  %1 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "gate"}
    ins(%h, %gate : tensor<?x4xf32>, tensor<2x4xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>

  // The weight of `tied` is read twice.
  %norm2 = ml_program.global_load_const @norm2 : tensor<4xf32>
  %tied = ml_program.global_load_const @tied : tensor<2x4xf32>
  %h2 = linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %norm2 : tensor<?x4xf32>, tensor<4xf32>) outs(%x : tensor<?x4xf32>) {
  ^bb0(%a: f32, %w: f32, %out: f32):
    %p = arith.mulf %a, %w : f32
    linalg.yield %p : f32
  } -> tensor<?x4xf32>
  %2 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "tied"}
    ins(%h2, %tied : tensor<?x4xf32>, tensor<2x4xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  %corner = tensor.extract %tied[%c0, %c0] : tensor<2x4xf32>
  %filled = linalg.fill ins(%corner : f32) outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>
  %tied_sum = arith.addf %2, %filled : tensor<?x2xf32>

  // The input of `shared` is also negated.
  %norm3 = ml_program.global_load_const @norm3 : tensor<4xf32>
  %shared = ml_program.global_load_const @shared : tensor<2x4xf32>
  %h3 = call @scale(%x, %norm3) : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %3 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "shared"}
    ins(%h3, %shared : tensor<?x4xf32>, tensor<2x4xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  %plain = ml_program.global_load_const @plain : tensor<2x4xf32>
  %negated = arith.negf %h3 : tensor<?x4xf32>
  %4 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "plain"}
    ins(%negated, %plain : tensor<?x4xf32>, tensor<2x4xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %0, %1, %tied_sum, %3, %4 : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}
