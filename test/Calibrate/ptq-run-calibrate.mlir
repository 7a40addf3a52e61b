// Statistics of any module with .npy inputs: samples in shards, merged in any
// order, are the bytes of one run; a module's own observers are used.

// RUN: rm -rf %t && mkdir -p %t
// RUN: %python %S/Inputs/make-samples.py %t
// RUN: ptq-run %s --entry=fc --calibrate --input=%t/0.npy --input=%t/1.npy --input=%t/2.npy --input=%t/3.npy -o %t/whole.stats
// RUN: ptq-run %s --entry=fc --calibrate --input=%t/3.npy --input=%t/0.npy -o %t/a.stats
// RUN: ptq-run %s --entry=fc --calibrate --input=%t/1.npy --input=%t/2.npy -o %t/b.stats
// RUN: ptq-llm statistics merge %t/a.stats %t/b.stats -o %t/ab.stats
// RUN: ptq-llm statistics merge %t/b.stats %t/a.stats -o %t/ba.stats
// RUN: cmp %t/whole.stats %t/ab.stats
// RUN: cmp %t/whole.stats %t/ba.stats

// RUN: ptq-llm statistics show %t/whole.stats | FileCheck %s --check-prefix=TABLE
// TABLE: model {{[0-9a-f]+}}
// TABLE-NEXT: tensor channels samples tokens left out min max dead outlier
// TABLE-NEXT: fc.matmul.0.in 5 4 26 2 -6.000 9.500 1
// RUN: ptq-llm statistics show %t/whole.stats --json | FileCheck %s --check-prefix=JSON
// JSON: {"model":"{{[0-9a-f]+}}","tensors":[{"channels":5,"constant":false,"dead_channels":1,"linears":["fc.matmul.0"],"masked_rows":1,"max":9.5,"min":-6,"name":"fc.matmul.0.in","nonfinite_rows":1

// What was collected fits this module, and no other.
// RUN: ptq-opt %s --ptq-insert-observers=observers=minmax --ptq-import-statistics=file=%t/whole.stats --ptq-verify-calibrated | FileCheck %s --check-prefix=IMPORTED
// IMPORTED: ptq.statistics @fc.matmul.0.in : tensor<?x5xf32> observers [#ptq.minmax] linears ["fc.matmul.0"] samples(4) tokens(26) file("{{.*}}whole.stats")
// RUN: sed 's/dense<2.0>/dense<3.0>/' %s > %t/other.mlir
// RUN: not ptq-opt %t/other.mlir --ptq-insert-observers --ptq-import-statistics=file=%t/whole.stats 2>&1 | FileCheck %s --check-prefix=MODEL
// MODEL: error: {{.*}}whole.stats: expects statistics of this model, {{[0-9a-f]+}}, but they are of {{[0-9a-f]+}}
// RUN: not ptq-opt %t/other.mlir --ptq-insert-observers=skip-positions=1 --ptq-import-statistics="file=%t/whole.stats any-model" 2>&1 | FileCheck %s --check-prefix=SKIP
// SKIP: error: expects statistics that skip 1 positions, but got 0
// RUN: sed 's/func @fc/func @renamed/' %s > %t/renamed.mlir
// RUN: not ptq-opt %t/renamed.mlir --ptq-insert-observers --ptq-import-statistics="file=%t/whole.stats any-model" 2>&1 | FileCheck %s --check-prefix=SYMBOL
// SYMBOL: error: expects statistics of 'renamed.matmul.0.in' in {{.*}}whole.stats, but there are none
// RUN: not ptq-opt %s --ptq-insert-observers --ptq-verify-calibrated 2>&1 | FileCheck %s --check-prefix=VERIFY
// VERIFY: error: expects statistics that have been collected: import them with ptq-import-statistics
// RUN: head -c 700 %t/whole.stats > %t/truncated.stats
// RUN: not ptq-opt %s --ptq-insert-observers --ptq-import-statistics=file=%t/truncated.stats 2>&1 | FileCheck %s --check-prefix=TRUNCATED
// TRUNCATED: error: {{.*}}truncated.stats: 
// RUN: not ptq-llm statistics merge %t/whole.stats %t/truncated.stats -o %t/none.stats 2>&1 | FileCheck %s --check-prefix=TRUNCATED
// RUN: not ls %t/none.stats
// RUN: not ptq-opt %s --ptq-insert-observers --ptq-import-statistics 2>&1 | FileCheck %s --check-prefix=FILE
// FILE: error: expects file=, a file of statistics

// RUN: not ptq-run %s --entry=fc --calibrate -o %t/none.stats 2>&1 | FileCheck %s --check-prefix=INPUT
// INPUT: expects --input for each of 1 arguments of each sample, but got 0
// RUN: not ptq-run %s --entry=none --calibrate --input=%t/0.npy -o %t/none.stats 2>&1 | FileCheck %s --check-prefix=NOTHING
// NOTHING: expects 'none' to observe something
// RUN: not ptq-run %s --calibrate 2>&1 | FileCheck %s --check-prefix=OUTPUT
// OUTPUT: --calibrate expects -o

func.func @fc(%x: tensor<?x5xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<2.0> : tensor<2x5xf32>
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x5xf32>
  %empty = tensor.empty(%m) : tensor<?x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>
  %y = linalg.matmul
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %w : tensor<?x5xf32>, tensor<2x5xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

func.func @none(%x: tensor<?x5xf32>) -> tensor<?x5xf32> {
  return %x : tensor<?x5xf32>
}
