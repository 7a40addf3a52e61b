// Two codes of 4 bits in a byte: the halves are taken apart and put side by side.
// RUN: ptq-opt %s --ptq-import-idioms | FileCheck %s

#element = affine_map<(d0, d1) -> (d0, d1)>

// CHECK-DAG: ![[U4:.+]] = !ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8>
// CHECK-DAG: ![[S4:.+]] = !ptq.q<s4:f32, block = [1, 0], scale = f32>

// A shift per half, as an operand.
// CHECK-LABEL: func.func @shift_by_index
//  CHECK-SAME:   %[[BYTES:[a-z0-9]+]]: tensor<2x3xi8>, %[[S:[a-z0-9]+]]: tensor<2x1xf32>
//       CHECK:   %[[Q:.+]] = ptq.storage_cast %[[BYTES]] packed : tensor<2x3xi8> to tensor<2x6x![[U4]]>
//       CHECK:   %[[Y:.+]] = ptq.dequantize %[[Q]], %[[S]]
//       CHECK:   return %[[Y]]
func.func @shift_by_index(%bytes: tensor<2x3xi8>, %scales: tensor<2x1xf32>) -> tensor<2x6xf32> {
  %shifts = arith.constant dense<[0, 4]> : tensor<2xi8>
  %mask = arith.constant 15 : i8
  %zp = arith.constant 8 : i8
  %halves = tensor.empty() : tensor<2x3x2xi8>
  %floats = tensor.empty() : tensor<2x6xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%bytes, %shifts : tensor<2x3xi8>, tensor<2xi8>) outs(%halves : tensor<2x3x2xi8>) {
  ^bb0(%byte: i8, %shift: i8, %old: i8):
    %3 = arith.shrui %byte, %shift : i8
    %4 = arith.andi %3, %mask : i8
    linalg.yield %4 : i8
  } -> tensor<2x3x2xi8>
  %1 = tensor.collapse_shape %0 [[0], [1, 2]] : tensor<2x3x2xi8> into tensor<2x6xi8>
  %2 = linalg.generic {indexing_maps = [#element, affine_map<(d0, d1) -> (d0, 0)>, #element], iterator_types = ["parallel", "parallel"]}
      ins(%1, %scales : tensor<2x6xi8>, tensor<2x1xf32>) outs(%floats : tensor<2x6xf32>) {
  ^bb0(%code: i8, %scale: f32, %old: f32):
    %3 = arith.subi %code, %zp : i8
    %4 = arith.sitofp %3 : i8 to f32
    %5 = arith.mulf %4, %scale : f32
    linalg.yield %5 : f32
  } -> tensor<2x6xf32>
  return %2 : tensor<2x6xf32>
}

// Low and high halves with their sign, stacked.
// CHECK-LABEL: func.func @stacked_halves
//  CHECK-SAME:   %[[BYTES:[a-z0-9]+]]: tensor<2x3xi8>, %[[S:[a-z0-9]+]]: tensor<2x1xf32>
//       CHECK:   %[[Q:.+]] = ptq.storage_cast %[[BYTES]] packed : tensor<2x3xi8> to tensor<2x6x![[S4]]>
//       CHECK:   %[[Y:.+]] = ptq.dequantize %[[Q]], %[[S]]
func.func @stacked_halves(%bytes: tensor<2x3xi8>, %scales: tensor<2x1xf32>) -> tensor<2x6xf32> {
  %four = arith.constant dense<4> : tensor<2x3xi8>
  %floats = tensor.empty() : tensor<2x6xf32>
  %left = arith.shli %bytes, %four : tensor<2x3xi8>
  %low = arith.shrsi %left, %four : tensor<2x3xi8>
  %high = arith.shrsi %bytes, %four : tensor<2x3xi8>
  %0 = tensor.expand_shape %low [[0], [1, 2]] output_shape [2, 3, 1] : tensor<2x3xi8> into tensor<2x3x1xi8>
  %1 = tensor.expand_shape %high [[0], [1, 2]] output_shape [2, 3, 1] : tensor<2x3xi8> into tensor<2x3x1xi8>
  %2 = tensor.concat dim(2) %0, %1 : (tensor<2x3x1xi8>, tensor<2x3x1xi8>) -> tensor<2x3x2xi8>
  %3 = tensor.collapse_shape %2 [[0], [1, 2]] : tensor<2x3x2xi8> into tensor<2x6xi8>
  %4 = linalg.generic {indexing_maps = [#element, affine_map<(d0, d1) -> (d0, 0)>, #element], iterator_types = ["parallel", "parallel"]}
      ins(%3, %scales : tensor<2x6xi8>, tensor<2x1xf32>) outs(%floats : tensor<2x6xf32>) {
  ^bb0(%code: i8, %scale: f32, %old: f32):
    %5 = arith.sitofp %code : i8 to f32
    %6 = arith.mulf %5, %scale : f32
    linalg.yield %6 : f32
  } -> tensor<2x6xf32>
  return %4 : tensor<2x6xf32>
}

// The high half comes first: another order of codes.
// CHECK-LABEL: func.func @high_half_first
//   CHECK-NOT:   ptq.
//       CHECK:   return
func.func @high_half_first(%bytes: tensor<2x3xi8>) -> tensor<2x6xi8> {
  %four = arith.constant dense<4> : tensor<2x3xi8>
  %mask = arith.constant dense<15> : tensor<2x3xi8>
  %low = arith.andi %bytes, %mask : tensor<2x3xi8>
  %high = arith.shrui %bytes, %four : tensor<2x3xi8>
  %0 = tensor.expand_shape %high [[0], [1, 2]] output_shape [2, 3, 1] : tensor<2x3xi8> into tensor<2x3x1xi8>
  %1 = tensor.expand_shape %low [[0], [1, 2]] output_shape [2, 3, 1] : tensor<2x3xi8> into tensor<2x3x1xi8>
  %2 = tensor.concat dim(2) %0, %1 : (tensor<2x3x1xi8>, tensor<2x3x1xi8>) -> tensor<2x3x2xi8>
  %3 = tensor.collapse_shape %2 [[0], [1, 2]] : tensor<2x3x2xi8> into tensor<2x6xi8>
  return %3 : tensor<2x6xi8>
}

// Halves of columns that are apart: the first three codes are the low halves.
// CHECK-LABEL: func.func @halves_apart
//   CHECK-NOT:   ptq.
//       CHECK:   return
func.func @halves_apart(%bytes: tensor<2x3xi8>) -> tensor<2x6xi8> {
  %four = arith.constant dense<4> : tensor<2x3xi8>
  %mask = arith.constant dense<15> : tensor<2x3xi8>
  %low = arith.andi %bytes, %mask : tensor<2x3xi8>
  %high = arith.shrui %bytes, %four : tensor<2x3xi8>
  %0 = tensor.expand_shape %low [[0], [1, 2]] output_shape [2, 1, 3] : tensor<2x3xi8> into tensor<2x1x3xi8>
  %1 = tensor.expand_shape %high [[0], [1, 2]] output_shape [2, 1, 3] : tensor<2x3xi8> into tensor<2x1x3xi8>
  %2 = tensor.concat dim(1) %0, %1 : (tensor<2x1x3xi8>, tensor<2x1x3xi8>) -> tensor<2x2x3xi8>
  %3 = tensor.collapse_shape %2 [[0], [1, 2]] : tensor<2x2x3xi8> into tensor<2x6xi8>
  return %3 : tensor<2x6xi8>
}
