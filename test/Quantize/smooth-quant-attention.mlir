// Factors of channels move from the output of attention to the linear that makes
// the values: heads of queries that read one head of values share its factors.

// RUN: rm -rf %t && mkdir -p %t
// RUN: %python %S/Inputs/make-rows.py %t
// RUN: ptq-run %s --entry=f --calibrate --input=%t/x.npy -o %t/stats
// RUN: ptq-opt %s --ptq-smooth-quant="statistics=%t/stats alpha=1" -o %t/smoothed.mlir
// RUN: FileCheck %s < %t/smoothed.mlir

// Sums of the values are 61, 3.75, 0.96 and 0.0625: heads 0 and 1 have two
// channels each, and 2 heads of queries.
// CHECK: exponents = array<i32: 6, 2, 6, 2, 0, -4, 0, -4>, linears = ["o"]
// CHECK-DAG: @v(dense_resource<v.smoothed>
// CHECK-DAG: @bias(dense_resource<bias.smoothed>
// CHECK-DAG: @o(dense_resource<o.smoothed>

// The float model computes the same bits.
// RUN: ptq-run %s --entry=f --input=%t/x.npy --output=%t/a.npy
// RUN: ptq-run %t/smoothed.mlir --entry=f --input=%t/x.npy --output=%t/b.npy
// RUN: cmp %t/a.npy %t/b.npy

#rows = affine_map<(m, n, k) -> (m, k)>
#weights = affine_map<(m, n, k) -> (n, k)>
#results = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, k) -> (m, k)>
#channel = affine_map<(m, k) -> (k)>
#scores = affine_map<(t, h, g, d, s) -> (h, g, t, s)>
#values = affine_map<(t, h, g, d, s) -> (s, h, d)>
#context = affine_map<(t, h, g, d, s) -> (t, h, g, d)>
#all = affine_map<(t, h, g, d) -> (t, h, g, d)>
#sums = affine_map<(t, h, g, d) -> (h, g, t)>

ml_program.global private @v(dense<[[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 3.0], [0.015625, 0.0, 0.0, 0.0], [0.0, 0.5, 0.0, 0.0]]> : tensor<4x4xf32>) : tensor<4x4xf32>
ml_program.global private @bias(dense<[0.0, 1.0, 0.0, 0.0]> : tensor<4xf32>) : tensor<4xf32>
ml_program.global private @o(dense<[[1.0, 0.7, 0.5, 1.0, 0.2, 0.9, 1.0, 0.3], [0.5, 1.0, 1.0, 0.3, 1.0, 1.0, 0.8, 1.0]]> : tensor<2x8xf32>) : tensor<2x8xf32>

func.func private @attention(%v: tensor<3x4xf32>) -> tensor<3x8xf32> {
  %zero = arith.constant 0.0 : f32
  %two = arith.constant 2.0 : f32
  %empty_weights = tensor.empty() : tensor<2x2x3x3xf32>
  %weights = linalg.fill ins(%two : f32) outs(%empty_weights : tensor<2x2x3x3xf32>) -> tensor<2x2x3x3xf32>
  %empty_sums = tensor.empty() : tensor<2x2x3xf32>
  %sums = linalg.fill ins(%two : f32) outs(%empty_sums : tensor<2x2x3xf32>) -> tensor<2x2x3xf32>
  %empty = tensor.empty() : tensor<3x2x2x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<3x2x2x2xf32>) -> tensor<3x2x2x2xf32>
  %heads = tensor.expand_shape %v [[0], [1, 2]] output_shape [3, 2, 2] : tensor<3x4xf32> into tensor<3x2x2xf32>
  %mixed = linalg.contract indexing_maps = [#scores, #values, #context]
    ins(%weights, %heads : tensor<2x2x3x3xf32>, tensor<3x2x2xf32>) outs(%init : tensor<3x2x2x2xf32>) -> tensor<3x2x2x2xf32>
  %context = linalg.generic {indexing_maps = [#all, #sums, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%mixed, %sums : tensor<3x2x2x2xf32>, tensor<2x2x3xf32>) outs(%empty : tensor<3x2x2x2xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<3x2x2x2xf32>
  %flat = tensor.collapse_shape %context [[0], [1, 2, 3]] : tensor<3x2x2x2xf32> into tensor<3x8xf32>
  return %flat : tensor<3x8xf32>
}

func.func @f(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {
  %zero = arith.constant 0.0 : f32
  %empty4 = tensor.empty() : tensor<3x4xf32>
  %init4 = linalg.fill ins(%zero : f32) outs(%empty4 : tensor<3x4xf32>) -> tensor<3x4xf32>
  %empty2 = tensor.empty() : tensor<3x2xf32>
  %init2 = linalg.fill ins(%zero : f32) outs(%empty2 : tensor<3x2xf32>) -> tensor<3x2xf32>
  %v_w = ml_program.global_load_const @v : tensor<4x4xf32>
  %bias = ml_program.global_load_const @bias : tensor<4xf32>
  %o_w = ml_program.global_load_const @o : tensor<2x8xf32>
  %product = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "v"}
    ins(%x, %v_w : tensor<3x4xf32>, tensor<4x4xf32>) outs(%init4 : tensor<3x4xf32>) -> tensor<3x4xf32>
  %v = linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel"]}
      ins(%product, %bias : tensor<3x4xf32>, tensor<4xf32>) outs(%empty4 : tensor<3x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<3x4xf32>
  %context = call @attention(%v) : (tensor<3x4xf32>) -> tensor<3x8xf32>
  %y = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "o"}
    ins(%context, %o_w : tensor<3x8xf32>, tensor<2x8xf32>) outs(%init2 : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}
