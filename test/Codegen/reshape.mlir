// RUN: ptq-opt %s --ptq-to-llvm | FileCheck %s

// A shape that is known at run time only: sizes are read from the operand.
// CHECK-LABEL: llvm.func @dynamic_shape
//   CHECK-NOT:   memref.reshape
func.func @dynamic_shape(%x: tensor<?x?xf32>, %shape: tensor<3xindex>) -> tensor<?x?x?xf32> {
  %y = tensor.reshape %x(%shape) : (tensor<?x?xf32>, tensor<3xindex>) -> tensor<?x?x?xf32>
  return %y : tensor<?x?x?xf32>
}
