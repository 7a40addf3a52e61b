// RUN: ptq-opt %s --ptq-to-linalg | %stock-run | FileCheck %s

// What docs/pipeline.md shows of a matmul in groups, beside the op itself:
// both give the same.

!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!w4 = !ptq.q<u4:f32, block = [1, 4], scale = f16, zp = 8>

#lhs = affine_map<(m, n, g, k) -> (m, g, k)>
#rhs = affine_map<(m, n, g, k) -> (n, g, k)>
#dots = affine_map<(m, n, g, k) -> (m, n, g)>
#groups = affine_map<(m, n, g) -> (m, n, g)>
#lhs_groups = affine_map<(m, n, g) -> (m, g)>
#rhs_groups = affine_map<(m, n, g) -> (n, g)>
#result = affine_map<(m, n, g) -> (m, n)>
#rows = affine_map<(m, n) -> (m, 0)>
#elements = affine_map<(m, n) -> (m, n)>

func.func private @printMemrefF32(tensor<*xf32>) attributes {llvm.emit_c_interface}

func.func private @op(%a: tensor<2x6xi8>, %s: tensor<2x1xf32>, %sums: tensor<2x2xi32>, %w: tensor<3x6xi8>, %ws: tensor<3x2xf16>) -> tensor<2x3xf32> {
  %out = tensor.empty() : tensor<2x3xf32>
  %qa = ptq.storage_cast %a : tensor<2x6xi8> to tensor<2x6x!a8>
  %qw = ptq.storage_cast %w : tensor<3x6xi8> to tensor<3x6x!w4>
  %y = ptq.matmul ins(%qa, %qw : tensor<2x6x!a8>, tensor<3x6x!w4>)
         lhs(%s, sums %sums : tensor<2x1xf32>, tensor<2x2xi32>)
         rhs(%ws : tensor<3x2xf16>)
         outs(%out : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

func.func private @by_hand(%a: tensor<2x6xi8>, %s: tensor<2x1xf32>, %sums: tensor<2x2xi32>, %w: tensor<3x6xi8>, %ws: tensor<3x2xf16>) -> tensor<2x3xf32> {
  %zero = arith.constant 0 : i32
  %zero_code = arith.constant 0 : i8
  %zero_float = arith.constant 0.0 : f32
  %zero_point = arith.constant 8 : i32
  %empty = tensor.empty() : tensor<2x3x2xi32>
  %zeros = linalg.fill ins(%zero : i32) outs(%empty : tensor<2x3x2xi32>) -> tensor<2x3x2xi32>
  %out = tensor.empty() : tensor<2x3xf32>
  %zero_acc = linalg.fill ins(%zero_float : f32) outs(%out : tensor<2x3xf32>) -> tensor<2x3xf32>

  %a_padded = tensor.pad %a low[0, 0] high[0, 2] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero_code : i8
  } : tensor<2x6xi8> to tensor<2x8xi8>
  %a_groups = tensor.expand_shape %a_padded [[0], [1, 2]] output_shape [2, 2, 4] : tensor<2x8xi8> into tensor<2x2x4xi8>
  %w_padded = tensor.pad %w low[0, 0] high[0, 2] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero_code : i8
  } : tensor<3x6xi8> to tensor<3x8xi8>
  %w_groups = tensor.expand_shape %w_padded [[0], [1, 2]] output_shape [3, 2, 4] : tensor<3x8xi8> into tensor<3x2x4xi8>
  %dots = linalg.generic {indexing_maps = [#lhs, #rhs, #dots], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%a_groups, %w_groups : tensor<2x2x4xi8>, tensor<3x2x4xi8>) outs(%zeros : tensor<2x3x2xi32>) {
  ^bb0(%code: i8, %weight: i8, %dot: i32):
    %0 = arith.extsi %code : i8 to i32
    %1 = arith.extui %weight : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %dot, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<2x3x2xi32>
  %acc = linalg.generic {indexing_maps = [#groups, #lhs_groups, #rhs_groups, #result], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%dots, %sums, %ws : tensor<2x3x2xi32>, tensor<2x2xi32>, tensor<3x2xf16>) outs(%zero_acc : tensor<2x3xf32>) {
  ^bb0(%dot: i32, %sum: i32, %scale: f16, %old: f32):
    %0 = arith.muli %sum, %zero_point : i32
    %1 = arith.subi %dot, %0 : i32
    %2 = arith.sitofp %1 : i32 to f32
    %3 = arith.extf %scale : f16 to f32
    %4 = math.fma %2, %3, %old : f32
    linalg.yield %4 : f32
  } -> tensor<2x3xf32>
  %y = linalg.generic {indexing_maps = [#rows, #elements], iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<2x1xf32>) outs(%acc : tensor<2x3xf32>) {
  ^bb0(%scale: f32, %old: f32):
    %0 = arith.mulf %old, %scale : f32
    linalg.yield %0 : f32
  } -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// CHECK-COUNT-2: {{\[}}[14.125,   35.1875,   2.9375],{{[[:space:]]+}}[-531.5,   115.625,   4.40625]]
func.func @main() {
  %a = arith.constant dense<[[127, -100, 3, 50, 7, -2], [-1, 2, -3, 4, -5, 127]]> : tensor<2x6xi8>
  %s = arith.constant dense<[[0.5], [2.0]]> : tensor<2x1xf32>
  %sums = arith.constant dense<[[80, 5], [2, 122]]> : tensor<2x2xi32>
  %w = arith.constant dense<[[9, 8, 7, 6, 15, 0], [0, 1, 2, 3, 4, 15], [15, 15, 8, 8, 8, 9]]> : tensor<3x6xi8>
  %ws = arith.constant dense<[[0.5, 0.25], [-0.125, 0.0625], [0.03125, 0.015625]]> : tensor<3x2xf16>
  %y0 = call @op(%a, %s, %sums, %w, %ws)
    : (tensor<2x6xi8>, tensor<2x1xf32>, tensor<2x2xi32>, tensor<3x6xi8>, tensor<3x2xf16>) -> tensor<2x3xf32>
  %y1 = call @by_hand(%a, %s, %sums, %w, %ws)
    : (tensor<2x6xi8>, tensor<2x1xf32>, tensor<2x2xi32>, tensor<3x6xi8>, tensor<3x2xf16>) -> tensor<2x3xf32>
  %any0 = tensor.cast %y0 : tensor<2x3xf32> to tensor<*xf32>
  %any1 = tensor.cast %y1 : tensor<2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%any0) : (tensor<*xf32>) -> ()
  call @printMemrefF32(%any1) : (tensor<*xf32>) -> ()
  return
}
