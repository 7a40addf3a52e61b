// RUN: ptq-opt %s --split-input-file --ptq-to-linalg | mlir-opt --split-input-file | FileCheck %s

// CHECK: #[[EXTERN:.+]] = #ml_program.extern : tensor<2x4xi8>
// CHECK: ml_program.global private @weight(#[[EXTERN]]) : tensor<2x4xi8> {ptq.file = "model.safetensors", ptq.key = "head"}
ml_program.global private @weight(#ptq.external<"model.safetensors", "head">) : tensor<2x4xi8>

// CHECK: ml_program.global private @inline(dense<1.000000e+00> : tensor<2x1xf32>) : tensor<2x1xf32>
ml_program.global private @inline(dense<1.0> : tensor<2x1xf32>) : tensor<2x1xf32>

// CHECK-LABEL: func.func @loads_stay
//       CHECK:   ml_program.global_load_const @weight : tensor<2x4xi8>
func.func @loads_stay() -> tensor<2x4xi8> {
  %w = ml_program.global_load_const @weight : tensor<2x4xi8>
  return %w : tensor<2x4xi8>
}

// CHECK-LABEL: func.func @constants_are_inlined
//       CHECK:   arith.constant dense<1.000000e+00> : tensor<2x1xf32>
//   CHECK-NOT:   global_load_const
//       CHECK:   return
func.func @constants_are_inlined() -> tensor<2x1xf32> {
  %s = ml_program.global_load_const @inline : tensor<2x1xf32>
  return %s : tensor<2x1xf32>
}

// -----

// What was exported stays as it is.

#extern = #ml_program.extern : tensor<2x4xi8>

// CHECK: #[[EXTERN:.+]] = #ml_program.extern : tensor<2x4xi8>
// CHECK: ml_program.global private @weight(#[[EXTERN]]) : tensor<2x4xi8> {ptq.file = "model.safetensors", ptq.key = "head"}
ml_program.global private @weight(#extern) : tensor<2x4xi8> {ptq.file = "model.safetensors", ptq.key = "head"}
