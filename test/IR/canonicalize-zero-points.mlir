// RUN: ptq-opt %s --canonicalize | FileCheck %s

!s8 = !ptq.q<s8:f32, block = [1, 0], scale = f32, zp = i32>
!c8 = !ptq.q<s8:f32, block = [1, 0], scale = f32, zp = 0>
!w4 = !ptq.q<s4:f32, block = [1, 32], scale = f16, zp = i8>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!u8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = i32>

// CHECK-DAG: ![[SYMMETRIC:s8[_0-9]*]] = !ptq.q<s8:f32, block = [1, 0], scale = f32>
// CHECK-DAG: ![[A8:s8[_0-9]*]] = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
// CHECK-DAG: ![[ZEROED:s8[_0-9]*]] = !ptq.q<s8:f32, block = [1, 0], scale = f32, zp = i32>
// CHECK-DAG: ![[W4:s4_g32[_0-9]*]] = !ptq.q<s4:f32, block = [1, 32], scale = f16>

// CHECK-LABEL: func.func @codes_of_bytes
//       CHECK:   %[[CODES:.+]] = ptq.storage_cast %arg0 : tensor<2x4xi8> to tensor<2x4x![[SYMMETRIC]]>
//       CHECK:   ptq.dequantize %[[CODES]], %arg1 : tensor<2x4x![[SYMMETRIC]]>, tensor<2x1xf32> -> tensor<2x4xf32>
func.func @codes_of_bytes(%bytes: tensor<2x4xi8>, %s: tensor<2x1xf32>) -> tensor<2x4xf32> {
  %z = arith.constant dense<0> : tensor<2x1xi32>
  %q = ptq.storage_cast %bytes : tensor<2x4xi8> to tensor<2x4x!s8>
  %x = ptq.dequantize %q, %s, zp %z : tensor<2x4x!s8>, tensor<2x1xf32>, tensor<2x1xi32> -> tensor<2x4xf32>
  return %x : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @codes_of_unknown_origin
//       CHECK:   %[[BYTES:.+]] = ptq.storage_cast %arg0 : tensor<2x4x![[ZEROED]]> to tensor<2x4xi8>
//       CHECK:   %[[CODES:.+]] = ptq.storage_cast %[[BYTES]] : tensor<2x4xi8> to tensor<2x4x![[SYMMETRIC]]>
//       CHECK:   ptq.dequantize %[[CODES]], %arg1 :
func.func @codes_of_unknown_origin(%q: tensor<2x4x!s8>, %s: tensor<2x1xf32>) -> tensor<2x4xf32> {
  %z = arith.constant dense<0> : tensor<2x1xi32>
  %x = ptq.dequantize %q, %s, zp %z : tensor<2x4x!s8>, tensor<2x1xf32>, tensor<2x1xi32> -> tensor<2x4xf32>
  return %x : tensor<2x4xf32>
}

// The casts between producer and reader cancel.
// CHECK-LABEL: func.func @quantize_and_its_readers
//       CHECK:   %[[CODES:.+]] = ptq.quantize %arg0, %arg1 : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4x![[SYMMETRIC]]>
//   CHECK-NOT:   ptq.storage_cast
//       CHECK:   ptq.dequantize %[[CODES]], %arg1 : tensor<2x4x![[SYMMETRIC]]>, tensor<2x1xf32> -> tensor<2x4xf32>
func.func @quantize_and_its_readers(%x: tensor<2x4xf32>, %s: tensor<2x1xf32>) -> tensor<2x4xf32> {
  %z = arith.constant dense<0> : tensor<2x1xi32>
  %q = ptq.quantize %x, %s, zp %z : tensor<2x4xf32>, tensor<2x1xf32>, tensor<2x1xi32> -> tensor<2x4x!s8>
  %y = ptq.dequantize %q, %s, zp %z : tensor<2x4x!s8>, tensor<2x1xf32>, tensor<2x1xi32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @constant_in_the_format
//       CHECK:   %[[CODES:.+]] = ptq.requantize %arg0 float %arg1 : tensor<2x4xi32>, tensor<2x1xf32> -> tensor<2x4x![[SYMMETRIC]]>
//   CHECK-NOT:   ptq.storage_cast
//       CHECK:   ptq.dequantize %[[CODES]], %arg1 :
func.func @constant_in_the_format(%acc: tensor<2x4xi32>, %m: tensor<2x1xf32>) -> tensor<2x4xf32> {
  %q = ptq.requantize %acc float %m : tensor<2x4xi32>, tensor<2x1xf32> -> tensor<2x4x!c8>
  %y = ptq.dequantize %q, %m : tensor<2x4x!c8>, tensor<2x1xf32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @simulation
//       CHECK:   ptq.fake_quantize %arg0, %arg1 as ![[SYMMETRIC]] : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
func.func @simulation(%x: tensor<2x4xf32>, %s: tensor<2x1xf32>) -> tensor<2x4xf32> {
  %z = arith.constant dense<0> : tensor<2x1xi32>
  %y = ptq.fake_quantize %x, %s, zp %z as !s8 : tensor<2x4xf32>, tensor<2x1xf32>, tensor<2x1xi32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// The zero points are in a resource; packed bytes stay packed; the sums go, and
// with them those of the activations.
// CHECK-LABEL: func.func @matmul
//   CHECK-DAG:   %[[W:.+]] = ptq.storage_cast %arg1 packed : tensor<3x32xi8> to tensor<3x64x![[W4]]>
//   CHECK-DAG:   %[[Q:.+]], %[[S:.+]] = ptq.dynamic_quantize %arg0 : tensor<?x64xf32> -> tensor<?x64x![[A8]]>, tensor<?x1xf32>
//       CHECK:   ptq.matmul ins(%[[Q]], %[[W]] : {{.+}}) lhs(%[[S]] : tensor<?x1xf32>) rhs(%arg2 : tensor<3x2xf16>) outs(
func.func @matmul(%x: tensor<?x64xf32>, %bytes: tensor<3x32xi8>, %ws: tensor<3x2xf16>, %out: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %z = arith.constant dense_resource<zeros> : tensor<3x2xi8>
  %q, %s, %sums = ptq.dynamic_quantize %x sums [1, 32] : tensor<?x64xf32> -> tensor<?x64x!a8>, tensor<?x1xf32>, tensor<?x2xi32>
  %w = ptq.storage_cast %bytes packed : tensor<3x32xi8> to tensor<3x64x!w4>
  %y = ptq.matmul ins(%q, %w : tensor<?x64x!a8>, tensor<3x64x!w4>)
         lhs(%s, sums %sums : tensor<?x1xf32>, tensor<?x2xi32>)
         rhs(%ws, zp %z : tensor<3x2xf16>, tensor<3x2xi8>)
         outs(%out : tensor<?x3xf32>) -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}

// CHECK-LABEL: func.func @embedding
//       CHECK:   ptq.embedding ins(%arg0, %{{.+}} : tensor<?xi64>, tensor<2x4x![[SYMMETRIC]]>) rhs(%arg2 : tensor<2x1xf32>) outs(
func.func @embedding(%tokens: tensor<?xi64>, %table: tensor<2x4xi8>, %s: tensor<2x1xf32>, %out: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %z = arith.constant dense<0> : tensor<2x1xi32>
  %q = ptq.storage_cast %table : tensor<2x4xi8> to tensor<2x4x!s8>
  %x = ptq.embedding ins(%tokens, %q : tensor<?xi64>, tensor<2x4x!s8>) rhs(%s, zp %z : tensor<2x1xf32>, tensor<2x1xi32>)
         outs(%out : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %x : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @some_are_not_zero
//       CHECK:   ptq.dequantize %{{.+}}, %{{.+}}, zp %{{.+}} :
func.func @some_are_not_zero(%q: tensor<2x4x!s8>, %s: tensor<2x1xf32>) -> tensor<2x4xf32> {
  %z = arith.constant dense<[[0], [1]]> : tensor<2x1xi32>
  %x = ptq.dequantize %q, %s, zp %z : tensor<2x4x!s8>, tensor<2x1xf32>, tensor<2x1xi32> -> tensor<2x4xf32>
  return %x : tensor<2x4xf32>
}

// 0 is not a code here, so not a zero point.
// CHECK-LABEL: func.func @zero_is_out_of_range
//       CHECK:   ptq.dequantize %{{.+}}, %{{.+}}, zp %{{.+}} :
func.func @zero_is_out_of_range(%q: tensor<2x4x!u8>, %s: tensor<2x1xf32>) -> tensor<2x4xf32> {
  %z = arith.constant dense<0> : tensor<2x1xi32>
  %x = ptq.dequantize %q, %s, zp %z : tensor<2x4x!u8>, tensor<2x1xf32>, tensor<2x1xi32> -> tensor<2x4xf32>
  return %x : tensor<2x4xf32>
}

{-#
  dialect_resources: {
    builtin: {
      zeros: "0x01000000000000000000"
    }
  }
#-}
