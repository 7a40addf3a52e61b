// The steps of an epilogue have the bits of the reference, in every column of a
// panel that is not whole.
// RUN: rm -rf %t && mkdir %t
// RUN: %python -c "import numpy as np; r = np.random.default_rng(1); np.save('%t/x.npy', r.normal(size=(7, 4)).astype('f4')); np.save('%t/u.npy', r.normal(size=(7, 19)).astype('f4')); np.save('%t/b.npy', (20 * r.normal(size=19)).astype('f4'))"
// RUN: ptq-run %s --entry=f --input=%t/x.npy --input=%t/u.npy --input=%t/b.npy --output=%t/y.npy --output=%t/z.npy
// RUN: ptq-run %s --entry=f --input=%t/x.npy --input=%t/u.npy --input=%t/b.npy --output=%t/ry.npy --output=%t/rz.npy --reference
// RUN: cmp %t/y.npy %t/ry.npy && cmp %t/z.npy %t/rz.npy
// REQUIRES: avx2

#packed = #ptq.packed<f32, shape = [19, 4], layout = <columns = 16, depth = 1, bits = 32>>

func.func @f(%x: tensor<7x4xf32>, %up: tensor<7x19xf32>, %b: tensor<19xf32>)
    -> (tensor<7x19xf32>, tensor<7x19xf16>) {
  %w = arith.constant dense<0.75> : tensor<19x4xf32>
  %p = ptq.pack %w : tensor<19x4xf32> -> tensor<512xi8, #packed>
  %0 = tensor.empty() : tensor<7x19xf32>
  %y = ptq.packed_matmul ins(%x, %p : tensor<7x4xf32>, tensor<512xi8, #packed>) isa #ptq.isa<avx2>
         epilogue(bias %b : tensor<19xf32>, silu) outs(%0 : tensor<7x19xf32>) -> tensor<7x19xf32>
  %1 = tensor.empty() : tensor<7x19xf16>
  %z = ptq.packed_matmul ins(%x, %p : tensor<7x4xf32>, tensor<512xi8, #packed>) isa #ptq.isa<avx2>
         epilogue(silu_times %up : tensor<7x19xf32>, add %y : tensor<7x19xf32>)
         outs(%1 : tensor<7x19xf16>) -> tensor<7x19xf16>
  return %y, %z : tensor<7x19xf32>, tensor<7x19xf16>
}
