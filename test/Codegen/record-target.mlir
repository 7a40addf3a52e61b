// RUN: ptq-opt %s --ptq-record-target=cpu=znver3 | FileCheck %s --check-prefix=ZEN
// RUN: ptq-opt %s --ptq-record-target="cpu=x86-64-v3 features=+avx512f,-bmi" | FileCheck %s --check-prefix=FEATURES
// RUN: ptq-opt %s --ptq-record-target="cpu=cortex-a72 triple=aarch64-linux-gnu" | FileCheck %s --check-prefix=ARM
// RUN: not ptq-opt %s --ptq-record-target=cpu=nehalem 2>&1 | FileCheck %s --check-prefix=OLD
// RUN: not ptq-opt %s --ptq-record-target=cpu=znver99 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not ptq-opt %s --ptq-record-target="cpu=znver3 features=-fma" 2>&1 | FileCheck %s --check-prefix=NOFMA
// RUN: not ptq-opt %s --ptq-record-target="triple=riscv64-linux-gnu cpu=generic-rv64" 2>&1 | FileCheck %s --check-prefix=RISCV
// RUN: not ptq-opt %s --ptq-record-target="triple=riscv64-linux-gnu" 2>&1 | FileCheck %s --check-prefix=FOREIGN

// ZEN: ptq.target = {cpu = "znver3", features = "", triple = "x86_64-
// FEATURES: ptq.target = {cpu = "x86-64-v3", features = "+avx512f,-bmi"
// ARM: llvm.target_triple = "aarch64-unknown-linux-gnu", ptq.target = {cpu = "cortex-a72"
// OLD: error: expects an x86 CPU with avx2, fma and f16c (x86-64-v3), but got 'nehalem'
// UNKNOWN: error: expects a CPU of 'x86_64', but got 'znver99'
// NOFMA: error: expects an x86 CPU with avx2, fma and f16c (x86-64-v3), but got 'znver3'
// RISCV: error: expects an x86_64 or aarch64 triple, but got 'generic-rv64'
// FOREIGN: error: expects the name of a CPU of 'riscv64-unknown-linux-gnu', but got 'host'
module {}
