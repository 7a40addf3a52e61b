// What moves or compares values between two linears is done with their codes, from
// end to end of the pipeline: a reshape, a max-pool, a transpose, a concatenation.
// Each linear rounds once, to the codes that the next one reads.

// RUN: rm -rf %t && mkdir -p %t
// RUN: %python -c "import numpy as np; r = np.random.default_rng(1); [np.save(f'%t/{i}.npy', r.standard_normal((2, 4)).astype(np.float32)) for i in range(3)]"
// RUN: ptq-run %s --entry=net --calibrate --recipe=w8a8-integer --input=%t/0.npy --input=%t/1.npy --input=%t/2.npy -o %t/stats
// RUN: ptq-opt %s --ptq-quantize="recipe=w8a8-integer statistics=%t/stats fail-on-fallback" --ptq-verify-integer -o %t/float.mlir
// RUN: ptq-opt %s --ptq-quantize="recipe=w8a8-integer-fixed statistics=%t/stats fail-on-fallback" --ptq-verify-integer -o %t/fixed.mlir
// RUN: FileCheck %s < %t/float.mlir
// RUN: FileCheck %s < %t/fixed.mlir

// CHECK-LABEL: func.func @net
//       CHECK:   ptq.quantize {{.*}} -> tensor<2x4x!
//   CHECK-NOT:   f32>{{$}}
//       CHECK:   ptq.matmul {{.*}} -> tensor<2x32xi32>
//       CHECK:   %[[A:.+]] = ptq.requantize {{.*}} -> tensor<2x32x![[A8:[a-z0-9_]+]]>
//       CHECK:   %[[BYTES:.+]] = ptq.storage_cast %[[A]] : {{.*}} to tensor<2x32xi8>
//       CHECK:   %[[IMAGE:.+]] = tensor.expand_shape %[[BYTES]]
//       CHECK:   %[[POOLED:.+]] = linalg.pooling_nhwc_max {{.*}} ins(%[[IMAGE]],
//       CHECK:   %[[MOVED:.+]] = linalg.transpose ins(%[[POOLED]] : tensor<2x2x2x2xi8>)
//       CHECK:   %[[FLAT:.+]] = tensor.collapse_shape %[[MOVED]]
//   CHECK-NOT:   ptq.requantize
//       CHECK:   ptq.matmul {{.*}} -> tensor<2x4xi32>
//       CHECK:   %[[B:.+]] = ptq.requantize {{.*}} -> tensor<2x4x![[A8]]>
//       CHECK:   %[[OTHER:.+]] = ptq.storage_cast %[[B]]
//       CHECK:   %[[BOTH:.+]] = tensor.concat dim(1) %[[FLAT]], %[[OTHER]]
//   CHECK-NOT:   ptq.requantize
//       CHECK:   %[[CODES:.+]] = ptq.storage_cast %[[BOTH]] : tensor<2x12xi8> to tensor<2x12x![[A8]]>
//       CHECK:   ptq.matmul ins(%[[CODES]], {{.*}} -> tensor<2x3xi32>
//       CHECK:   ptq.requantize {{.*}} -> tensor<2x3x!
//   CHECK-NOT:   ptq.requantize
//       CHECK:   ptq.dequantize

// Compiled, they have the bits of the reference, near those of floats.
// RUN: ptq-run %s --entry=net --input=%t/2.npy --output=%t/exact.npy
// RUN: ptq-run %t/float.mlir --entry=net --input=%t/2.npy --output=%t/compiled.npy
// RUN: ptq-run %t/float.mlir --entry=net --input=%t/2.npy --output=%t/reference.npy --reference
// RUN: cmp %t/compiled.npy %t/reference.npy
// RUN: ptq-run %t/fixed.mlir --entry=net --input=%t/2.npy --output=%t/compiled.npy
// RUN: ptq-run %t/fixed.mlir --entry=net --input=%t/2.npy --output=%t/reference.npy --reference
// RUN: cmp %t/compiled.npy %t/reference.npy
// RUN: %python -c "import numpy as np; a, b = (np.load('%t/' + n + '.npy') for n in ('exact', 'compiled')); assert abs(a).max() > 0.1 and abs(a - b).max() < 0.1 * abs(a).max(), (a, b)"

#rows = affine_map<(m, n, k) -> (m, k)>
#weights = affine_map<(m, n, k) -> (n, k)>
#results = affine_map<(m, n, k) -> (m, n)>

func.func @net(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %wide = arith.constant dense<[[0.7, 0.3, 0.0, -0.4], [-0.4, -0.9, -0.8, -0.9], [-0.6, 0.6, 0.3, 0.8], [0.0, 0.2, 0.9, 0.4], [0.3, 0.1, 0.1, 0.8], [-0.4, 0.6, 0.3, -0.9], [-0.2, 0.7, 0.1, -0.9], [0.5, 0.4, 0.7, -0.6], [-0.8, 0.7, -0.9, 0.1], [-0.8, -0.4, 0.0, -0.1], [-0.2, -0.9, -0.9, -0.7], [-0.9, 0.3, 0.0, 0.3], [-0.5, 0.2, 0.5, -0.2], [-0.1, 0.9, 0.6, 0.9], [-0.2, 0.4, 0.9, 0.3], [0.6, 0.4, 0.4, -0.2], [0.7, -0.7, 0.1, 0.4], [0.7, 0.0, -0.2, -0.4], [-0.1, 0.0, 0.4, 0.7], [-0.8, 0.8, 0.1, -0.3], [0.3, 0.1, -0.5, -0.3], [0.4, 0.2, 0.0, -0.3], [0.5, -0.2, -0.3, 0.7], [-0.4, -0.5, 0.4, 0.2], [-0.9, -0.8, -0.2, 0.6], [-0.2, 0.5, -0.3, -0.5], [0.6, 0.7, -0.8, -0.8], [0.3, -0.3, 0.1, -0.7], [0.7, -0.1, 0.8, 0.6], [0.4, -0.5, 0.5, -0.9], [0.1, -0.2, 0.9, -0.6], [0.8, -0.8, 0.2, 0.2]]> : tensor<32x4xf32>
  %narrow = arith.constant dense<[[0.8, -0.4, 0.8, 0.3], [0.7, -0.6, 0.5, 0.8], [-0.9, -0.3, 0.3, -0.7], [0.0, 0.2, 0.5, 0.8]]> : tensor<4x4xf32>
  %last = arith.constant dense<[[-0.2, -0.1, 0.0, 0.9, -0.6, 0.0, -0.9, -0.1, 0.8, 0.2, -0.3, 0.9], [0.2, 0.9, -0.9, -0.1, 0.6, 0.5, -0.2, 0.0, -0.2, 0.1, -0.5, 0.5], [-0.8, -0.2, -0.4, 0.4, 0.5, 0.4, 0.8, 0.8, -0.6, -0.7, -0.7, 0.4]]> : tensor<3x12xf32>

  %empty_wide = tensor.empty() : tensor<2x32xf32>
  %init_wide = linalg.fill ins(%zero : f32) outs(%empty_wide : tensor<2x32xf32>) -> tensor<2x32xf32>
  %a = linalg.matmul indexing_maps = [#rows, #weights, #results]
    ins(%x, %wide : tensor<2x4xf32>, tensor<32x4xf32>) outs(%init_wide : tensor<2x32xf32>) -> tensor<2x32xf32>
  %image = tensor.expand_shape %a [[0], [1, 2, 3]] output_shape [2, 4, 4, 2] : tensor<2x32xf32> into tensor<2x4x4x2xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %empty_pooled = tensor.empty() : tensor<2x2x2x2xf32>
  %init_pooled = linalg.fill ins(%low : f32) outs(%empty_pooled : tensor<2x2x2x2xf32>) -> tensor<2x2x2x2xf32>
  %pooled = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
    ins(%image, %window : tensor<2x4x4x2xf32>, tensor<2x2xf32>) outs(%init_pooled : tensor<2x2x2x2xf32>) -> tensor<2x2x2x2xf32>
  %moved = linalg.transpose ins(%pooled : tensor<2x2x2x2xf32>) outs(%empty_pooled : tensor<2x2x2x2xf32>) permutation = [0, 3, 1, 2]
  %flat = tensor.collapse_shape %moved [[0], [1, 2, 3]] : tensor<2x2x2x2xf32> into tensor<2x8xf32>

  %empty_narrow = tensor.empty() : tensor<2x4xf32>
  %init_narrow = linalg.fill ins(%zero : f32) outs(%empty_narrow : tensor<2x4xf32>) -> tensor<2x4xf32>
  %b = linalg.matmul indexing_maps = [#rows, #weights, #results]
    ins(%x, %narrow : tensor<2x4xf32>, tensor<4x4xf32>) outs(%init_narrow : tensor<2x4xf32>) -> tensor<2x4xf32>
  %both = tensor.concat dim(1) %flat, %b : (tensor<2x8xf32>, tensor<2x4xf32>) -> tensor<2x12xf32>

  %empty_last = tensor.empty() : tensor<2x3xf32>
  %init_last = linalg.fill ins(%zero : f32) outs(%empty_last : tensor<2x3xf32>) -> tensor<2x3xf32>
  %y = linalg.matmul indexing_maps = [#rows, #weights, #results]
    ins(%both, %last : tensor<2x12xf32>, tensor<3x12xf32>) outs(%init_last : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
