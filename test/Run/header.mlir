// The header declares what C99 calls: a program compiled against it gives the
// right sums.
// RUN: rm -rf %t && mkdir %t
// RUN: ptq-run %s --emit=shared -o %t/libsums.so
// RUN: FileCheck %s < %t/libsums.h
// RUN: clang-22 -std=c99 -Wall -Wextra -pedantic -Werror -I %t %S/Inputs/header.c %t/libsums.so -Wl,-rpath,%t -o %t/program
// RUN: %t/program | FileCheck %s --check-prefix=OUTPUT
// RUN: clang++-22 -std=c++17 -Wall -Wextra -pedantic -Werror -x c++ -fsyntax-only -include %t/libsums.h /dev/null

// OUTPUT: sum 15
// OUTPUT: count 6
// OUTPUT: cache 1 2
// OUTPUT: doubled 2 4

// CHECK: #ifndef PTQ_LIBSUMS_SO_H
// CHECK: #include <stdint.h>
// CHECK: typedef struct {
// CHECK-NEXT: float *allocated;
// CHECK-NEXT: float *aligned;
// CHECK-NEXT: int64_t offset;
// CHECK-NEXT: int64_t sizes[2];
// CHECK-NEXT: int64_t strides[2];
// CHECK-NEXT: } ptq_f32_array_2d;

// CHECK: } ptq_f32_array_0d;
// CHECK: ptq_f32_array_0d result0;
// CHECK-NEXT: int64_t result1;
// CHECK-NEXT: } ptq_sums_results;
// CHECK: /* sums
// CHECK-NEXT: argument0: tensor<?x?xf32>
// CHECK-NEXT: argument1: memref<2xi32>, read and written
// CHECK-NEXT: result0: tensor<f32>, the caller frees `allocated`
// CHECK-NEXT: result1: index
// CHECK: void _mlir_ciface_sums(ptq_sums_results *results,
// CHECK-NEXT: ptq_f32_array_2d *argument0,
// CHECK-NEXT: ptq_i32_array_1d *argument1);
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

// A name that C does not have keeps its symbol, and a parameter its file.
// CHECK: /* weighs.all
// CHECK-NEXT: parameter0: tensor<2xf32>, read only, tensor "w" of "m.safetensors"
// CHECK-NEXT: result0: tensor<2xf32>, the caller frees `allocated`
// CHECK: void _mlir_ciface_weighs_all(ptq_f32_array_1d *results,
// CHECK-NEXT: ptq_f32_array_1d *parameter0) __asm__("_mlir_ciface_weighs.all");
ml_program.global private @w(#ptq.external<"m.safetensors", "w">) : tensor<2xf32>
func.func @weighs.all() -> tensor<2xf32> {
  %w = ml_program.global_load_const @w : tensor<2xf32>
  %empty = tensor.empty() : tensor<2xf32>
  %y = linalg.add ins(%w, %w : tensor<2xf32>, tensor<2xf32>) outs(%empty : tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}
