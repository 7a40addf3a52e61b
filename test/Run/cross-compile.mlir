// Code for Arm, made and linked here, gives what code for this machine gives.
// REQUIRES: qemu-aarch64
// RUN: rm -rf %t && mkdir %t
// RUN: ptq-run %s --emit=obj -o %t/libsums.o --target=aarch64-linux-gnu
// RUN: llvm-readobj -h %t/libsums.o | FileCheck %s --check-prefix=ARCH
// RUN: aarch64-linux-gnu-gcc -std=c99 -Wall -Wextra -pedantic -Werror -I %t %S/Inputs/header.c %S/Inputs/serial-openmp.c %t/libsums.o -static -o %t/program
// RUN: qemu-aarch64 %t/program | FileCheck %s
// RUN: ptq-run %s --emit=shared -o %t/libsums.so --target=aarch64-linux-gnu --cpu=neoverse-n1
// RUN: llvm-readobj -h %t/libsums.so | FileCheck %s --check-prefix=ARCH
// RUN: aarch64-linux-gnu-gcc -std=c99 -I %t %S/Inputs/header.c %S/Inputs/serial-openmp.c %t/libsums.so -Wl,-rpath,%t -o %t/shared
// RUN: qemu-aarch64 -L /usr/aarch64-linux-gnu -cpu neoverse-n1 %t/shared | FileCheck %s

// ARCH: Arch: aarch64
// CHECK: sum 15
// CHECK: count 6
// CHECK: cache 1 2
// CHECK: doubled 2 4
func.func @sums(%x: tensor<?x?xf32>, %cache: memref<2xi32>) -> (tensor<f32>, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1 : i32
  %two = arith.constant 2 : i32
  memref.store %one, %cache[%c0] : memref<2xi32>
  memref.store %two, %cache[%c1] : memref<2xi32>
  %empty = tensor.empty() : tensor<f32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<f32>) -> tensor<f32>
  %sum = linalg.reduce { arith.addf } ins(%x : tensor<?x?xf32>) outs(%init : tensor<f32>) dimensions = [0, 1]
  %rows = tensor.dim %x, %c0 : tensor<?x?xf32>
  %columns = tensor.dim %x, %c1 : tensor<?x?xf32>
  %count = arith.muli %rows, %columns : index
  return %sum, %count : tensor<f32>, index
}

ml_program.global private @w(#ptq.external<"m.safetensors", "w">) : tensor<2xf32>
func.func @weighs.all() -> tensor<2xf32> {
  %w = ml_program.global_load_const @w : tensor<2xf32>
  %empty = tensor.empty() : tensor<2xf32>
  %y = linalg.add ins(%w, %w : tensor<2xf32>, tensor<2xf32>) outs(%empty : tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}
