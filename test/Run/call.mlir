// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/npy.py make %t/x.npy f4 "np.arange(6).reshape(2, 3)"
// RUN: %python %S/Inputs/npy.py make %t/w.npy f4 "np.ones((3, 2))"
// RUN: %python %S/Inputs/npy.py make %t/i.npy i8 "7"
// RUN: %python %S/Inputs/npy.py make %t/s.npy f4 "1.5"
// RUN: %python %S/Inputs/npy.py make %t/b.npy i1 "[1, -2, 3]"

// RUN: ptq-run %s --entry=multiplies --input=%t/x.npy --input=%t/w.npy --output=%t/y.npy
// RUN: %python %S/Inputs/npy.py show %t/y.npy | FileCheck %s --check-prefix=MULTIPLIES
// MULTIPLIES: float32 (2, 2) {{\[}}[3.0, 3.0], [12.0, 12.0]]
func.func @multiplies(%x: tensor<?x3xf32>, %w: tensor<3x2xf32>) -> tensor<?x2xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x3xf32>
  %empty = tensor.empty(%m) : tensor<?x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<?x3xf32>, tensor<3x2xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// The results of one call may share memory, with each other and with arguments.
// RUN: ptq-run %s --entry=returns_twice --input=%t/x.npy --output=%t/y0.npy --output=%t/y1.npy
// RUN: cmp %t/x.npy %t/y0.npy
// RUN: cmp %t/x.npy %t/y1.npy
func.func @returns_twice(%x: tensor<?x3xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>) {
  return %x, %x : tensor<?x3xf32>, tensor<?x3xf32>
}

// RUN: ptq-run %s --entry=returns_constant --output=%t/y.npy
// RUN: %python %S/Inputs/npy.py show %t/y.npy | FileCheck %s --check-prefix=CONSTANT
// CONSTANT: int32 (2,) [1, 2]
func.func @returns_constant() -> tensor<2xi32> {
  %c = arith.constant dense<[1, 2]> : tensor<2xi32>
  return %c : tensor<2xi32>
}

// RUN: ptq-run %s --entry=returns_scalar --input=%t/i.npy --input=%t/s.npy --output=%t/y.npy
// RUN: cmp %t/s.npy %t/y.npy
func.func @returns_scalar(%i: index, %x: f32) -> f32 {
  return %x : f32
}

// RUN: ptq-run %s --entry=mixes_kinds --input=%t/i.npy --input=%t/s.npy --input=%t/b.npy \
// RUN:   --output=%t/y0.npy --output=%t/y1.npy --output=%t/y2.npy --output=%t/y3.npy --output=%t/y4.npy
// RUN: %python %S/Inputs/npy.py show %t/y0.npy %t/y1.npy %t/y2.npy %t/y3.npy %t/y4.npy | FileCheck %s --check-prefix=MIXES
// MIXES: float32 () 3.0
// MIXES: int8 (3,) [1, -2, 3]
// MIXES: int64 () 7
// MIXES: bool () True
// MIXES: float32 () 1.5
func.func @mixes_kinds(%i: index, %x: f32, %t: tensor<3xi8>) -> (f32, tensor<3xi8>, index, i1, tensor<f32>) {
  %twice = arith.addf %x, %x : f32
  %true = arith.constant true
  %scalar = tensor.from_elements %x : tensor<f32>
  return %twice, %t, %i, %true, %scalar : f32, tensor<3xi8>, index, i1, tensor<f32>
}

// A memref is written in place.
// RUN: ptq-run %s --entry=writes_memref --input=%t/x.npy --output=%t/y.npy
// RUN: %python %S/Inputs/npy.py show %t/y.npy | FileCheck %s --check-prefix=WRITES
// WRITES: float32 () 9.0
func.func @writes_memref(%x: memref<2x3xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %nine = arith.constant 9.0 : f32
  memref.store %nine, %x[%c0, %c0] : memref<2x3xf32>
  %y = memref.load %x[%c0, %c0] : memref<2x3xf32>
  return %y : f32
}

// Bytecode is a module too.
// RUN: ptq-opt %s --emit-bytecode -o %t/m.mlirbc
// RUN: ptq-run %t/m.mlirbc --entry=returns_constant --output=%t/y.npy
// RUN: %python %S/Inputs/npy.py show %t/y.npy | FileCheck %s --check-prefix=CONSTANT
// And so is what is lowered already.
// RUN: ptq-opt %s --ptq-to-llvm -o %t/lowered.mlir
// RUN: ptq-run %t/lowered.mlir --entry=returns_constant --output=%t/y.npy
// RUN: %python %S/Inputs/npy.py show %t/y.npy | FileCheck %s --check-prefix=CONSTANT
