// RUN: ptq-opt %s --ptq-propagate-integers=mode=float --canonicalize --cse --split-input-file | FileCheck %s --check-prefixes=CHECK,FLOAT
// RUN: ptq-opt %s --ptq-propagate-integers=mode=fixed --canonicalize --cse --split-input-file | FileCheck %s --check-prefixes=CHECK,FIXED

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = 3>
!r8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = -128>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

// A product, its bias and its ReLU are one product and one rescaling. With
// sa = 0.5 and sw = [0.25, 1], so = 2: factors are 1/16 and 1/4, biases 1 / 0.125
// and -2 / 0.5. ReLU is free: the zero point is the smallest code.
// CHECK-LABEL: func.func @linear_bias_relu
//   FLOAT-DAG:   %[[M:.+]] = arith.constant dense<{{\[\[}}6.250000e-02, 2.500000e-01]]> : tensor<1x2xf32>
//   FIXED-DAG:   %[[M:.+]] = arith.constant dense<1073741824> : tensor<1x2xi32>
//   FIXED-DAG:   %[[SHIFT:.+]] = arith.constant dense<{{\[\[}}34, 32]]> : tensor<1x2xi32>
//   CHECK-DAG:   %[[B:.+]] = arith.constant dense<{{\[\[}}8, -4]]> : tensor<1x2xi32>
//       CHECK:   %[[ACC:.+]] = ptq.matmul ins(%{{.+}}, %{{.+}} : {{.+}}) outs(%{{.+}} : tensor<?x2xi32>) {ptq.name = "fc"} -> tensor<?x2xi32>
//       FLOAT:   %[[Q:.+]] = ptq.requantize %[[ACC]] float %[[M]], bias %[[B]] per [0, 1]
//       FIXED:   %[[Q:.+]] = ptq.requantize %[[ACC]] fixed %[[M]], shift %[[SHIFT]], bias %[[B]] per [0, 1]
//   CHECK-NOT:   linalg
//       CHECK:   return %[[Q]]
func.func @linear_bias_relu(%q: tensor<?x4x!a8>, %w: tensor<2x4x!w8>, %out: tensor<?x2xf32>) -> tensor<?x2x!r8> {
  %sa = arith.constant dense<0.5> : tensor<1x1xf32>
  %sw = arith.constant dense<[[0.25], [1.0]]> : tensor<2x1xf32>
  %so = arith.constant dense<2.0> : tensor<1x1xf32>
  %bias = arith.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %y = ptq.matmul ins(%q, %w : tensor<?x4x!a8>, tensor<2x4x!w8>)
         lhs(%sa : tensor<1x1xf32>) rhs(%sw : tensor<2x1xf32>)
         outs(%out : tensor<?x2xf32>) {ptq.name = "fc"} -> tensor<?x2xf32>
  %biased = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
    ins(%y, %bias : tensor<?x2xf32>, tensor<2xf32>) outs(%out : tensor<?x2xf32>) {
  ^bb0(%a: f32, %b: f32, %old: f32):
    %sum = arith.addf %a, %b : f32
    linalg.yield %sum : f32
  } -> tensor<?x2xf32>
  %relu = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
    ins(%biased : tensor<?x2xf32>) outs(%out : tensor<?x2xf32>) {
  ^bb0(%a: f32, %old: f32):
    %is_positive = arith.cmpf ugt, %a, %zero : f32
    %positive = arith.select %is_positive, %a, %zero : f32
    linalg.yield %positive : f32
  } -> tensor<?x2xf32>
  %r = ptq.quantize %relu, %so : tensor<?x2xf32>, tensor<1x1xf32> -> tensor<?x2x!r8>
  return %r : tensor<?x2x!r8>
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = 3>

// A clamp to [0, 6] at scale 0.1 leaves the codes 3 to 63.
//       CHECK: !s8_1 = !ptq.q<s8<3:63>:f32, block = [0, 0], scale = f32, zp = 3>
// CHECK-LABEL: func.func @clamp_of_codes
//       CHECK:   ptq.requantize %{{.+}} {{float|fixed}} {{.+}} -> tensor<?x2x!s8_1>
//   CHECK-NOT:   linalg
func.func @clamp_of_codes(%q: tensor<?x2x!a8>, %out: tensor<?x2xf32>) -> tensor<?x2x!a8> {
  %s = arith.constant dense<0.25> : tensor<1x1xf32>
  %so = arith.constant dense<0.1> : tensor<1x1xf32>
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %x = ptq.dequantize %q, %s : tensor<?x2x!a8>, tensor<1x1xf32> -> tensor<?x2xf32>
  %clamped = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
    ins(%x : tensor<?x2xf32>) outs(%out : tensor<?x2xf32>) {
  ^bb0(%a: f32, %old: f32):
    %low = arith.maximumf %a, %zero : f32
    %both = arith.minimumf %low, %six : f32
    linalg.yield %both : f32
  } -> tensor<?x2xf32>
  %r = ptq.quantize %clamped, %so : tensor<?x2xf32>, tensor<1x1xf32> -> tensor<?x2x!a8>
  return %r : tensor<?x2x!a8>
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = 3>
!b8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

// 0.5 / 2 and 3 / 2; in the fixed mode both in units of 2^-30.
// CHECK-LABEL: func.func @sum
//   FLOAT-DAG:   %[[A:.+]] = arith.constant dense<2.500000e-01> : tensor<1x1xf32>
//   FLOAT-DAG:   %[[B:.+]] = arith.constant dense<1.500000e+00> : tensor<1x1xf32>
//       FLOAT:   ptq.add %{{.+}}, %{{.+}} float %[[A]], %[[B]]
//   FIXED-DAG:   %[[A:.+]] = arith.constant dense<268435456> : tensor<1x1xi32>
//   FIXED-DAG:   %[[B:.+]] = arith.constant dense<1610612736> : tensor<1x1xi32>
//   FIXED-DAG:   %[[SHIFT:.+]] = arith.constant dense<30> : tensor<1x1xi32>
//       FIXED:   ptq.add %{{.+}}, %{{.+}} fixed %[[A]], %[[B]], shift %[[SHIFT]]
//   CHECK-NOT:   linalg
func.func @sum(%a: tensor<?x2x!a8>, %b: tensor<?x2x!b8>, %out: tensor<?x2xf32>) -> tensor<?x2x!b8> {
  %sa = arith.constant dense<0.5> : tensor<1x1xf32>
  %sb = arith.constant dense<3.0> : tensor<1x1xf32>
  %so = arith.constant dense<2.0> : tensor<1x1xf32>
  %x = ptq.dequantize %a, %sa : tensor<?x2x!a8>, tensor<1x1xf32> -> tensor<?x2xf32>
  %y = ptq.dequantize %b, %sb : tensor<?x2x!b8>, tensor<1x1xf32> -> tensor<?x2xf32>
  %sum = linalg.add ins(%x, %y : tensor<?x2xf32>, tensor<?x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
  %r = ptq.quantize %sum, %so : tensor<?x2xf32>, tensor<1x1xf32> -> tensor<?x2x!b8>
  return %r : tensor<?x2x!b8>
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32, zp = 3>
!b8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = 3>

// What only moves codes keeps them: padded with the zero point, the largest of
// windows, joined, transposed, sliced, reshaped.
// CHECK-LABEL: func.func @moved
//  CHECK-SAME:   %[[Q:[a-z0-9]+]]: tensor<1x4x4x2x
//   CHECK-DAG:   %[[ZP:.+]] = arith.constant 3 : i8
//   CHECK-DAG:   %[[LOWEST:.+]] = arith.constant -128 : i8
//       CHECK:   %[[BYTES:.+]] = ptq.storage_cast %[[Q]]
//       CHECK:   %[[PADDED:.+]] = tensor.pad %[[BYTES]]
//       CHECK:     tensor.yield %[[ZP]] : i8
//       CHECK:   linalg.fill ins(%[[LOWEST]] : i8)
//       CHECK:   %[[LARGEST:.+]] = linalg.pooling_nhwc_max {{.+}} ins(%[[PADDED]], %{{.+}} : tensor<1x6x6x2xi8>, tensor<2x2xi8>)
//       CHECK:   %[[JOINED:.+]] = tensor.concat dim(3) %[[LARGEST]], %[[LARGEST]]
//       CHECK:   %[[TRANSPOSED:.+]] = linalg.transpose ins(%[[JOINED]]
//       CHECK:   %[[SLICE:.+]] = tensor.extract_slice %[[TRANSPOSED]]
//       CHECK:   tensor.collapse_shape %[[SLICE]]
//   CHECK-NOT:   f32
//       CHECK:   return
func.func @moved(%q: tensor<1x4x4x2x!a8>) -> tensor<1x18x!b8> {
  %s = arith.constant dense<0.25> : tensor<1x1x1x1xf32>
  %so = arith.constant dense<0.25> : tensor<1x1xf32>
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %x = ptq.dequantize %q, %s : tensor<1x4x4x2x!a8>, tensor<1x1x1x1xf32> -> tensor<1x4x4x2xf32>
  %padded = tensor.pad %x low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%n: index, %h: index, %w: index, %c: index):
    tensor.yield %zero : f32
  } : tensor<1x4x4x2xf32> to tensor<1x6x6x2xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %empty = tensor.empty() : tensor<1x3x3x2xf32>
  %init = linalg.fill ins(%lowest : f32) outs(%empty : tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  %pooled = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
    ins(%padded, %window : tensor<1x6x6x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  %joined = tensor.concat dim(3) %pooled, %pooled : (tensor<1x3x3x2xf32>, tensor<1x3x3x2xf32>) -> tensor<1x3x3x4xf32>
  %turned = tensor.empty() : tensor<1x4x3x3xf32>
  %transposed = linalg.transpose ins(%joined : tensor<1x3x3x4xf32>) outs(%turned : tensor<1x4x3x3xf32>) permutation = [0, 3, 1, 2]
  %slice = tensor.extract_slice %transposed[0, 1, 0, 0] [1, 2, 3, 3] [1, 1, 1, 1] : tensor<1x4x3x3xf32> to tensor<1x2x3x3xf32>
  %flat = tensor.collapse_shape %slice [[0], [1, 2, 3]] : tensor<1x2x3x3xf32> into tensor<1x18xf32>
  %r = ptq.quantize %flat, %so : tensor<1x18xf32>, tensor<1x1xf32> -> tensor<1x18x!b8>
  return %r : tensor<1x18x!b8>
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32, zp = 3>

// Four codes: the bias takes back 4 * 3, and the division is in the factor.
// CHECK-LABEL: func.func @average
//   CHECK-DAG:   %[[B:.+]] = arith.constant dense<-12> : tensor<1x1x1x1xi32>
//   FLOAT-DAG:   %[[M:.+]] = arith.constant dense<1.250000e-01> : tensor<1x1x1x1xf32>
//       CHECK:   %[[SUM:.+]] = linalg.pooling_nchw_sum {{.+}} -> tensor<1x2x2x2xi32>
//       FLOAT:   ptq.requantize %[[SUM]] float %[[M]], bias %[[B]]
//       FIXED:   ptq.requantize %[[SUM]] fixed %{{.+}}, shift %{{.+}}, bias %[[B]]
//   CHECK-NOT:   linalg.generic
func.func @average(%q: tensor<1x2x4x4x!a8>) -> tensor<1x2x2x2x!a8> {
  %s = arith.constant dense<0.5> : tensor<1x1x1x1xf32>
  %so = arith.constant dense<1.0> : tensor<1x1x1x1xf32>
  %zero = arith.constant 0.0 : f32
  %four = arith.constant 4.0 : f32
  %x = ptq.dequantize %q, %s : tensor<1x2x4x4x!a8>, tensor<1x1x1x1xf32> -> tensor<1x2x4x4xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %empty = tensor.empty() : tensor<1x2x2x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %total = linalg.pooling_nchw_sum {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
    ins(%x, %window : tensor<1x2x4x4xf32>, tensor<2x2xf32>) outs(%init : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %mean = linalg.generic {indexing_maps = [affine_map<(a, b, c, d) -> (a, b, c, d)>, affine_map<(a, b, c, d) -> (a, b, c, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%total : tensor<1x2x2x2xf32>) outs(%empty : tensor<1x2x2x2xf32>) {
  ^bb0(%a: f32, %old: f32):
    %quotient = arith.divf %a, %four : f32
    linalg.yield %quotient : f32
  } -> tensor<1x2x2x2xf32>
  %r = ptq.quantize %mean, %so : tensor<1x2x2x2xf32>, tensor<1x1x1x1xf32> -> tensor<1x2x2x2x!a8>
  return %r : tensor<1x2x2x2x!a8>
}

// -----

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = 3>
!n8 = !ptq.q<s8<3:127>:f32, block = [0, 0], scale = f32, zp = 3>
!b8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = -10>

// A chain rounds once. What the first clamps to stays: codes from 3 on, 0 in
// real numbers, are codes from -10 on.
//       FLOAT: !s8_1 = !ptq.q<s8<-10:52>:f32, block = [0, 0], scale = f32, zp = -10>
// CHECK-LABEL: func.func @chain
//       FLOAT:   %[[M:.+]] = arith.constant dense<1.250000e-01> : tensor<1x1xf32>
//       FLOAT:   ptq.requantize %arg0 float %[[M]] : tensor<?x2xi32>, tensor<1x1xf32> -> tensor<?x2x!s8_1>
//   FLOAT-NOT:   ptq.requantize
//       CHECK:   return
func.func @chain(%acc: tensor<?x2xi32>) -> tensor<?x2x!b8> {
  %m = arith.constant dense<0.25> : tensor<1x1xf32>
  %half = arith.constant dense<0.5> : tensor<1x1xf32>
  %q = ptq.requantize %acc float %m : tensor<?x2xi32>, tensor<1x1xf32> -> tensor<?x2x!n8>
  %r = ptq.requantize %q float %half : tensor<?x2x!n8>, tensor<1x1xf32> -> tensor<?x2x!b8>
  return %r : tensor<?x2x!b8>
}
