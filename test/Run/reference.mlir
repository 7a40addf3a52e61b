// The reference computes what follows from the inputs, through calls and shapes
// that are not known before.
// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/npy.py make %t/x.npy f4 "[[1, -2, 0.5], [0, 0, 0]]"
// RUN: %python %S/Inputs/npy.py make %t/w.npy u1 "[[129, 128, 130], [128, 127, 128]]"
// RUN: %python %S/Inputs/npy.py make %t/s.npy f4 "[[0.5], [2]]"

// RUN: ptq-run %s --input=%t/x.npy --input=%t/w.npy --input=%t/s.npy --output=%t/y.npy --entry=multiplies --reference
// RUN: %python %S/Inputs/npy.py show %t/y.npy | FileCheck %s
// The codes of the first row are 64, -127, 32 and the scale is 2 / 127.
// Compiled code gives the same bits.
// RUN: ptq-run %s --input=%t/x.npy --input=%t/w.npy --input=%t/s.npy --output=%t/compiled.npy --entry=multiplies
// RUN: cmp %t/compiled.npy %t/y.npy
// CHECK: float32 (2, 2) {{\[\[}}1.007874{{[0-9]*}}, 4.0], [0.0, {{-?}}0.0]]

!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
func.func @multiplies(%x: tensor<?x3xf32>, %bytes: tensor<2x3xi8>, %scale: tensor<2x1xf32>) -> tensor<?x2xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x3xf32>
  %w = ptq.storage_cast %bytes : tensor<2x3xi8> to tensor<2x3x!w8>
  %q, %s, %sums = ptq.dynamic_quantize %x sums [1, 0] : tensor<?x3xf32> -> tensor<?x3x!a8>, tensor<?x1xf32>, tensor<?x1xi32>
  %init = tensor.empty(%m) : tensor<?x2xf32>
  %y = call @product(%q, %s, %sums, %w, %scale, %init) : (tensor<?x3x!a8>, tensor<?x1xf32>, tensor<?x1xi32>, tensor<2x3x!w8>, tensor<2x1xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

func.func private @product(%q: tensor<?x3x!a8>, %s: tensor<?x1xf32>, %sums: tensor<?x1xi32>, %w: tensor<2x3x!w8>, %scale: tensor<2x1xf32>, %init: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %y = ptq.matmul ins(%q, %w : tensor<?x3x!a8>, tensor<2x3x!w8>)
    lhs(%s, sums %sums : tensor<?x1xf32>, tensor<?x1xi32>) rhs(%scale : tensor<2x1xf32>)
    outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// RUN: %python %S/Inputs/npy.py make %t/i.npy i8 "7"
// RUN: %python %S/Inputs/npy.py make %t/b.npy b1 "np.arange(11) % 3 == 0"
// RUN: ptq-run %s --entry=passes_scalars --input=%t/i.npy --input=%t/b.npy --output=%t/i1.npy --output=%t/b1.npy --reference
// RUN: cmp %t/i.npy %t/i1.npy
// RUN: cmp %t/b.npy %t/b1.npy
func.func @passes_scalars(%i: index, %b: tensor<11xi1>) -> (index, tensor<11xi1>) {
  return %i, %b : index, tensor<11xi1>
}

// RUN: not ptq-run %s --entry=adds --input=%t/x.npy --output=%t/none.npy --reference 2>&1 | FileCheck %s --check-prefix=FLOAT
// FLOAT: reference.mlir:[[@LINE+5]]:{{.*}} error: 'linalg.add' op is not computed by the reference
// FLOAT: ptq-run: error: expects a function of ptq ops and what folds, but got 'adds'
// RUN: not ls %t/none.npy
func.func @adds(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %init = tensor.empty() : tensor<2x3xf32>
  %y = linalg.add ins(%x, %x : tensor<2x3xf32>, tensor<2x3xf32>) outs(%init : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// RUN: not ptq-run %s --entry=takes_memref --input=%t/x.npy --reference 2>&1 | FileCheck %s --check-prefix=MEMREF
// MEMREF: ptq-run: error: the reference takes tensors and scalars, but 'takes_memref' takes a memref
func.func @takes_memref(%x: memref<2x3xf32>) {
  return
}
