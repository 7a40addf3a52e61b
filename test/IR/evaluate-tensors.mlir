// RUN: ptq-opt %s --ptq-evaluate | FileCheck %s

// Ops that only move numbers, and pooling of integers, are evaluated with those
// of the dialect.

// CHECK-LABEL: func.func @moved
//       CHECK:   %[[RESULT:.+]] = arith.constant dense<{{\[\[}}1, 9], [3, 9], [9, 9], [2, 0], [9, 0]]> : tensor<5x2xi8>
//  CHECK-NEXT:   return %[[RESULT]]
func.func @moved() -> tensor<5x2xi8> {
  %x = arith.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %y = arith.constant dense<[[0], [0]]> : tensor<2x1xi8>
  %nine = arith.constant 9 : i8
  %padded = tensor.pad %x low[1, 0] high[0, 2] {
  ^bb0(%i: index, %j: index):
    tensor.yield %nine : i8
  } : tensor<2x2xi8> to tensor<3x4xi8>
  // [9 9 9 9] [1 2 9 9] [3 4 9 9]
  %slice = tensor.extract_slice %padded[1, 0] [2, 2] [1, 2] : tensor<3x4xi8> to tensor<2x2xi8>
  // [1 9] [3 9]
  %empty = tensor.empty() : tensor<4x3xi8>
  %turned = linalg.transpose ins(%padded : tensor<3x4xi8>) outs(%empty : tensor<4x3xi8>) permutation = [1, 0]
  // [9 1 3] [9 2 4] [9 9 9] [9 9 9]
  %rows = tensor.extract_slice %turned[1, 0] [1, 2] [1, 1] : tensor<4x3xi8> to tensor<2xi8>
  %column = tensor.expand_shape %rows [[0, 1]] output_shape [2, 1] : tensor<2xi8> into tensor<2x1xi8>
  %other = tensor.concat dim(1) %column, %y : (tensor<2x1xi8>, tensor<2x1xi8>) -> tensor<2x2xi8>
  // [9 0] [2 0]
  %flat = tensor.collapse_shape %other [[0, 1]] : tensor<2x2xi8> into tensor<4xi8>
  %reversed = tensor.extract_slice %flat[2] [2] [1] : tensor<4xi8> to tensor<2xi8>
  %last = tensor.expand_shape %reversed [[0, 1]] output_shape [1, 2] : tensor<2xi8> into tensor<1x2xi8>
  %first = tensor.extract_slice %other[0, 0] [1, 2] [1, 1] : tensor<2x2xi8> to tensor<1x2xi8>
  %row = tensor.extract_slice %padded[0, 0] [1, 2] [1, 1] : tensor<3x4xi8> to tensor<1x2xi8>
  %all = tensor.concat dim(0) %slice, %row, %last, %first : (tensor<2x2xi8>, tensor<1x2xi8>, tensor<1x2xi8>, tensor<1x2xi8>) -> tensor<5x2xi8>
  return %all : tensor<5x2xi8>
}

// CHECK-LABEL: func.func @pooled
//   CHECK-DAG:   %[[MAX:.+]] = arith.constant dense<{{.*}}-1{{.*}}-2{{.*}}> : tensor<1x1x2x1xi8>
//   CHECK-DAG:   %[[SUM:.+]] = arith.constant dense<{{.*}}-9{{.*}}-12{{.*}}> : tensor<1x1x1x2xi32>
//       CHECK:   return %[[MAX]], %[[SUM]]
func.func @pooled() -> (tensor<1x1x2x1xi8>, tensor<1x1x1x2xi32>) {
  %x = arith.constant dense<[[[[-1], [-7], [-2]], [[-4], [-5], [-6]]]]> : tensor<1x2x3x1xi8>
  %y = arith.constant dense<[[[[-1, -7, -2], [-4, 3, -6]]]]> : tensor<1x1x2x3xi8>
  %window = tensor.empty() : tensor<2x2xi8>
  %lowest = arith.constant -128 : i8
  %zero = arith.constant 0 : i32
  %a = tensor.empty() : tensor<1x1x2x1xi8>
  %b = linalg.fill ins(%lowest : i8) outs(%a : tensor<1x1x2x1xi8>) -> tensor<1x1x2x1xi8>
  %max = linalg.pooling_nhwc_max {strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
    ins(%x, %window : tensor<1x2x3x1xi8>, tensor<2x2xi8>) outs(%b : tensor<1x1x2x1xi8>) -> tensor<1x1x2x1xi8>
  %c = tensor.empty() : tensor<1x1x1x2xi32>
  %d = linalg.fill ins(%zero : i32) outs(%c : tensor<1x1x1x2xi32>) -> tensor<1x1x1x2xi32>
  %sum = linalg.pooling_nchw_sum {strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
    ins(%y, %window : tensor<1x1x2x3xi8>, tensor<2x2xi8>) outs(%d : tensor<1x1x1x2xi32>) -> tensor<1x1x1x2xi32>
  return %max, %sum : tensor<1x1x2x1xi8>, tensor<1x1x1x2xi32>
}
