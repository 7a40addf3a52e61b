// RUN: ptq-opt %s --ptq-evaluate --split-input-file | FileCheck %s

!a = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

// CHECK-LABEL: func.func @an_unknown_operand_leaves_the_op
//  CHECK-SAME:   %[[X:.+]]: tensor<1x2xf32>
//       CHECK:   %[[BYTES:.+]] = arith.constant dense<{{\[\[}}1, 2]]> : tensor<1x2xi8>
//       CHECK:   %[[W:.+]] = ptq.storage_cast %[[BYTES]]
//       CHECK:   ptq.matmul ins(%[[X]], %[[W]]
func.func @an_unknown_operand_leaves_the_op(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %v = arith.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %s = arith.constant dense<1.0> : tensor<1x1xf32>
  %w = ptq.quantize %v, %s : tensor<1x2xf32>, tensor<1x1xf32> -> tensor<1x2x!a>
  %init = tensor.empty() : tensor<1x1xf32>
  %y = ptq.matmul ins(%x, %w : tensor<1x2xf32>, tensor<1x2x!a>) rhs(%s : tensor<1x1xf32>)
         outs(%init : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

!a = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

// CHECK-LABEL: func.func @dynamic_shapes_are_those_of_the_data
//       CHECK:   %[[BYTES:.+]] = arith.constant dense<{{\[\[}}127, -64], [127, 0]]> : tensor<2x2xi8>
//       CHECK:   %[[CODES:.+]] = ptq.storage_cast %[[BYTES]] : tensor<2x2xi8> to tensor<2x2x
//       CHECK:   %[[CAST:.+]] = tensor.cast %[[CODES]] : tensor<2x2x{{.+}}> to tensor<?x2x
//       CHECK:   return %[[CAST]]
func.func @dynamic_shapes_are_those_of_the_data() -> tensor<?x2x!a> {
  %c = arith.constant dense<[[2.0, -1.0], [3.0, 0.0]]> : tensor<2x2xf32>
  %x = tensor.cast %c : tensor<2x2xf32> to tensor<?x2xf32>
  %q, %s = ptq.dynamic_quantize %x : tensor<?x2xf32> -> tensor<?x2x!a>, tensor<?x1xf32>
  return %q : tensor<?x2x!a>
}

// -----

!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>

// CHECK-LABEL: func.func @an_index_out_of_range_is_undefined
//       CHECK:   ptq.embedding
func.func @an_index_out_of_range_is_undefined() -> tensor<1x2xf32> {
  %tokens = arith.constant dense<1> : tensor<1xi64>
  %bytes = arith.constant dense<128> : tensor<1x2xi8>
  %table = ptq.storage_cast %bytes : tensor<1x2xi8> to tensor<1x2x!w8>
  %s = arith.constant dense<1.0> : tensor<1x1xf32>
  %init = tensor.empty() : tensor<1x2xf32>
  %x = ptq.embedding ins(%tokens, %table : tensor<1xi64>, tensor<1x2x!w8>)
         rhs(%s : tensor<1x1xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %x : tensor<1x2xf32>
}

// -----

// A filled tensor, a resource, and a global, of types narrower than f32.

!u4 = !ptq.q<u4:f32, block = [1, 0], scale = f8E8M0FNU, zp = i8>

ml_program.global private @codes(dense<[[1, 2]]> : tensor<1x2xi8>) : tensor<1x2xi8>

// CHECK-LABEL: func.func @constants_of_every_kind
//       CHECK:   arith.constant dense<{{\[\[}}-8.000000e+00, 0.000000e+00]]> : tensor<1x2xbf16>
func.func @constants_of_every_kind() -> tensor<1x2xbf16> {
  %bytes = ml_program.global_load_const @codes : tensor<1x2xi8>
  %q = ptq.storage_cast %bytes : tensor<1x2xi8> to tensor<1x2x!u4>
  %eight = arith.constant 8.0 : f8E8M0FNU
  %empty = tensor.empty() : tensor<1x1xf8E8M0FNU>
  %s = linalg.fill ins(%eight : f8E8M0FNU) outs(%empty : tensor<1x1xf8E8M0FNU>) -> tensor<1x1xf8E8M0FNU>
  %z = arith.constant dense_resource<two> : tensor<1x1xi8>
  %x = ptq.dequantize %q, %s, zp %z : tensor<1x2x!u4>, tensor<1x1xf8E8M0FNU>, tensor<1x1xi8> -> tensor<1x2xbf16>
  return %x : tensor<1x2xbf16>
}

{-#
  dialect_resources: {
    builtin: {
      two: "0x0100000002"
    }
  }
#-}
