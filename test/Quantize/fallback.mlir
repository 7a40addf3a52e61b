// RUN: ptq-opt %s --ptq-quantize --verify-diagnostics --split-input-file | FileCheck %s
// RUN: not ptq-opt %s --ptq-quantize=fail-on-fallback --split-input-file 2>&1 | grep "error: linear '.*' stays float" | count 10
// RUN: ptq-opt %s --ptq-quantize="fail-on-fallback skip=.*" --split-input-file | FileCheck %s --check-prefix=SKIP

// SKIP-NOT: ptq.matmul

// CHECK: ptq.linears = [{format = "float", name = "wide.matmul.0", reason = "expects elements of f32, f16 or bf16, but got f64"}]
func.func @wide(%x: tensor<3x4xf64>, %out: tensor<3x2xf64>) -> tensor<3x2xf64> {
  %w = arith.constant dense<1.5> : tensor<4x2xf64>
  // expected-warning @below {{linear 'wide.matmul.0' stays float: expects elements of f32, f16 or bf16, but got f64}}
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf64>, tensor<4x2xf64>) outs(%out : tensor<3x2xf64>) -> tensor<3x2xf64>
  return %y : tensor<3x2xf64>
}

// -----

func.func @buffers(%x: memref<3x4xf32>, %w: memref<4x2xf32>, %out: memref<3x2xf32>) {
  // expected-warning @below {{expects ranked tensors, but got memref<3x4xf32>}}
  linalg.matmul ins(%x, %w : memref<3x4xf32>, memref<4x2xf32>) outs(%out : memref<3x2xf32>)
  return
}

// -----

func.func @argument(%x: tensor<?x4xf32>, %w: tensor<4x2xf32>, %out: tensor<?x2xf32>) -> tensor<?x2xf32> {
  // expected-warning @below {{expects a constant weight, but got an argument}}
  %y = linalg.matmul ins(%x, %w : tensor<?x4xf32>, tensor<4x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

ml_program.global private mutable @state(dense<1.5> : tensor<4x2xf32>) : tensor<4x2xf32>
func.func @mutable(%x: tensor<?x4xf32>, %out: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = ml_program.global_load @state : tensor<4x2xf32>
  // expected-warning @below {{expects global @state to be immutable, with a value}}
  %y = linalg.matmul ins(%x, %w : tensor<?x4xf32>, tensor<4x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

func.func @elided(%x: tensor<?x4xf32>, %out: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense_resource<nothing> : tensor<4x2xf32>
  // expected-warning @below {{expects data for resource 'nothing', but got none}}
  %y = linalg.matmul ins(%x, %w : tensor<?x4xf32>, tensor<4x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

func.func @short(%x: tensor<?x4xf32>, %out: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense_resource<short> : tensor<4x2xf32>
  // expected-warning @below {{expects 32 bytes in resource 'short', but got 4}}
  %y = linalg.matmul ins(%x, %w : tensor<?x4xf32>, tensor<4x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
{-#
  dialect_resources: {
    builtin: {
      short: "0x0400000000000000"
    }
  }
#-}

// -----

func.func @sliding(%x: tensor<9xf32>, %out: tensor<6xf32>) -> tensor<6xf32> {
  %w = arith.constant dense<1.5> : tensor<4xf32>
  // expected-warning @below {{expects operands indexed by single loops, as in a contraction}}
  %y = linalg.generic {
    indexing_maps = [affine_map<(m, k) -> (m + k)>, affine_map<(m, k) -> (k)>, affine_map<(m, k) -> (m)>],
    iterator_types = ["parallel", "reduction"]}
    ins(%x, %w : tensor<9xf32>, tensor<4xf32>) outs(%out : tensor<6xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %product = arith.mulf %a, %b : f32
    %sum = arith.addf %acc, %product : f32
    linalg.yield %sum : f32
  } -> tensor<6xf32>
  return %y : tensor<6xf32>
}

// -----

func.func @convolution(%x: tensor<1x5x5x3xf32>, %out: tensor<1x3x3x4xf32>) -> tensor<1x3x3x4xf32> {
  %w = arith.constant dense<1.5> : tensor<3x3x3x4xf32>
  // expected-warning @below {{expects static activations for a convolution, but got the format w8a8}}
  %y = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x5x5x3xf32>, tensor<3x3x3x4xf32>) outs(%out : tensor<1x3x3x4xf32>) -> tensor<1x3x3x4xf32>
  return %y : tensor<1x3x3x4xf32>
}

// -----

func.func @two_batches(%x: tensor<2x3x5x4xf32>, %out: tensor<2x3x5x1xf32>) -> tensor<2x3x5x1xf32> {
  %w = arith.constant dense_resource<batches> : tensor<2x3x4x1xf16>
  // expected-warning @below {{expects at most 1 batch dimension in the weight, but got 2}}
  %y = linalg.contract
    indexing_maps = [affine_map<(a, b, m, n, k) -> (a, b, m, k)>, affine_map<(a, b, m, n, k) -> (a, b, k, n)>, affine_map<(a, b, m, n, k) -> (a, b, m, n)>]
    ins(%x, %w : tensor<2x3x5x4xf32>, tensor<2x3x4x1xf16>) outs(%out : tensor<2x3x5x1xf32>) -> tensor<2x3x5x1xf32>
  return %y : tensor<2x3x5x1xf32>
}
{-#
  dialect_resources: {
    builtin: {
      batches: "0x02000000003C00400042004400450046004700480000003C00400042004400450046004700480000003C00400042004400450046"
    }
  }
#-}

// -----

// 127 * 127 * 133145 >= 2^31
func.func @too_long(%x: tensor<1x133145xf32>, %out: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<1.5> : tensor<133145x1xf32>
  // expected-warning @below {{expects at most 133144 products to accumulate in i32, but got 133145}}
  %y = linalg.matmul ins(%x, %w : tensor<1x133145xf32>, tensor<133145x1xf32>) outs(%out : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// None of these is a linear: no warning, no error, no entry.
// CHECK: ptq.linears = []
// CHECK-LABEL: func.func @no_linears
func.func @no_linears(%q: tensor<2x3x4xf32>, %k: tensor<2x4x3xf32>, %i: tensor<3x4xi32>, %j: tensor<4x3xi32>, %scores: tensor<2x3x3xf32>, %sums: tensor<3x3xi32>, %norm: tensor<2xf32>, %d: tensor<2x3x4xf64>, %e: tensor<2x4x3xf64>, %wide: tensor<2x3x3xf64>) -> (tensor<2x3x3xf32>, tensor<3x3xi32>, tensor<2xf32>, tensor<2x3x3xf64>) {
  %0 = linalg.batch_matmul ins(%q, %k : tensor<2x3x4xf32>, tensor<2x4x3xf32>) outs(%scores : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %1 = linalg.matmul ins(%i, %j : tensor<3x4xi32>, tensor<4x3xi32>) outs(%sums : tensor<3x3xi32>) -> tensor<3x3xi32>
  %2 = linalg.generic {
    indexing_maps = [affine_map<(b, m, k) -> (b, m, k)>, affine_map<(b, m, k) -> (b, m, k)>, affine_map<(b, m, k) -> (b)>],
    iterator_types = ["parallel", "reduction", "reduction"]}
    ins(%q, %q : tensor<2x3x4xf32>, tensor<2x3x4xf32>) outs(%norm : tensor<2xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %square = arith.mulf %a, %b : f32
    %sum = arith.addf %acc, %square : f32
    linalg.yield %sum : f32
  } -> tensor<2xf32>
  %3 = linalg.batch_matmul ins(%d, %e : tensor<2x3x4xf64>, tensor<2x4x3xf64>) outs(%wide : tensor<2x3x3xf64>) -> tensor<2x3x3xf64>
  return %0, %1, %2, %3 : tensor<2x3x3xf32>, tensor<3x3xi32>, tensor<2xf32>, tensor<2x3x3xf64>
}
