// RUN: ptq-opt %s --transform-interpreter --cse --canonicalize | FileCheck %s

!a8 = !ptq.q<s8:f32, block = [0, 0, 0, 0], scale = f32, zp = 3>
!w8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!r8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = 3>

// Images and output channels are cut, windows never are.
// CHECK-LABEL: func.func @images_and_channels
//  CHECK-SAME:   %[[Q:[a-z0-9]+]]: tensor<4x6x6x2x{{.+}}, %[[W:[a-z0-9]+]]: tensor<8x18x{{.+}}, %[[S:[a-z0-9]+]]: tensor<1x1x1x1xf32>, %[[WS:[a-z0-9]+]]: tensor<8x1xf32>, %[[OUT:[a-z0-9]+]]: tensor<4x4x4x8xf32>
//       CHECK:   scf.for %[[I:[a-z0-9]+]] =
//       CHECK:     scf.for %[[J:[a-z0-9]+]] = %{{.+}} iter_args(%[[ACC:.+]] =
//   CHECK-DAG:       %[[Q_TILE:.+]] = tensor.extract_slice %[[Q]][%[[I]], 0, 0, 0] [2, 6, 6, 2] [1, 1, 1, 1]
//   CHECK-DAG:       %[[W_TILE:.+]] = tensor.extract_slice %[[W]][%[[J]], 0] [4, 18] [1, 1]
//   CHECK-DAG:       %[[WS_TILE:.+]] = tensor.extract_slice %[[WS]][%[[J]], 0] [4, 1] [1, 1]
//       CHECK:       %[[TILE:.+]] = ptq.conv_2d {{.+}} ins(%[[Q_TILE]], %[[W_TILE]] : {{.+}}) lhs(%[[S]] : {{.+}}) rhs(%[[WS_TILE]] : {{.+}}) outs(%{{.+}}) -> tensor<2x4x4x4xf32>
//       CHECK:       tensor.insert_slice %[[TILE]] into %[[ACC]][%[[I]], 0, 0, %[[J]]] [2, 4, 4, 4] [1, 1, 1, 1]
func.func @images_and_channels(%q: tensor<4x6x6x2x!a8>, %w: tensor<8x18x!w8>, %s: tensor<1x1x1x1xf32>, %ws: tensor<8x1xf32>, %out: tensor<4x4x4x8xf32>) -> tensor<4x4x4x8xf32> {
  %y = ptq.conv_2d kernel [3, 3] strides [1, 1] dilations [1, 1]
    ins(%q, %w : tensor<4x6x6x2x!a8>, tensor<8x18x!w8>)
    lhs(%s : tensor<1x1x1x1xf32>) rhs(%ws : tensor<8x1xf32>)
    outs(%out : tensor<4x4x4x8xf32>) -> tensor<4x4x4x8xf32>
  return %y : tensor<4x4x4x8xf32>
}

// Channels of both sides at once.
// CHECK-LABEL: func.func @depthwise
//  CHECK-SAME:   %[[Q:[a-z0-9]+]]: tensor<4x8x6x6x{{.+}}, %[[W:[a-z0-9]+]]: tensor<8x9x
//   CHECK-DAG:       tensor.extract_slice %[[Q]][%[[I:[a-z0-9]+]], %[[J:[a-z0-9]+]], 0, 0] [2, 4, 6, 6] [1, 1, 1, 1]
//   CHECK-DAG:       tensor.extract_slice %[[W]][%[[J]], 0] [4, 9] [1, 1]
//       CHECK:       ptq.depthwise_conv_2d channels_first {{.+}} -> tensor<2x4x4x4xi32>
func.func @depthwise(%q: tensor<4x8x6x6x!a8>, %w: tensor<8x9x!w8>, %out: tensor<4x8x4x4xi32>) -> tensor<4x8x4x4xi32> {
  %y = ptq.depthwise_conv_2d channels_first kernel [3, 3] strides [1, 1] dilations [1, 1]
    ins(%q, %w : tensor<4x8x6x6x!a8>, tensor<8x9x!w8>)
    outs(%out : tensor<4x8x4x4xi32>) -> tensor<4x8x4x4xi32>
  return %y : tensor<4x8x4x4xi32>
}

// Multipliers and biases go with their columns.
// CHECK-LABEL: func.func @rescaled
//  CHECK-SAME:   %[[ACC:[a-z0-9]+]]: tensor<4x8xi32>, %[[M:[a-z0-9]+]]: tensor<1x8xf32>, %[[B:[a-z0-9]+]]: tensor<1x8xi32>
//   CHECK-DAG:       tensor.extract_slice %[[ACC]][%[[I:[a-z0-9]+]], %[[J:[a-z0-9]+]]] [2, 4] [1, 1]
//   CHECK-DAG:       tensor.extract_slice %[[M]][0, %[[J]]] [1, 4] [1, 1]
//   CHECK-DAG:       tensor.extract_slice %[[B]][0, %[[J]]] [1, 4] [1, 1]
//       CHECK:       ptq.requantize
func.func @rescaled(%acc: tensor<4x8xi32>, %m: tensor<1x8xf32>, %b: tensor<1x8xi32>) -> tensor<4x8x!r8> {
  %q = ptq.requantize %acc float %m, bias %b per [0, 1]
    : tensor<4x8xi32>, tensor<1x8xf32>, tensor<1x8xi32> -> tensor<4x8x!r8>
  return %q : tensor<4x8x!r8>
}

// CHECK-LABEL: func.func @sum
//       CHECK:   ptq.add %{{.+}}, %{{.+}} float %{{.+}}, %{{.+}} : tensor<2x4x
func.func @sum(%a: tensor<4x8x!r8>, %b: tensor<4x8x!r8>, %ma: tensor<1x1xf32>, %mb: tensor<1x1xf32>) -> tensor<4x8x!r8> {
  %q = ptq.add %a, %b float %ma, %mb
    : tensor<4x8x!r8>, tensor<4x8x!r8>, tensor<1x1xf32>, tensor<1x1xf32> -> tensor<4x8x!r8>
  return %q : tensor<4x8x!r8>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %ops = transform.structured.match ops{["ptq.conv_2d", "ptq.depthwise_conv_2d", "ptq.requantize", "ptq.add"]} in %module : (!transform.any_op) -> !transform.any_op
    %tiled, %loops:2 = transform.structured.tile_using_for %ops tile_sizes [2, 4]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}
