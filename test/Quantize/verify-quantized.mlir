// RUN: ptq-opt %s --ptq-verify-quantized | FileCheck %s

// CHECK-LABEL: func.func @fc
// CHECK: ptq.matmul
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
module attributes {ptq.linears = [
  {bits_per_weight = 4.500000e+00 : f64, format = "w4a8-g32", name = "layers.0.q_proj", num_weights = 16384 : i64, sqnr_db = 2.201000e+01 : f64},
  {format = "float", name = "layers.0.up_proj", reason = "skip names it"}
]} {
  func.func @fc(%x: tensor<?x4xf32>, %init: tensor<?x2xf32>) -> tensor<?x2xf32> {
    %c0 = arith.constant 0 : index
    %codes = arith.constant dense_resource<fc.matmul.0.codes> : tensor<2x4xi8>
    %scales = arith.constant dense_resource<fc.matmul.0.scales> : tensor<2x1xf32>
    %m = tensor.dim %x, %c0 : tensor<?x4xf32>
    %w = ptq.storage_cast %codes : tensor<2x4xi8> to tensor<2x4x!w8>
    %empty = tensor.empty(%m) : tensor<?x2xf32>
    %q, %s, %sums = ptq.dynamic_quantize %x sums [1, 0]
      : tensor<?x4xf32> -> tensor<?x4x!a8>, tensor<?x1xf32>, tensor<?x1xi32>
    %y = ptq.matmul ins(%q, %w : tensor<?x4x!a8>, tensor<2x4x!w8>)
           lhs(%s, sums %sums : tensor<?x1xf32>, tensor<?x1xi32>)
           rhs(%scales : tensor<2x1xf32>)
           outs(%empty : tensor<?x2xf32>) {ptq.name = "fc.matmul.0"} -> tensor<?x2xf32>
    return %y : tensor<?x2xf32>
  }

  // CHECK-LABEL: func.func @float_that_is_listed
  func.func @float_that_is_listed(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {
    %w = arith.constant dense<1.5> : tensor<4x2xf32>
    %zero = arith.constant dense<0.0> : tensor<3x2xf32>
    %y = linalg.matmul {ptq.name = "layers.0.up_proj"} ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
    return %y : tensor<3x2xf32>
  }

  // CHECK-LABEL: func.func @activation_products_need_no_entry
  func.func @activation_products_need_no_entry(%x: tensor<2x3x4xf32>, %y: tensor<2x4x3xf32>) -> tensor<2x3x3xf32> {
    %zero = arith.constant dense<0.0> : tensor<2x3x3xf32>
    %z = linalg.batch_matmul ins(%x, %y : tensor<2x3x4xf32>, tensor<2x4x3xf32>) outs(%zero : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
    return %z : tensor<2x3x3xf32>
  }
}
