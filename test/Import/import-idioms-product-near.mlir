// RUN: ptq-opt %s --ptq-import-idioms --remarks-filter=ptq-import --remark-format=emitRemark --verify-diagnostics | FileCheck %s
// CHECK-NOT: ptq.

func.func @sums_stay_integers(%x: tensor<4x3xi8>, %w: tensor<3x2xi8>) -> tensor<4x2xi32> {
  %z = arith.constant 1 : i32
  %init = arith.constant dense<0> : tensor<4x2xi32>
  // expected-remark @below {{Idiom=product, Reason="its sums are used as integers"}}
  %acc = linalg.quantized_matmul ins(%x, %w, %z, %z : tensor<4x3xi8>, tensor<3x2xi8>, i32, i32) outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  return %acc : tensor<4x2xi32>
}

func.func @starts_from_a_bias(%x: tensor<4x3xi8>, %w: tensor<3x2xi8>, %bias: tensor<4x2xi32>) -> tensor<4x2xf32> {
  %scale = arith.constant dense<0.3> : tensor<4x2xf32>
  %acc = linalg.matmul ins(%x, %w : tensor<4x3xi8>, tensor<3x2xi8>) outs(%bias : tensor<4x2xi32>) -> tensor<4x2xi32>
  %0 = arith.sitofp %acc : tensor<4x2xi32> to tensor<4x2xf32>
  // expected-remark @below {{Reason="adds the product to integers that are not 0"}}
  %1 = arith.mulf %0, %scale : tensor<4x2xf32>
  return %1 : tensor<4x2xf32>
}

func.func @zero_point_of_run_time(%x: tensor<4x3xi8>, %w: tensor<3x2xi8>, %z: i32) -> tensor<4x2xf32> {
  %init = arith.constant dense<0> : tensor<4x2xi32>
  %scale = arith.constant dense<0.3> : tensor<4x2xf32>
  // expected-remark @below {{its sums are used as integers}}
  %acc = linalg.quantized_matmul ins(%x, %w, %z, %z : tensor<4x3xi8>, tensor<3x2xi8>, i32, i32) outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  %0 = arith.sitofp %acc : tensor<4x2xi32> to tensor<4x2xf32>
  // expected-remark @below {{Reason="expects constant zero points in [-128, 127]"}}
  %1 = arith.mulf %0, %scale : tensor<4x2xf32>
  return %1 : tensor<4x2xf32>
}

func.func @sums_may_wrap(%x: tensor<4x?xi8>, %w: tensor<?x2xi8>) -> tensor<4x2xf32> {
  %init = arith.constant dense<0> : tensor<4x2xi32>
  %scale = arith.constant dense<0.3> : tensor<4x2xf32>
  %acc = linalg.matmul ins(%x, %w : tensor<4x?xi8>, tensor<?x2xi8>) outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  %0 = arith.sitofp %acc : tensor<4x2xi32> to tensor<4x2xf32>
  // expected-remark @below {{Reason="expects a static K that keeps the sums below 2^31"}}
  %1 = arith.mulf %0, %scale : tensor<4x2xf32>
  return %1 : tensor<4x2xf32>
}

func.func @unsigned(%x: tensor<4x3xi8>, %w: tensor<3x2xi8>) -> tensor<4x2xf32> {
  %init = arith.constant dense<0> : tensor<4x2xi32>
  %scale = arith.constant dense<0.3> : tensor<4x2xf32>
  %acc = linalg.matmul {cast = #linalg.type_fn<cast_unsigned>} ins(%x, %w : tensor<4x3xi8>, tensor<3x2xi8>) outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  %0 = arith.sitofp %acc : tensor<4x2xi32> to tensor<4x2xf32>
  // expected-remark @below {{Reason="multiplies unsigned integers"}}
  %1 = arith.mulf %0, %scale : tensor<4x2xf32>
  return %1 : tensor<4x2xf32>
}

// A scale per row of the product is none of the weights.
func.func @scale_per_row(%x: tensor<4x3xi8>, %w: tensor<3x2xi8>, %scales: tensor<4xf32>) -> tensor<4x2xf32> {
  %init = arith.constant dense<0> : tensor<4x2xi32>
  %empty = tensor.empty() : tensor<4x2xf32>
  %acc = linalg.matmul ins(%x, %w : tensor<4x3xi8>, tensor<3x2xi8>) outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  %0 = arith.sitofp %acc : tensor<4x2xi32> to tensor<4x2xf32>
  %1 = linalg.broadcast ins(%scales : tensor<4xf32>) outs(%empty : tensor<4x2xf32>) dimensions = [1]
  // expected-remark @below {{Reason="expects a scale, or one per column of the product"}}
  %2 = arith.mulf %0, %1 : tensor<4x2xf32>
  return %2 : tensor<4x2xf32>
}
