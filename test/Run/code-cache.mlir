// Compiled code is kept from run to run, under a key of all that it depends on.

// RUN: rm -rf %t && mkdir %t
// RUN: %python -c 'import numpy; numpy.save("%t/x.npy", numpy.arange(8, dtype="f4").reshape(2, 4))'

// Two runs share a file, also where the code comes from another place.
// RUN: env PTQ_CODE_CACHE=%t/cache ptq-run %s --input=%t/x.npy --output=%t/1.npy
// RUN: cp %s %t/copy.mlir
// RUN: env PTQ_CODE_CACHE=%t/cache ptq-run %t/copy.mlir --input=%t/x.npy --output=%t/2.npy
// RUN: ls %t/cache | grep -c '^llvmcache-' | FileCheck %s --check-prefix=ONE
// RUN: cmp %t/1.npy %t/2.npy
// ONE: {{^1$}}

// Another CPU has another, and so has another module.
// RUN: env PTQ_CODE_CACHE=%t/cache ptq-run %s --features=-fma4 --input=%t/x.npy --output=%t/3.npy
// RUN: sed 's/1.0/2.0/' %s >%t/other.mlir
// RUN: env PTQ_CODE_CACHE=%t/cache ptq-run %t/other.mlir --input=%t/x.npy --output=%t/4.npy
// RUN: ls %t/cache | grep -c '^llvmcache-' | FileCheck %s --check-prefix=THREE
// RUN: not cmp %t/1.npy %t/4.npy
// THREE: {{^3$}}

// A damaged file is written again.
// RUN: %python -c 'import glob; [open(f, "r+b").write(b"ptq") for f in glob.glob("%t/cache/llvmcache-*")]'
// RUN: env PTQ_CODE_CACHE=%t/cache ptq-run %s --input=%t/x.npy --output=%t/5.npy 2>&1 | FileCheck %s --check-prefix=DAMAGED
// RUN: env PTQ_CODE_CACHE=%t/cache ptq-run %s --input=%t/x.npy --output=%t/6.npy 2>&1 | count 0
// RUN: cmp %t/1.npy %t/5.npy && cmp %t/1.npy %t/6.npy
// DAMAGED: warning: compiles again, since '{{.*}}llvmcache-{{[0-9a-f]+}}' is damaged

// So is an empty one; a folder that cannot be made is said, and done without.
// RUN: %python -c 'import glob; [open(f, "wb") for f in glob.glob("%t/cache/llvmcache-*")]'
// RUN: env PTQ_CODE_CACHE=%t/cache ptq-run %s --input=%t/x.npy --output=%t/7.npy 2>&1 | FileCheck %s --check-prefix=DAMAGED
// RUN: env PTQ_CODE_CACHE=%t/x.npy/cache ptq-run %s --input=%t/x.npy --output=%t/8.npy 2>&1 | FileCheck %s --check-prefix=UNUSABLE
// RUN: cmp %t/1.npy %t/7.npy && cmp %t/1.npy %t/8.npy
// UNUSABLE: warning: cannot keep compiled code in '{{.*}}x.npy/cache':

// There may be none.
// RUN: env PTQ_CODE_CACHE=off XDG_CACHE_HOME=%t/home ptq-run %s --input=%t/x.npy --output=%t/9.npy
// RUN: not ls %t/home
// RUN: env -u PTQ_CODE_CACHE XDG_CACHE_HOME=%t/home ptq-run %s --input=%t/x.npy --output=%t/9.npy
// RUN: ls %t/home/ptq | FileCheck %s --check-prefix=HOME
// HOME: llvmcache-

func.func @add(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %one = arith.constant 1.0 : f32
  %result = linalg.map ins(%x : tensor<2x?xf32>) outs(%x : tensor<2x?xf32>)
    (%in: f32, %init: f32) {
      %sum = arith.addf %in, %one : f32
      linalg.yield %sum : f32
    }
  return %result : tensor<2x?xf32>
}
