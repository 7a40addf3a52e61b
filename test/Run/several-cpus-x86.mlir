// Of several x86 CPUs the best that this machine is like is taken: no crash on the
// last one, and only the entry points can be seen.
// RUN: rm -rf %t && mkdir %t
// RUN: ptq-run %s --emit=shared -o %t/libtwice.so --target=x86_64-linux-gnu --cpu=diamondrapids,znver4,x86-64-v3
// RUN: llvm-nm -D --defined-only %t/libtwice.so | FileCheck %s --check-prefix=SYMBOLS
// RUN: clang-22 -std=c99 -I %t %S/Inputs/twice.c %t/libtwice.so -Wl,-rpath,%t -o %t/program && %t/program | FileCheck %s

// REQUIRES: avx2
//   SYMBOLS: _mlir_ciface_twice
// SYMBOLS-NOT: _mlir_ciface
// CHECK: 2 4 6 8
func.func @twice(%x: tensor<4xf32>) -> tensor<4xf32> {
  %out = tensor.empty() : tensor<4xf32>
  %y = linalg.add ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%out : tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
