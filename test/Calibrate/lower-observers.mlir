// RUN: ptq-opt %s --split-input-file --ptq-lower-observers | FileCheck %s
// RUN: ptq-opt %s --split-input-file --ptq-lower-observers --ptq-to-llvm=cpu=x86-64-v3 -o /dev/null

// The state is one buffer for all statistics, the last argument.

// CHECK: module attributes {ptq.calibration = {bytes = 128 : i64, statistics = [{name = "x", offset = 0 : i64, states = [{observer = #ptq.minmax, offset = 64 : i64, type = memref<2xf32>}]}]}} {
// CHECK: func.func @f(%[[X:.*]]: tensor<?x20xf32>, %[[STATE:.*]]: memref<128xi8>) {
// CHECK: %[[SEQUENCE:.*]] = tensor.dim %[[X]], %{{.*}} : tensor<?x20xf32>
// CHECK: %[[ROWS:.*]] = bufferization.to_buffer %[[X]] read_only
// CHECK: %[[VIEW:.*]] = memref.view %[[STATE]]
// CHECK: call @observe_k20(%[[ROWS]], %[[SEQUENCE]], %[[VIEW]])
// CHECK: func.func private @observe_k20
// CHECK-NOT: ptq.observe
// CHECK-NOT: ptq.statistics
ptq.statistics @x : tensor<?x20xf32> observers [#ptq.minmax]
func.func @f(%x: tensor<?x20xf32>) {
  ptq.observe %x, @x : tensor<?x20xf32>
  return
}

// -----

// Callers pass the state on; what is observed alike shares a function, what
// skips otherwise does not. Channels move innermost.

// CHECK: statistics = [{name = "a", offset = 0 : i64, {{.*}} {name = "b", offset = 128 : i64
// CHECK: func.func private @callee(%{{.*}}: tensor<2x8x3xf32>, %{{.*}}: memref<384xi8>)
// CHECK: linalg.transpose ins(%{{.*}} : tensor<2x8x3xf32>) outs(%{{.*}} : tensor<2x3x8xf32>) permutation = [0, 2, 1]
// CHECK: tensor.collapse_shape %{{.*}} {{\[\[}}0, 1], [2]] : tensor<2x3x8xf32> into tensor<6x8xf32>
// CHECK: call @[[OBSERVE:[a-z0-9_]+]](
// CHECK: func.func @caller(%{{.*}}: tensor<2x8x3xf32>, %{{.*}}: tensor<4x8xbf16>, %[[STATE:.*]]: memref<384xi8>)
// CHECK: call @callee(%{{.*}}, %[[STATE]])
// CHECK: call @[[OBSERVE]](
// CHECK: call @[[OTHER:[a-z0-9_]+]](
// CHECK: func.func @unrelated(%{{.*}}: tensor<4x8xbf16>) {
// CHECK: func.func private @[[OBSERVE]](
// CHECK: func.func private @[[OTHER]](
ptq.statistics @a : tensor<2x8x?xf32> axis(1) observers [#ptq.absmax]
ptq.statistics @b : tensor<4x8xbf16> observers [#ptq.absmax]
ptq.statistics @c : tensor<4x8xbf16> skip(1) observers [#ptq.absmax]
func.func private @callee(%x: tensor<2x8x3xf32>) {
  ptq.observe %x, @a : tensor<2x8x3xf32>
  return
}
func.func @caller(%x: tensor<2x8x3xf32>, %y: tensor<4x8xbf16>) {
  call @callee(%x) : (tensor<2x8x3xf32>) -> ()
  ptq.observe %y, @b : tensor<4x8xbf16>
  ptq.observe %y, @c : tensor<4x8xbf16>
  return
}
func.func @unrelated(%y: tensor<4x8xbf16>) {
  return
}

// -----

// What is lowered stays as it is.

// CHECK: bytes = 128
// CHECK: func.func @f(%{{.*}}: tensor<?x20xf32>, %{{.*}}: memref<128xi8>) {
// CHECK-NEXT: return
module attributes {ptq.calibration = {bytes = 128 : i64, statistics = [{name = "x", offset = 0 : i64, states = [{observer = #ptq.minmax, offset = 64 : i64, type = memref<2xf32>} ]} ]}} {
  func.func @f(%x: tensor<?x20xf32>, %state: memref<128xi8>) {
    return
  }
}
