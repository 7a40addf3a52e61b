// RUN: ptq-opt %s --canonicalize --cse --symbol-dce --remove-dead-values --loop-invariant-code-motion --inline | FileCheck %s

// An observer has no result and reads nothing: no pass may think it is dead,
// that two are one, or that one in a loop need not run each time.

// CHECK: ptq.statistics @x
ptq.statistics @x : tensor<4xf32> observers [#ptq.minmax]

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>, %[[N:.*]]: index)
// CHECK-NEXT: constant
// CHECK-NEXT: constant
// CHECK-NEXT: ptq.observe %[[X]], @x
// CHECK-NEXT: ptq.observe %[[X]], @x
// CHECK-NEXT: ptq.observe %[[X]], @x
// CHECK-NEXT: scf.for
// CHECK-NEXT:   ptq.observe %[[X]], @x
// CHECK-NEXT: }
// CHECK-NEXT: return %[[X]]
func.func @f(%x: tensor<4xf32>, %n: index) -> tensor<4xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %unused = arith.addi %n, %one : index
  ptq.observe %x, @x : tensor<4xf32>
  ptq.observe %x, @x : tensor<4xf32>
  call @inlined(%x) : (tensor<4xf32>) -> ()
  scf.for %i = %zero to %n step %one {
    ptq.observe %x, @x : tensor<4xf32>
  }
  return %x : tensor<4xf32>
}

func.func private @inlined(%x: tensor<4xf32>) {
  ptq.observe %x, @x : tensor<4xf32>
  return
}
