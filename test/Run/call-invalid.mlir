// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/npy.py make %t/x.npy f4 "np.zeros((2, 3))"
// RUN: %python %S/Inputs/npy.py make %t/i.npy i4 "np.zeros((2, 3))"
// RUN: %python %S/Inputs/npy.py make %t/s.npy f4 "1"
// RUN: %python %S/Inputs/npy.py make %t/x4.npy f4 "np.zeros(4)"

// RUN: not ptq-run %s 2>&1 | FileCheck %s --check-prefix=ENTRY
// RUN: not ptq-run %s --entry=hidden 2>&1 | FileCheck %s --check-prefix=ENTRY
// ENTRY: ptq-run: error: expects --entry to be one of: takes, takes_scalar{{$}}

// RUN: not ptq-run %s --entry=takes --output=%t/y.npy 2>&1 | FileCheck %s --check-prefix=ARITY
// ARITY: ptq-run: error: entry point 'takes': expects 1 inputs, but got 0
// RUN: not ptq-run %s --entry=takes --input=%t/x.npy --output=%t/y.npy 2>&1 | FileCheck %s --check-prefix=SHAPE
// SHAPE: ptq-run: error: entry point 'takes': expects tensor<?x4xf32> as input 0, but got 2x3xf32
// RUN: not ptq-run %s --entry=takes --input=%t/i.npy --output=%t/y.npy 2>&1 | FileCheck %s --check-prefix=TYPE
// TYPE: ptq-run: error: entry point 'takes': expects tensor<?x4xf32> as input 0, but got 2x3xi32
// RUN: not ptq-run %s --entry=takes_scalar --input=%t/x.npy 2>&1 | FileCheck %s --check-prefix=SCALAR
// SCALAR: ptq-run: error: entry point 'takes_scalar': expects f32 as input 0, but got 2x3xf32
// RUN: not ptq-run %s --entry=takes --input=%t/x.npy 2>&1 | FileCheck %s --check-prefix=OUTPUTS
// OUTPUTS: ptq-run: error: expects --output once for each of 1 results, but got 0
// No call, no file.
// RUN: not ls %t/y.npy

func.func @takes(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  return %x : tensor<?x4xf32>
}
func.func @takes_scalar(%x: f32) {
  return
}
func.func private @hidden() {
  return
}

// RUN: not ptq-run %t/none.mlir 2>&1 | FileCheck %s --check-prefix=FILE
// FILE: ptq-run: error: cannot open input file '{{.*}}none.mlir': No such file or directory
// RUN: not ptq-run %t/x.npy 2>&1 | FileCheck %s --check-prefix=TEXT
// TEXT: ptq-run: error: cannot read the module '{{.*}}x.npy'
// RUN: not ptq-run %s --entry=takes_scalar --input=%t/s.npy --cpu=i486 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: error: expects an x86 CPU with avx2, fma and f16c (x86-64-v3), but got 'i486'
// CPU: ptq-run: error: cannot lower the module to LLVM
// RUN: echo 'module attributes {ptq.target = {triple = "x86_64-linux-gnu", cpu = "x86-64-v3", features = ""}} {}' > %t/bare.mlir
// RUN: not ptq-run %t/bare.mlir 2>&1 | FileCheck %s --check-prefix=BARE
// BARE: ptq-run: error: expects a module with public functions, before ptq-to-llvm or with the attribute 'ptq.entry_points' that it leaves

// What a lowered module says of itself has to be so.
// RUN: ptq-opt %s --ptq-to-llvm -o %t/lowered.mlir
// RUN: sed 's/arguments = .f32./arguments = [tensor<4xf32>]/' %t/lowered.mlir > %t/lies.mlir
// RUN: not cmp %t/lowered.mlir %t/lies.mlir
// RUN: not ptq-run %t/lies.mlir --entry=takes_scalar --input=%t/x4.npy 2>&1 | FileCheck %s --check-prefix=LIES
// LIES: ptq-run: error: expects a module that defines '_mlir_ciface_takes_scalar' as ptq.entry_points say
