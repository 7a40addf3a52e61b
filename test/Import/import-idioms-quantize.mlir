// RUN: ptq-opt %s --ptq-import-idioms | FileCheck %s

#element = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>

// CHECK-DAG: ![[TORCH:.+]] = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = 5>
// CHECK-DAG: ![[ROW:.+]] = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
// CHECK-DAG: ![[INT:.+]] = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = 100>
// CHECK-DAG: ![[FOUR:.+]] = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = i8>

// As torch-mlir divides, rounds, adds and clamps, but for values that are known
// to be numbers: its comparisons make the largest code of a NaN. 0.5 is a power
// of two, whose quotient is the product with the reciprocal.
// CHECK-LABEL: func.func @divide_round_add_clamp
//  CHECK-SAME:   %[[X:[a-z0-9]+]]: tensor<2x3xf32>
//       CHECK:   %[[S:.+]] = arith.constant dense<5.000000e-01> : tensor<1x1xf32>
//       CHECK:   %[[Q:.+]] = ptq.quantize %[[X]], %[[S]] : tensor<2x3xf32>, tensor<1x1xf32> -> tensor<2x3x![[TORCH]]>
//       CHECK:   %[[BYTES:.+]] = ptq.storage_cast %[[Q]] : tensor<2x3x![[TORCH]]> to tensor<2x3xi8>
//       CHECK:   return %[[BYTES]]
func.func @divide_round_add_clamp(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %zp = arith.constant 5 : i64
  %scale = arith.constant 0.5 : f64
  %min = arith.constant -128.0 : f32
  %max = arith.constant 127.0 : f32
  %empty = tensor.empty() : tensor<2x3xi8>
  %0 = linalg.generic {indexing_maps = [#element, #element], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x3xf32>) outs(%empty : tensor<2x3xi8>) {
  ^bb0(%value: f32, %old: i8):
    %1 = arith.sitofp %zp : i64 to f32
    %2 = arith.truncf %scale : f64 to f32
    %3 = arith.divf %value, %2 fastmath<nnan> : f32
    %4 = math.roundeven %3 : f32
    %5 = arith.addf %4, %1 : f32
    %6 = arith.cmpf ult, %5, %min : f32
    %7 = arith.cmpf ugt, %5, %max : f32
    %8 = arith.select %6, %min, %5 : f32
    %9 = arith.select %7, %max, %8 : f32
    %10 = arith.fptosi %9 : f32 to i8
    linalg.yield %10 : i8
  } -> tensor<2x3xi8>
  return %0 : tensor<2x3xi8>
}

// Factors are reciprocals of scales, one per row: 10 and 3 of 0.1 and 1 / 3.
// CHECK-LABEL: func.func @chain_of_ops
//       CHECK:   %[[S:.+]] = arith.constant dense<{{\[\[}}1.000000e-01], [0.333333343]]> : tensor<2x1xf32>
//       CHECK:   %[[Q:.+]] = ptq.quantize %{{.+}}, %[[S]] : {{.+}} -> tensor<2x3x![[ROW]]>
func.func @chain_of_ops(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %factors = arith.constant dense<[[10.0], [3.0]]> : tensor<2x1xf32>
  %min = arith.constant -127.0 : f32
  %max = arith.constant 127.0 : f32
  %floats = tensor.empty() : tensor<2x3xf32>
  %bytes = tensor.empty() : tensor<2x3xi8>
  %0 = linalg.generic {indexing_maps = [#element, affine_map<(d0, d1) -> (d0, 0)>, #element], iterator_types = ["parallel", "parallel"]}
      ins(%x, %factors : tensor<2x3xf32>, tensor<2x1xf32>) outs(%floats : tensor<2x3xf32>) {
  ^bb0(%value: f32, %factor: f32, %old: f32):
    %2 = arith.mulf %value, %factor : f32
    linalg.yield %2 : f32
  } -> tensor<2x3xf32>
  %1 = linalg.generic {indexing_maps = [#element, #element], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<2x3xf32>) outs(%bytes : tensor<2x3xi8>) {
  ^bb0(%value: f32, %old: i8):
    %2 = math.roundeven %value : f32
    %3 = arith.minimumf %2, %max : f32
    %4 = arith.maximumf %3, %min : f32
    %5 = arith.fptosi %4 : f32 to i8
    linalg.yield %5 : i8
  } -> tensor<2x3xi8>
  return %1 : tensor<2x3xi8>
}

// Offset and clamp in integers that cannot wrap.
// CHECK-LABEL: func.func @clamped_as_integers
//       CHECK:   ptq.quantize %{{.+}}, %{{.+}} : {{.+}} -> tensor<2x3x![[INT]]>
func.func @clamped_as_integers(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %one = arith.constant 1.0 : f32
  %scale = arith.constant 0.3 : f32
  %low = arith.constant -1000.0 : f32
  %high = arith.constant 1000.0 : f32
  %zp = arith.constant 100 : i32
  %min = arith.constant 0 : i32
  %max = arith.constant 255 : i32
  %empty = tensor.empty() : tensor<2x3xi8>
  %0 = linalg.generic {indexing_maps = [#element, #element], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x3xf32>) outs(%empty : tensor<2x3xi8>) {
  ^bb0(%value: f32, %old: i8):
    %1 = arith.divf %one, %scale : f32
    %2 = arith.mulf %value, %1 : f32
    %3 = math.roundeven %2 : f32
    %4 = arith.maxnumf %3, %low : f32
    %5 = arith.minnumf %4, %high : f32
    %6 = arith.fptosi %5 : f32 to i32
    %7 = arith.addi %6, %zp : i32
    %8 = arith.maxsi %7, %min : i32
    %9 = arith.minsi %8, %max : i32
    %10 = arith.trunci %9 : i32 to i8
    linalg.yield %10 : i8
  } -> tensor<2x3xi8>
  return %0 : tensor<2x3xi8>
}

// Scales and zero points of run time: the reciprocal is taken as ptq takes it.
// CHECK-LABEL: func.func @parameters_of_run_time
//  CHECK-SAME:   %[[X:[a-z0-9]+]]: tensor<2x3xf16>
//       CHECK:   %[[Q:.+]] = ptq.quantize %[[X]], %{{.+}}, zp %{{.+}} : tensor<2x3xf16>, tensor<2x1xf32>, tensor<2x1xi8> -> tensor<2x3x!{{.+}}>
func.func @parameters_of_run_time(%x: tensor<2x3xf16>, %scales: tensor<2xf32>, %zero_points: tensor<2xi8>) -> tensor<2x3xi8> {
  %one = arith.constant 1.0 : f32
  %min = arith.constant -128.0 : f32
  %max = arith.constant 127.0 : f32
  %empty = tensor.empty() : tensor<2x3xi8>
  %0 = linalg.generic {indexing_maps = [#element, #row, #row, #element], iterator_types = ["parallel", "parallel"]}
      ins(%x, %scales, %zero_points : tensor<2x3xf16>, tensor<2xf32>, tensor<2xi8>) outs(%empty : tensor<2x3xi8>) {
  ^bb0(%half: f16, %scale: f32, %zero_point: i8, %old: i8):
    %value = arith.extf %half : f16 to f32
    %1 = arith.divf %one, %scale : f32
    %2 = arith.mulf %value, %1 : f32
    %3 = math.roundeven %2 : f32
    %4 = arith.sitofp %zero_point : i8 to f32
    %5 = arith.addf %3, %4 : f32
    %6 = arith.maximumf %5, %min : f32
    %7 = arith.minimumf %6, %max : f32
    %8 = arith.fptosi %7 : f32 to i8
    linalg.yield %8 : i8
  } -> tensor<2x3xi8>
  return %0 : tensor<2x3xi8>
}

// Four bits, in bytes at last.
// CHECK-LABEL: func.func @four_bits
//       CHECK:   %[[Z:.+]] = arith.constant dense<{{\[\[}}8], [7]]> : tensor<2x1xi8>
//       CHECK:   %[[Q:.+]] = ptq.quantize %{{.+}}, %{{.+}}, zp %[[Z]] : {{.+}} -> tensor<2x3x![[FOUR]]>
//       CHECK:   %[[BYTES:.+]] = ptq.storage_cast %[[Q]] : tensor<2x3x![[FOUR]]> to tensor<2x3xi8>
//       CHECK:   %[[NARROW:.+]] = arith.trunci %[[BYTES]] : tensor<2x3xi8> to tensor<2x3xi4>
//       CHECK:   linalg.generic {{.+}} ins(%[[NARROW]] : tensor<2x3xi4>)
func.func @four_bits(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %scales = arith.constant dense<[[0.25], [2.0]]> : tensor<2x1xf32>
  %zero_points = arith.constant dense<[8.0, 7.0]> : tensor<2xf32>
  %min = arith.constant 0.0 : f32
  %max = arith.constant 15.0 : f32
  %empty = tensor.empty() : tensor<2x3xi8>
  %0 = linalg.generic {indexing_maps = [#element, affine_map<(d0, d1) -> (d0, 0)>, #row, #element], iterator_types = ["parallel", "parallel"]}
      ins(%x, %scales, %zero_points : tensor<2x3xf32>, tensor<2x1xf32>, tensor<2xf32>) outs(%empty : tensor<2x3xi8>) {
  ^bb0(%value: f32, %scale: f32, %zero_point: f32, %old: i8):
    %1 = arith.divf %value, %scale : f32
    %2 = math.roundeven %1 : f32
    %3 = arith.addf %2, %zero_point : f32
    %4 = arith.maximumf %3, %min : f32
    %5 = arith.minimumf %4, %max : f32
    %6 = arith.fptoui %5 : f32 to i4
    %7 = arith.extui %6 : i4 to i8
    linalg.yield %7 : i8
  } -> tensor<2x3xi8>
  return %0 : tensor<2x3xi8>
}
