// RUN: ptq-opt %s --ptq-to-linalg | %stock-run | FileCheck %s

!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
!w4 = !ptq.q<u4:f32, block = [1, 4], scale = f16, zp = 8>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func private @printMemrefF32(tensor<*xf32>) attributes {llvm.emit_c_interface}

func.func private @w8a8(%x: tensor<?x3xf32>, %bytes: tensor<2x3xi8>, %ws: tensor<2x1xf32>, %out: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = ptq.storage_cast %bytes : tensor<2x3xi8> to tensor<2x3x!w8>
  %q, %s, %sum = ptq.dynamic_quantize %x sums [1, 0] : tensor<?x3xf32>
    -> tensor<?x3x!a8>, tensor<?x1xf32>, tensor<?x1xi32>
  %y = ptq.matmul ins(%q, %w : tensor<?x3x!a8>, tensor<2x3x!w8>)
         lhs(%s, sums %sum : tensor<?x1xf32>, tensor<?x1xi32>)
         rhs(%ws : tensor<2x1xf32>)
         outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

func.func private @w4a8(%x: tensor<?x6xf32>, %bytes: tensor<2x3xi8>, %ws: tensor<2x2xf16>, %out: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = ptq.storage_cast %bytes packed : tensor<2x3xi8> to tensor<2x6x!w4>
  %q, %s, %sum = ptq.dynamic_quantize %x sums [1, 4] : tensor<?x6xf32>
    -> tensor<?x6x!a8>, tensor<?x1xf32>, tensor<?x2xi32>
  %y = ptq.matmul ins(%q, %w : tensor<?x6x!a8>, tensor<2x6x!w4>)
         lhs(%s, sums %sum : tensor<?x1xf32>, tensor<?x2xi32>)
         rhs(%ws : tensor<2x2xf16>)
         outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

func.func @main() {
  %c1 = arith.constant 1 : index
  %out = tensor.empty(%c1) : tensor<?x2xf32>

  // Activation codes 127, -100, 50. Weights minus 128: [1, -127, 0], [127, 127, -28].
  // [127 + 12700 + 0, 16129 - 12700 - 1400] * [0.5, 2] * 0.01
  // CHECK: 64.135, 40.58
  %x8 = arith.constant dense<[[1.27, -1.0, 0.5]]> : tensor<1x3xf32>
  %x8_dynamic = tensor.cast %x8 : tensor<1x3xf32> to tensor<?x3xf32>
  %bytes8 = arith.constant dense<[[129, 1, 128], [255, 255, 100]]> : tensor<2x3xi8>
  %scales8 = arith.constant dense<[[0.5], [2.0]]> : tensor<2x1xf32>
  %y8 = call @w8a8(%x8_dynamic, %bytes8, %scales8, %out)
    : (tensor<?x3xf32>, tensor<2x3xi8>, tensor<2x1xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %y8_any = tensor.cast %y8 : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%y8_any) : (tensor<*xf32>) -> ()

  // Activation codes 127, -100, 0, 50 | 10, -2. Weights minus 8: 1, -7, 7, 0 | -5, 2
  // and -6, -7, -4, -5 | -2, -3. The second group has two elements.
  // [(127 + 700) * 0.5 + (-50 - 4) * 2, (-762 + 700 - 250) * 1 + (-20 + 6) * -0.25] * 0.01
  // CHECK: 3.055, -3.085
  %x4 = arith.constant dense<[[1.27, -1.0, 0.0, 0.5, 0.1, -0.02]]> : tensor<1x6xf32>
  %x4_dynamic = tensor.cast %x4 : tensor<1x6xf32> to tensor<?x6xf32>
  %bytes4 = arith.constant dense<[[0x19, 0x8f, 0xa3], [0x12, 0x34, 0x56]]> : tensor<2x3xi8>
  %scales4 = arith.constant dense<[[0.5, 2.0], [1.0, -0.25]]> : tensor<2x2xf16>
  %y4 = call @w4a8(%x4_dynamic, %bytes4, %scales4, %out)
    : (tensor<?x6xf32>, tensor<2x3xi8>, tensor<2x2xf16>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %y4_any = tensor.cast %y4 : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%y4_any) : (tensor<*xf32>) -> ()
  return
}
