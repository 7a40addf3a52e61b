// Any number of threads gives the same bits.
// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/npy.py make %t/x.npy f4 "np.random.default_rng(0).normal(size=(33, 300))"
// RUN: %python %S/Inputs/npy.py make %t/w.npy f4 "np.random.default_rng(1).normal(size=(257, 300))"
// RUN: ptq-run %s --threads=1 --input=%t/x.npy --input=%t/w.npy --output=%t/y1.npy
// RUN: ptq-run %s --threads=2 --input=%t/x.npy --input=%t/w.npy --output=%t/y2.npy
// RUN: ptq-run %s --threads=5 --input=%t/x.npy --input=%t/w.npy --output=%t/y5.npy
// RUN: ptq-run %s --input=%t/x.npy --input=%t/w.npy --output=%t/y0.npy
// RUN: cmp %t/y1.npy %t/y2.npy
// RUN: cmp %t/y1.npy %t/y5.npy
// RUN: cmp %t/y1.npy %t/y0.npy
// RUN: %python %S/Inputs/npy.py show %t/y1.npy | FileCheck %s
// CHECK: float32 (33, 1)

#rows = affine_map<(m, n, k) -> (m, k)>
#weights = affine_map<(m, n, k) -> (n, k)>
#result = affine_map<(m, n, k) -> (m, n)>
func.func @multiplies_and_sums(%x: tensor<?x300xf32>, %w: tensor<257x300xf32>) -> tensor<?x1xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x300xf32>
  %empty = tensor.empty(%m) : tensor<?x257xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x257xf32>) -> tensor<?x257xf32>
  %y = linalg.matmul indexing_maps = [#rows, #weights, #result]
    ins(%x, %w : tensor<?x300xf32>, tensor<257x300xf32>) outs(%init : tensor<?x257xf32>) -> tensor<?x257xf32>
  %sums = tensor.empty(%m) : tensor<?xf32>
  %sumsInit = linalg.fill ins(%zero : f32) outs(%sums : tensor<?xf32>) -> tensor<?xf32>
  %sum = linalg.reduce { arith.addf } ins(%y : tensor<?x257xf32>) outs(%sumsInit : tensor<?xf32>) dimensions = [1]
  %column = tensor.expand_shape %sum [[0, 1]] output_shape [%m, 1] : tensor<?xf32> into tensor<?x1xf32>
  return %column : tensor<?x1xf32>
}
