// What is close to a dequantize and means something else stays as it is; the
// remark says what differs.
// RUN: ptq-opt %s --ptq-import-idioms --remarks-filter=ptq-import --remark-format=emitRemark --verify-diagnostics | FileCheck %s
// CHECK-NOT: ptq.

#element = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>

// The zero point is subtracted from the product: the other order.
func.func @zero_point_after_scale(%codes: tensor<2x3xi8>) -> tensor<2x3xf32> {
  %zp = arith.constant dense<3.0> : tensor<2x3xf32>
  %scale = arith.constant dense<0.3> : tensor<2x3xf32>
  %0 = arith.sitofp %codes : tensor<2x3xi8> to tensor<2x3xf32>
  %1 = arith.divf %0, %scale : tensor<2x3xf32>
  %2 = arith.subf %1, %zp : tensor<2x3xf32>
  return %2 : tensor<2x3xf32>
}

func.func @zero_point_is_no_integer(%codes: tensor<2x3xi8>) -> tensor<2x3xf32> {
  %zp = arith.constant dense<3.5> : tensor<2x3xf32>
  %scale = arith.constant dense<0.3> : tensor<2x3xf32>
  %0 = arith.uitofp %codes : tensor<2x3xi8> to tensor<2x3xf32>
  %1 = arith.subf %0, %zp : tensor<2x3xf32>
  // expected-remark @below {{Reason="expects a zero point that is an integer"}}
  %2 = arith.mulf %1, %scale : tensor<2x3xf32>
  return %2 : tensor<2x3xf32>
}

func.func @zero_points_are_no_integers(%codes: tensor<2x3xi8>) -> tensor<2x3xf32> {
  %zero_points = arith.constant dense<[3.0, 3.5]> : tensor<2xf32>
  %scale = arith.constant 0.3 : f32
  %empty = tensor.empty() : tensor<2x3xf32>
  %0 = linalg.generic {indexing_maps = [#element, #row, #element], iterator_types = ["parallel", "parallel"]}
      ins(%codes, %zero_points : tensor<2x3xi8>, tensor<2xf32>) outs(%empty : tensor<2x3xf32>) {
  ^bb0(%code: i8, %zero_point: f32, %old: f32):
    %1 = arith.uitofp %code : i8 to f32
    %2 = arith.subf %1, %zero_point : f32
    // expected-remark @below {{Reason="expects zero points that are integers in [0, 255], but got 3.5}}
    %3 = arith.mulf %2, %scale : f32
    linalg.yield %3 : f32
  } -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

func.func @zero_points_of_run_time(%codes: tensor<2x3xi8>, %zero_points: tensor<2xi32>) -> tensor<2x3xf32> {
  %scale = arith.constant 0.3 : f32
  %empty = tensor.empty() : tensor<2x3xf32>
  %0 = linalg.generic {indexing_maps = [#element, #row, #element], iterator_types = ["parallel", "parallel"]}
      ins(%codes, %zero_points : tensor<2x3xi8>, tensor<2xi32>) outs(%empty : tensor<2x3xf32>) {
  ^bb0(%code: i8, %zero_point: i32, %old: f32):
    %1 = arith.extsi %code : i8 to i32
    %2 = arith.subi %1, %zero_point : i32
    %3 = arith.sitofp %2 : i32 to f32
    // expected-remark @below {{Reason="expects zero points that are constant, or integers of the type of the codes"}}
    %4 = arith.mulf %3, %scale : f32
    linalg.yield %4 : f32
  } -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

func.func @signs_of_code_and_zero_point_differ(%codes: tensor<2x3xi8>, %zero_points: tensor<2xi8>) -> tensor<2x3xf32> {
  %scale = arith.constant 0.3 : f32
  %empty = tensor.empty() : tensor<2x3xf32>
  %0 = linalg.generic {indexing_maps = [#element, #row, #element], iterator_types = ["parallel", "parallel"]}
      ins(%codes, %zero_points : tensor<2x3xi8>, tensor<2xi8>) outs(%empty : tensor<2x3xf32>) {
  ^bb0(%code: i8, %zero_point: i8, %old: f32):
    %1 = arith.extui %code : i8 to i32
    %2 = arith.extsi %zero_point : i8 to i32
    %3 = arith.subi %1, %2 : i32
    %4 = arith.sitofp %3 : i32 to f32
    // expected-remark @below {{Reason="expects zero points that are constant, or integers of the type of the codes"}}
    %5 = arith.mulf %4, %scale : f32
    linalg.yield %5 : f32
  } -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

func.func @zero_point_outside(%codes: tensor<2x3xi8>) -> tensor<2x3xf32> {
  %zp = arith.constant dense<300> : tensor<2x3xi32>
  %scale = arith.constant dense<0.3> : tensor<2x3xf32>
  %0 = arith.extsi %codes : tensor<2x3xi8> to tensor<2x3xi32>
  %1 = arith.subi %0, %zp : tensor<2x3xi32>
  %2 = arith.sitofp %1 : tensor<2x3xi32> to tensor<2x3xf32>
  // expected-remark @below {{Reason="expects a zero point in the range of the codes, but got 300"}}
  %3 = arith.mulf %2, %scale : tensor<2x3xf32>
  return %3 : tensor<2x3xf32>
}

func.func @difference_wraps(%codes: tensor<2x3xi8>) -> tensor<2x3xf32> {
  %zp = arith.constant dense<3> : tensor<2x3xi8>
  %scale = arith.constant dense<0.3> : tensor<2x3xf32>
  %0 = arith.subi %codes, %zp : tensor<2x3xi8>
  %1 = arith.sitofp %0 : tensor<2x3xi8> to tensor<2x3xf32>
  // expected-remark @below {{Reason="subtracts the zero point in integers that may wrap"}}
  %2 = arith.mulf %1, %scale : tensor<2x3xf32>
  return %2 : tensor<2x3xf32>
}

func.func @difference_read_as_unsigned(%codes: tensor<2x3xi8>) -> tensor<2x3xf32> {
  %zp = arith.constant dense<3> : tensor<2x3xi32>
  %scale = arith.constant dense<0.3> : tensor<2x3xf32>
  %0 = arith.extui %codes : tensor<2x3xi8> to tensor<2x3xi32>
  %1 = arith.subi %0, %zp : tensor<2x3xi32>
  %2 = arith.uitofp %1 : tensor<2x3xi32> to tensor<2x3xf32>
  // expected-remark @below {{Reason="reads negative differences as unsigned"}}
  %3 = arith.mulf %2, %scale : tensor<2x3xf32>
  return %3 : tensor<2x3xf32>
}

func.func @float_rounds_codes(%codes: tensor<2x3xi16>) -> tensor<2x3xf16> {
  %scale = arith.constant dense<0.3> : tensor<2x3xf16>
  %0 = arith.sitofp %codes : tensor<2x3xi16> to tensor<2x3xf16>
  // expected-remark @below {{Reason="rounds integers up to 32768 to f16"}}
  %1 = arith.mulf %0, %scale : tensor<2x3xf16>
  return %1 : tensor<2x3xf16>
}

// Codes of the diagonal, and scales of another group than that of the index.
func.func @codes_of_a_diagonal(%codes: tensor<3x3xi8>) -> tensor<3xf32> {
  %scale = arith.constant 0.3 : f32
  %empty = tensor.empty() : tensor<3xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0, d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%codes : tensor<3x3xi8>) outs(%empty : tensor<3xf32>) {
  ^bb0(%code: i8, %old: f32):
    %1 = arith.sitofp %code : i8 to f32
    // expected-remark @below {{Reason="expects codes at indices that are loops, each once"}}
    %2 = arith.mulf %1, %scale : f32
    linalg.yield %2 : f32
  } -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

func.func @scales_of_other_indices(%codes: tensor<4x4xi8>, %scales: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %empty = tensor.empty() : tensor<4x4xf32>
  %0 = linalg.generic {indexing_maps = [#element, affine_map<(d0, d1) -> (d0, d1 mod 4)>, #element], iterator_types = ["parallel", "parallel"]}
      ins(%codes, %scales : tensor<4x4xi8>, tensor<4x4xf32>) outs(%empty : tensor<4x4xf32>) {
  ^bb0(%code: i8, %scale: f32, %old: f32):
    %1 = arith.sitofp %code : i8 to f32
    // expected-remark @below {{Reason="expects numbers indexed by the dimensions of the codes, whole or divided by a group, but got (d0, d1) -> (d0, d1 mod 4)"}}
    %2 = arith.mulf %1, %scale : f32
    linalg.yield %2 : f32
  } -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

func.func @groups_of_two_lengths(%codes: tensor<2x4xi8>, %scales: tensor<2x2xf32>, %zero_points: tensor<2x4xi8>) -> tensor<2x4xf32> {
  %empty = tensor.empty() : tensor<2x4xf32>
  %0 = linalg.generic {indexing_maps = [#element, affine_map<(d0, d1) -> (d0, d1 floordiv 2)>, #element, #element], iterator_types = ["parallel", "parallel"]}
      ins(%codes, %scales, %zero_points : tensor<2x4xi8>, tensor<2x2xf32>, tensor<2x4xi8>) outs(%empty : tensor<2x4xf32>) {
  ^bb0(%code: i8, %scale: f32, %zero_point: i8, %old: f32):
    %1 = arith.sitofp %code : i8 to f32
    %2 = arith.sitofp %zero_point : i8 to f32
    %3 = arith.subf %1, %2 : f32
    // expected-remark @below {{Reason="expects scales and zero points of the same blocks"}}
    %4 = arith.mulf %3, %scale : f32
    linalg.yield %4 : f32
  } -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// No formula of codes at all: no remark.
func.func @accumulators_are_no_codes(%sums: tensor<2x3xi32>) -> tensor<2x3xf32> {
  %scale = arith.constant dense<0.3> : tensor<2x3xf32>
  %0 = arith.sitofp %sums : tensor<2x3xi32> to tensor<2x3xf32>
  %1 = arith.mulf %0, %scale : tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}
