// Code for Android and for Apple: object file, symbols, header. Nothing is run.
// RUN: rm -rf %t && mkdir %t
// RUN: ptq-run %S/Inputs/one.mlir --emit=obj -o %t/android.o --target=aarch64-linux-android --cpu=cortex-a76
// RUN: llvm-readobj -h %t/android.o | FileCheck %s --check-prefix=ELF
// RUN: llvm-nm --defined-only %t/android.o | FileCheck %s --check-prefix=NAMES
// ELF: Format: elf64-littleaarch64
// NAMES: T _mlir_ciface_one
// RUN: ptq-run %S/Inputs/one.mlir --emit=obj -o %t/apple.o --target=arm64-apple-macos --cpu=apple-m1
// RUN: llvm-readobj -h %t/apple.o | FileCheck %s --check-prefix=MACHO
// RUN: llvm-nm --defined-only %t/apple.o | FileCheck %s --check-prefix=APPLE
// MACHO: Format: Mach-O arm64
// APPLE: T __mlir_ciface_one
// RUN: FileCheck %s --check-prefix=HEADER < %t/apple.h
// HEADER: void _mlir_ciface_one(
