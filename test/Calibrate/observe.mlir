// RUN: ptq-opt %s | FileCheck %s
// RUN: ptq-opt %s | ptq-opt | FileCheck %s
// RUN: ptq-opt %s --emit-bytecode | ptq-opt | FileCheck %s
// RUN: ptq-opt %s --mlir-print-op-generic | ptq-opt | FileCheck %s

!a8 = !ptq.q<s8<-127:127>:f32, block = [0, 0], scale = f32>
!u8 = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = i32>

// CHECK: ptq.statistics @fc.in : tensor<?x64xf32> observers [#ptq.minmax, #ptq.channel_absmax, #ptq.histogram, #ptq.gram] linears ["fc"]
ptq.statistics @fc.in : tensor<?x64xf32>
  observers [#ptq.minmax, #ptq.channel_absmax, #ptq.histogram, #ptq.gram]
  linears ["fc"]

// CHECK: ptq.statistics @fc.out : tensor<?x32xf32> observers [#ptq.output_error]
ptq.statistics @fc.out : tensor<?x32xf32> observers [#ptq.output_error]

// CHECK: ptq.statistics @image : tensor<1x3x?x?xbf16> axis(1) skip(2) observers [#ptq.moving_average<momentum = 1.000000e-02>, #ptq.absmax, #ptq.token_absmax, #ptq.mean, #ptq.mean_abs, #ptq.mean_square] samples(2) tokens(300) file("image.stats")
ptq.statistics @image : tensor<1x3x?x?xbf16> axis(1) skip(2)
  observers [#ptq.moving_average<momentum = 0.01>, #ptq.absmax, #ptq.token_absmax, #ptq.mean, #ptq.mean_abs, #ptq.mean_square]
  samples(2) tokens(300) file("image.stats")

// CHECK-LABEL: @observe
// CHECK: ptq.observe %{{.*}}, @fc.in : tensor<?x64xf32>
// CHECK: ptq.observe %{{.*}} against %{{.*}}, @fc.out : tensor<?x32xf32>
func.func @observe(%x: tensor<?x64xf32>, %y: tensor<?x32xf32>, %approximate: tensor<?x32xf32>) {
  ptq.observe %x, @fc.in : tensor<?x64xf32>
  ptq.observe %y against %approximate, @fc.out : tensor<?x32xf32>
  return
}

// CHECK-LABEL: @choose
// CHECK: ptq.choose_params @fc.in entropy for !{{.*}} : tensor<1x1xf32>
// CHECK: ptq.choose_params @fc.in percentile(9.990000e+01) for !{{.*}} : tensor<1x1xf32>, tensor<1x1xi32>
func.func @choose() -> (tensor<1x1xf32>, tensor<1x1xf32>, tensor<1x1xi32>) {
  %s = ptq.choose_params @fc.in entropy for !a8 : tensor<1x1xf32>
  %t, %z = ptq.choose_params @fc.in percentile(99.9) for !u8 : tensor<1x1xf32>, tensor<1x1xi32>
  return %s, %t, %z : tensor<1x1xf32>, tensor<1x1xf32>, tensor<1x1xi32>
}

// What ptq-insert-observers and ptq-import-statistics leave.

// CHECK: ptq.statistics @fc.matmul.0.in
ptq.statistics @fc.matmul.0.in : tensor<?x4xf32> observers [#ptq.minmax, #ptq.gram] linears ["fc.matmul.0"]
func.func @inserted(%x: tensor<?x4xf32>) {
  ptq.observe %x, @fc.matmul.0.in : tensor<?x4xf32>
  return
}

module @imported {
  // CHECK: ptq.statistics @fc.in : tensor<?x4xf32> observers [#ptq.minmax] linears ["fc"] samples(2) tokens(6) file("fc.stats")
  ptq.statistics @fc.in : tensor<?x4xf32> observers [#ptq.minmax] linears ["fc"] samples(2) tokens(6) file("fc.stats")
}
