// RUN: ptq-opt %s --ptq-bind-parameters | FileCheck %s

// A function needs what it loads, then what its callees need, once each.
// CHECK: module attributes {ptq.entry_points = {model = {
// CHECK-SAME: arguments = [tensor<4xf32>, memref<4xf32>]
// CHECK-SAME: parameters = [{symbol = "first", type = tensor<4xf32>, value = #ptq.external<"m.safetensors", "a">}, {symbol = "second", {{.*}}}]
// CHECK-SAME: results = [tensor<4xf32>]}}}
// CHECK-NOT: ml_program
module {
  ml_program.global private @first(#ptq.external<"m.safetensors", "a">) : tensor<4xf32>
  ml_program.global private @second(#ptq.external<"m.safetensors", "b">) : tensor<4xf32>
  ml_program.global private @inline(dense<2.0> : tensor<4xf32>) : tensor<4xf32>

  // CHECK-LABEL: func.func @model
  //  CHECK-SAME: (%[[X:.+]]: tensor<4xf32>, %{{.+}}: memref<4xf32>, %[[A:.+]]: tensor<4xf32>, %[[B:.+]]: tensor<4xf32>)
  //  CHECK-SAME: attributes {llvm.emit_c_interface}
  //       CHECK: call @layer(%[[X]], %[[B]], %[[A]])
  //       CHECK: arith.addf %{{.+}}, %[[A]]
  func.func @model(%x: tensor<4xf32>, %state: memref<4xf32>) -> tensor<4xf32> {
    %y = call @layer(%x) : (tensor<4xf32>) -> tensor<4xf32>
    %a = ml_program.global_load_const @first : tensor<4xf32>
    %z = arith.addf %y, %a : tensor<4xf32>
    return %z : tensor<4xf32>
  }

  // CHECK-LABEL: func.func private @layer
  //  CHECK-SAME: (%{{.+}}: tensor<4xf32>, %[[B:.+]]: tensor<4xf32>, %[[A:.+]]: tensor<4xf32>)
  //   CHECK-NOT: emit_c_interface
  //       CHECK: %[[C:.+]] = arith.constant dense<2.0
  //       CHECK: arith.mulf %{{.+}}, %[[B]]
  //       CHECK: arith.mulf %{{.+}}, %[[A]]
  //       CHECK: arith.mulf %{{.+}}, %[[C]]
  func.func private @layer(%x: tensor<4xf32>) -> tensor<4xf32> {
    %b = ml_program.global_load_const @second : tensor<4xf32>
    %a = ml_program.global_load_const @first : tensor<4xf32>
    %c = ml_program.global_load_const @inline : tensor<4xf32>
    %0 = arith.mulf %x, %b : tensor<4xf32>
    %1 = arith.mulf %0, %a : tensor<4xf32>
    %2 = arith.mulf %1, %c : tensor<4xf32>
    return %2 : tensor<4xf32>
  }
}
