// RUN: ptq-opt %s --ptq-import-idioms | FileCheck %s

#element = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>

// CHECK-DAG: ![[CHANNEL:.+]] = !ptq.q<s8:f32, block = [1, 0], scale = f32, zp = i8>
// CHECK-DAG: ![[TENSOR:.+]] = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = 3>
// CHECK-DAG: ![[GROUP:.+]] = !ptq.q<s8:f32, block = [1, 4], scale = f32>
// CHECK-DAG: ![[EXPANDED:.+]] = !ptq.q<u8:f32, block = [1, 1, 0], scale = f32, zp = i8>
// CHECK-DAG: ![[JOINED:.+]] = !ptq.q<s8:f32, block = [1, 1], scale = f32, zp = i8>
// CHECK-DAG: ![[HALF:.+]] = !ptq.q<s8:f16, block = [0, 1], scale = f16, zp = -5>

// Zero points are subtracted in integers, one per row.
// CHECK-LABEL: func.func @per_channel
//  CHECK-SAME:   %[[CODES:[a-z0-9]+]]: tensor<2x3xi8>, %[[SCALES:[a-z0-9]+]]: tensor<2xf32>, %[[ZEROS:[a-z0-9]+]]: tensor<2xi8>
//       CHECK:   %[[Q:.+]] = ptq.storage_cast %[[CODES]] : tensor<2x3xi8> to tensor<2x3x![[CHANNEL]]>
//       CHECK:   %[[S:.+]] = tensor.expand_shape %[[SCALES]] {{\[\[}}0, 1]] output_shape [2, 1] : tensor<2xf32> into tensor<2x1xf32>
//       CHECK:   %[[Z:.+]] = tensor.expand_shape %[[ZEROS]] {{\[\[}}0, 1]] output_shape [2, 1] : tensor<2xi8> into tensor<2x1xi8>
//       CHECK:   %[[Y:.+]] = ptq.dequantize %[[Q]], %[[S]], zp %[[Z]] : tensor<2x3x![[CHANNEL]]>, tensor<2x1xf32>, tensor<2x1xi8> -> tensor<2x3xf32>
//       CHECK:   return %[[Y]]
func.func @per_channel(%codes: tensor<2x3xi8>, %scales: tensor<2xf32>, %zero_points: tensor<2xi8>) -> tensor<2x3xf32> {
  %empty = tensor.empty() : tensor<2x3xf32>
  %0 = linalg.generic {indexing_maps = [#element, #row, #row, #element], iterator_types = ["parallel", "parallel"]}
      ins(%codes, %scales, %zero_points : tensor<2x3xi8>, tensor<2xf32>, tensor<2xi8>) outs(%empty : tensor<2x3xf32>) {
  ^bb0(%code: i8, %scale: f32, %zero_point: i8, %old: f32):
    %1 = arith.extsi %code : i8 to i32
    %2 = arith.extsi %zero_point : i8 to i32
    %3 = arith.subi %1, %2 : i32
    %4 = arith.sitofp %3 : i32 to f32
    %5 = arith.mulf %4, %scale : f32
    linalg.yield %5 : f32
  } -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// Numbers of the whole tensor are constants that the body casts.
// CHECK-LABEL: func.func @per_tensor_of_casts
//       CHECK:   %[[Q:.+]] = ptq.storage_cast %{{.+}} : tensor<?x3xi8> to tensor<?x3x![[TENSOR]]>
//       CHECK:   %[[S:.+]] = arith.constant dense<1.000000e-01> : tensor<1x1xf32>
//       CHECK:   ptq.dequantize %[[Q]], %[[S]] :
func.func @per_tensor_of_casts(%codes: tensor<?x3xi8>) -> tensor<?x3xf32> {
  %c0 = arith.constant 0 : index
  %zp = arith.constant 3 : i64
  %scale = arith.constant 0.1 : f64
  %dim = tensor.dim %codes, %c0 : tensor<?x3xi8>
  %empty = tensor.empty(%dim) : tensor<?x3xf32>
  %0 = linalg.generic {indexing_maps = [#element, #element], iterator_types = ["parallel", "parallel"]}
      ins(%codes : tensor<?x3xi8>) outs(%empty : tensor<?x3xf32>) {
  ^bb0(%code: i8, %old: f32):
    %1 = arith.extui %code : i8 to i32
    %2 = arith.trunci %zp : i64 to i32
    %3 = arith.subi %1, %2 : i32
    %4 = arith.sitofp %3 : i32 to f32
    %5 = arith.truncf %scale : f64 to f32
    %6 = arith.mulf %4, %5 : f32
    linalg.yield %6 : f32
  } -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// A group is an index divided.
// CHECK-LABEL: func.func @groups_by_division
//  CHECK-SAME:   %[[CODES:[a-z0-9]+]]: tensor<2x10xi8>, %[[S:[a-z0-9]+]]: tensor<2x3xf32>
//       CHECK:   %[[Q:.+]] = ptq.storage_cast %[[CODES]] : tensor<2x10xi8> to tensor<2x10x![[GROUP]]>
//       CHECK:   ptq.dequantize %[[Q]], %[[S]] : tensor<2x10x![[GROUP]]>, tensor<2x3xf32>
func.func @groups_by_division(%codes: tensor<2x10xi8>, %scales: tensor<2x3xf32>) -> tensor<2x10xf32> {
  %empty = tensor.empty() : tensor<2x10xf32>
  %0 = linalg.generic {indexing_maps = [#element, affine_map<(d0, d1) -> (d0, d1 floordiv 4)>, #element], iterator_types = ["parallel", "parallel"]}
      ins(%codes, %scales : tensor<2x10xi8>, tensor<2x3xf32>) outs(%empty : tensor<2x10xf32>) {
  ^bb0(%code: i8, %scale: f32, %old: f32):
    %1 = arith.sitofp %code : i8 to f32
    %2 = arith.mulf %scale, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<2x10xf32>
  return %0 : tensor<2x10xf32>
}

// A group is a dimension; zero points are floats that are integers.
// CHECK-LABEL: func.func @groups_as_a_dimension
//  CHECK-SAME:   %[[CODES:[a-z0-9]+]]: tensor<2x2x4xi8>, %[[S:[a-z0-9]+]]: tensor<2x2x1xf32>
//       CHECK:   %[[Z:.+]] = arith.constant dense<{{\[\[\[}}8], [7]], {{\[\[}}0], [-1]]]> : tensor<2x2x1xi8>
//       CHECK:   ptq.dequantize %{{.+}}, %[[S]], zp %[[Z]] : tensor<2x2x4x![[EXPANDED]]>, tensor<2x2x1xf32>, tensor<2x2x1xi8>
func.func @groups_as_a_dimension(%codes: tensor<2x2x4xi8>, %scales: tensor<2x2x1xf32>) -> tensor<2x2x4xf32> {
  %zero_points = arith.constant dense<[[[8.0], [7.0]], [[0.0], [255.0]]]> : tensor<2x2x1xf32>
  %empty = tensor.empty() : tensor<2x2x4xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, 0)>, affine_map<(d0, d1, d2) -> (d0, d1, 0)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%codes, %scales, %zero_points : tensor<2x2x4xi8>, tensor<2x2x1xf32>, tensor<2x2x1xf32>) outs(%empty : tensor<2x2x4xf32>) {
  ^bb0(%code: i8, %scale: f32, %zero_point: f32, %old: f32):
    %1 = arith.extui %code : i8 to i32
    %2 = arith.uitofp %1 : i32 to f32
    %3 = arith.subf %2, %zero_point : f32
    %4 = arith.mulf %3, %scale : f32
    linalg.yield %4 : f32
  } -> tensor<2x2x4xf32>
  return %0 : tensor<2x2x4xf32>
}

// In f16, whose product of an 8-bit integer and a scale is rounded once.
// CHECK-LABEL: func.func @in_half
//  CHECK-SAME:   %[[CODES:[a-z0-9]+]]: tensor<2x3xi8>, %[[SCALES:[a-z0-9]+]]: tensor<3xf16>
//       CHECK:   %[[S:.+]] = tensor.expand_shape %[[SCALES]] {{\[\[}}0, 1]] output_shape [1, 3]
//       CHECK:   ptq.dequantize %{{.+}}, %[[S]] : tensor<2x3x![[HALF]]>, tensor<1x3xf16> -> tensor<2x3xf16>
func.func @in_half(%codes: tensor<2x3xi8>, %scales: tensor<3xf16>) -> tensor<2x3xf16> {
  %zp = arith.constant 5 : i16
  %empty = tensor.empty() : tensor<2x3xf16>
  %0 = linalg.generic {indexing_maps = [#element, #column, #element], iterator_types = ["parallel", "parallel"]}
      ins(%codes, %scales : tensor<2x3xi8>, tensor<3xf16>) outs(%empty : tensor<2x3xf16>) {
  ^bb0(%code: i8, %scale: f16, %old: f16):
    %1 = arith.extsi %code : i8 to i16
    %2 = arith.addi %1, %zp : i16
    %3 = arith.sitofp %2 : i16 to f16
    %4 = arith.mulf %3, %scale : f16
    linalg.yield %4 : f16
  } -> tensor<2x3xf16>
  return %0 : tensor<2x3xf16>
}

// The product is truncated: one rounding more, which is part of the op.
// CHECK-LABEL: func.func @truncated_to_bfloat
//       CHECK:   %[[Y:.+]] = ptq.dequantize %{{.+}}, %{{.+}} : {{.+}}, tensor<2x1xf16> -> tensor<2x3xbf16>
//  CHECK-NEXT:   arith.extf %[[Y]]
func.func @truncated_to_bfloat(%codes: tensor<2x3xi8>, %scales: tensor<2x1xf16>) -> tensor<2x3xf32> {
  %empty = tensor.empty() : tensor<2x3xbf16>
  %0 = linalg.generic {indexing_maps = [#element, affine_map<(d0, d1) -> (d0, 0)>, #element], iterator_types = ["parallel", "parallel"]}
      ins(%codes, %scales : tensor<2x3xi8>, tensor<2x1xf16>) outs(%empty : tensor<2x3xbf16>) {
  ^bb0(%code: i8, %scale: f16, %old: bf16):
    %1 = arith.sitofp %code : i8 to f32
    %2 = arith.extf %scale : f16 to f32
    %3 = arith.mulf %1, %2 : f32
    %4 = arith.truncf %3 : f32 to bf16
    linalg.yield %4 : bf16
  } -> tensor<2x3xbf16>
  %wide = arith.extf %0 : tensor<2x3xbf16> to tensor<2x3xf32>
  return %wide : tensor<2x3xf32>
}

// One op per step, numbers broadcast by maps, as TOSA and StableHLO write it.
// CHECK-LABEL: func.func @chain_of_ops
//       CHECK:   ptq.storage_cast
//   CHECK-NOT:   linalg.
//       CHECK:   %[[Y:.+]] = ptq.dequantize %{{.+}}, %{{.+}} : {{.+}}, tensor<2x1xf32> -> tensor<2x3xf32>
//       CHECK:   return %[[Y]]
func.func @chain_of_ops(%codes: tensor<2x3xi8>) -> tensor<2x3xf32> {
  %zero_point = arith.constant dense<3> : tensor<1x1xi32>
  %scales = arith.constant dense<[[0.5], [0.1]]> : tensor<2x1xf32>
  %wide = tensor.empty() : tensor<2x3xi32>
  %empty = tensor.empty() : tensor<2x3xf32>
  %0 = linalg.generic {indexing_maps = [#element, #element], iterator_types = ["parallel", "parallel"]}
      ins(%codes : tensor<2x3xi8>) outs(%wide : tensor<2x3xi32>) {
  ^bb0(%code: i8, %old: i32):
    %5 = arith.extsi %code : i8 to i32
    linalg.yield %5 : i32
  } -> tensor<2x3xi32>
  %1 = linalg.generic {indexing_maps = [#element, affine_map<(d0, d1) -> (0, 0)>, #element], iterator_types = ["parallel", "parallel"]}
      ins(%0, %zero_point : tensor<2x3xi32>, tensor<1x1xi32>) outs(%wide : tensor<2x3xi32>) {
  ^bb0(%a: i32, %b: i32, %old: i32):
    %5 = arith.subi %a, %b : i32
    linalg.yield %5 : i32
  } -> tensor<2x3xi32>
  %2 = linalg.generic {indexing_maps = [#element, #element], iterator_types = ["parallel", "parallel"]}
      ins(%1 : tensor<2x3xi32>) outs(%empty : tensor<2x3xf32>) {
  ^bb0(%a: i32, %old: f32):
    %5 = arith.sitofp %a : i32 to f32
    linalg.yield %5 : f32
  } -> tensor<2x3xf32>
  %flat = tensor.collapse_shape %scales [[0, 1]] : tensor<2x1xf32> into tensor<2xf32>
  %3 = linalg.broadcast ins(%flat : tensor<2xf32>) outs(%empty : tensor<2x3xf32>) dimensions = [1]
  %4 = linalg.mul ins(%2, %3 : tensor<2x3xf32>, tensor<2x3xf32>) outs(%empty : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %4 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @arith_on_tensors
//  CHECK-SAME:   %{{[a-z0-9]+}}: tensor<?x3xi8>, %[[SCALE:[a-z0-9]+]]: f32
//       CHECK:   %[[S:.+]] = linalg.fill ins(%[[SCALE]] : f32) outs(%{{.+}} : tensor<1x1xf32>)
//       CHECK:   %[[Y:.+]] = ptq.dequantize %{{.+}}, %[[S]]
//       CHECK:   return %[[Y]]
func.func @arith_on_tensors(%codes: tensor<?x3xi8>, %scale: f32) -> tensor<?x3xf32> {
  %c0 = arith.constant 0 : index
  %dim = tensor.dim %codes, %c0 : tensor<?x3xi8>
  %zp = arith.constant 3 : i8
  %zps = tensor.splat %zp[%dim] : tensor<?x3xi8>
  %scales = tensor.splat %scale[%dim] : tensor<?x3xf32>
  %0 = arith.sitofp %codes : tensor<?x3xi8> to tensor<?x3xf32>
  %1 = arith.sitofp %zps : tensor<?x3xi8> to tensor<?x3xf32>
  %2 = arith.subf %0, %1 : tensor<?x3xf32>
  %3 = arith.mulf %2, %scales : tensor<?x3xf32>
  return %3 : tensor<?x3xf32>
}

// The codes come transposed: the op works on them as they are stored.
// CHECK-LABEL: func.func @transposed_codes
//  CHECK-SAME:   %[[CODES:[a-z0-9]+]]: tensor<3x2xi8>, %[[SCALES:[a-z0-9]+]]: tensor<2xf32>
//       CHECK:   ptq.storage_cast %[[CODES]]
//       CHECK:   %[[S:.+]] = tensor.expand_shape %[[SCALES]] {{\[\[}}0, 1]] output_shape [1, 2]
//       CHECK:   %[[Y:.+]] = ptq.dequantize %{{.+}}, %[[S]] : {{.+}} -> tensor<3x2xf32>
//       CHECK:   %[[T:.+]] = linalg.transpose ins(%[[Y]] : tensor<3x2xf32>) {{.+}} permutation = [1, 0]
//       CHECK:   return %[[T]]
func.func @transposed_codes(%codes: tensor<3x2xi8>, %scales: tensor<2xf32>) -> tensor<2x3xf32> {
  %empty = tensor.empty() : tensor<2x3xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, #row, #element], iterator_types = ["parallel", "parallel"]}
      ins(%codes, %scales : tensor<3x2xi8>, tensor<2xf32>) outs(%empty : tensor<2x3xf32>) {
  ^bb0(%code: i8, %scale: f32, %old: f32):
    %1 = arith.sitofp %code : i8 to f32
    %2 = arith.mulf %1, %scale : f32
    linalg.yield %2 : f32
  } -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// Scales of one dimension, zero points of the other: blocks of one element.
// CHECK-LABEL: func.func @blocks_are_joined
//       CHECK:   ptq.storage_cast %{{.+}} : tensor<2x3xi8> to tensor<2x3x![[JOINED]]>
//       CHECK:   ptq.dequantize %{{.+}}, %{{.+}}, zp %{{.+}} : {{.+}}, tensor<2x3xf32>, tensor<2x3xi8>
func.func @blocks_are_joined(%codes: tensor<2x3xi8>, %scales: tensor<2xf32>, %zero_points: tensor<3xi8>) -> tensor<2x3xf32> {
  %empty = tensor.empty() : tensor<2x3xf32>
  %0 = linalg.generic {indexing_maps = [#element, #row, #column, #element], iterator_types = ["parallel", "parallel"]}
      ins(%codes, %scales, %zero_points : tensor<2x3xi8>, tensor<2xf32>, tensor<3xi8>) outs(%empty : tensor<2x3xf32>) {
  ^bb0(%code: i8, %scale: f32, %zero_point: i8, %old: f32):
    %1 = arith.extsi %code : i8 to i32
    %2 = arith.extsi %zero_point : i8 to i32
    %3 = arith.subi %1, %2 : i32
    %4 = arith.sitofp %3 : i32 to f32
    %5 = arith.mulf %4, %scale : f32
    linalg.yield %5 : f32
  } -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// The formula is fused into a contraction: its operand is the dequantized tensor.
// CHECK-LABEL: func.func @fused_into_a_contraction
//  CHECK-SAME:   %[[X:[a-z0-9]+]]: tensor<4x3xf32>, %[[CODES:[a-z0-9]+]]: tensor<2x3xi8>
//       CHECK:   %[[W:.+]] = ptq.dequantize
//       CHECK:   linalg.generic {{.+}} ins(%[[X]], %[[W]] : tensor<4x3xf32>, tensor<2x3xf32>)
//  CHECK-NEXT:   ^bb0(%[[A:.+]]: f32, %[[B:.+]]: f32, %[[ACC:.+]]: f32):
//  CHECK-NEXT:     %[[P:.+]] = arith.mulf %[[A]], %[[B]] : f32
//  CHECK-NEXT:     arith.addf %[[ACC]], %[[P]]
func.func @fused_into_a_contraction(%x: tensor<4x3xf32>, %codes: tensor<2x3xi8>, %scales: tensor<2xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x2xf32>) -> tensor<4x2xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %codes, %scales : tensor<4x3xf32>, tensor<2x3xi8>, tensor<2xf32>) outs(%init : tensor<4x2xf32>) {
  ^bb0(%a: f32, %code: i8, %scale: f32, %acc: f32):
    %1 = arith.sitofp %code : i8 to f32
    %2 = arith.mulf %1, %scale : f32
    %3 = arith.mulf %a, %2 : f32
    %4 = arith.addf %acc, %3 : f32
    linalg.yield %4 : f32
  } -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// Something else reads the converted codes: they stay beside the dequantize.
// CHECK-LABEL: func.func @converted_codes_are_used_twice
//       CHECK:   %[[F:.+]] = arith.sitofp
//       CHECK:   %[[Y:.+]] = ptq.dequantize
//       CHECK:   return %[[F]], %[[Y]]
func.func @converted_codes_are_used_twice(%codes: tensor<2x3xi8>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %scale = arith.constant dense<0.3> : tensor<2x3xf32>
  %0 = arith.sitofp %codes : tensor<2x3xi8> to tensor<2x3xf32>
  %1 = arith.mulf %0, %scale : tensor<2x3xf32>
  return %0, %1 : tensor<2x3xf32>, tensor<2x3xf32>
}
