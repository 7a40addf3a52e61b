// RUN: ptq-opt %s --ptq-to-llvm=packs-on-load -o %t.mlir
// RUN: not ptq-run %t.mlir --emit=obj -o %t.o 2>&1 | FileCheck %s
// RUN: not ls %t.o
// REQUIRES: avx2

// Nobody packs the parameters of an object.
// CHECK: ptq-run: error: expects parameters in files, but got 'w.packed', which has to be packed when it is loaded
ml_program.global private @w(#ptq.external<"m.safetensors", "w">) : tensor<32x64xbf16>

func.func @f(%x: tensor<?x64xf32>, %empty: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %w = ml_program.global_load_const @w : tensor<32x64xbf16>
  %y = ptq.matmul ins(%x, %w : tensor<?x64xf32>, tensor<32x64xbf16>)
         outs(%empty : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
