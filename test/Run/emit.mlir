// RUN: rm -rf %t && mkdir %t

// RUN: ptq-run %s --emit=llvm -o %t/f.ll --target=x86_64-linux-gnu
// RUN: FileCheck %s --check-prefix=LLVM < %t/f.ll
// LLVM: target triple = "x86_64-unknown-linux-gnu"
// LLVM: define {{.*}}@_mlir_ciface_scales({{.*}}
// LLVM-NOT: define {{.*}}@scales(

// RUN: ptq-run %s --emit=asm -o %t/f.s --target=x86_64-linux-gnu
// RUN: FileCheck %s --check-prefix=ASM < %t/f.s
// ASM: .globl _mlir_ciface_scales
// ASM: vmulps {{.*}}%ymm

// RUN: ptq-run %s --emit=asm -o - --target=x86_64-linux-gnu --cpu=znver5 | FileCheck %s --check-prefix=WIDE
// WIDE: vmulps {{.*}}%zmm
// RUN: ptq-run %s --emit=asm -o - --target=x86_64-linux-gnu --features=-avx2,+avx2 | FileCheck %s --check-prefix=ASM

// RUN: ptq-run %s --emit=obj -o %t/f.o --target=x86_64-linux-gnu
// RUN: llvm-readobj -h --symbols %t/f.o | FileCheck %s --check-prefix=OBJECT
// OBJECT: Type: Relocatable
// OBJECT: Name: _mlir_ciface_scales
// RUN: ls %t/f.h

// RUN: ptq-run %s --emit=shared -o %t/libf.so --target=x86_64-linux-gnu
// RUN: llvm-readobj -h --dynamic-table --dyn-symbols %t/libf.so | FileCheck %s --check-prefix=SHARED
// SHARED: Type: SharedObject
// SHARED-DAG: SONAME {{.*}}libf.so
// SHARED-DAG: Name: _mlir_ciface_scales
// RUN: ls %t/libf.h

// Nothing is left of what could not be finished.
// RUN: not ptq-run %s --emit=obj -o %t/none/f.o 2>&1 | FileCheck %s --check-prefix=FOLDER
// FOLDER: ptq-run: error: {{.*}}none/f.o: No such file or directory
// RUN: mkdir %t/empty
// RUN: env PATH=%t/empty %build_dir/bin/ptq-run %s --emit=shared -o %t/empty/libf.so > %t/log 2>&1 || true
// RUN: FileCheck %s --check-prefix=LINKER < %t/log
// LINKER: ptq-run: error: expects ld.lld-22 or ld.lld on PATH to link a shared library
// RUN: ls %t/empty | count 0

// RUN: not ptq-run %s --emit=obj -o %t/g.o --target=none-elf 2>&1 | FileCheck %s --check-prefix=TRIPLE
// TRIPLE: error: expects a triple that LLVM knows, but got 'none-elf'
// RUN: not ls %t/g.o

func.func @scales(%x: tensor<64xf32>, %s: tensor<64xf32>) -> tensor<64xf32> {
  %empty = tensor.empty() : tensor<64xf32>
  %y = linalg.mul ins(%x, %s : tensor<64xf32>, tensor<64xf32>) outs(%empty : tensor<64xf32>) -> tensor<64xf32>
  return %y : tensor<64xf32>
}
