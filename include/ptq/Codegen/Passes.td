//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_CODEGEN_PASSES
#define PTQ_CODEGEN_PASSES

include "mlir/Pass/PassBase.td"

def RecordTarget : Pass<"ptq-record-target", "::mlir::ModuleOp"> {
  let summary = "Record the CPU that code is generated for";
  let description = [{
    | Requires    | a CPU that LLVM knows                                        |
    |-------------|--------------------------------------------------------------|
    | Establishes | `ptq.target = {triple, cpu, features}` on the module, and its `llvm.target_triple` |
    | Leaves      | everything else                                              |

    Later passes choose vector shapes from it, and whoever turns the module into
    machine code must use the same. `cpu = "host"` is the machine this runs on.
    x86 needs AVX2, FMA and F16C (x86-64-v3): without a fused multiply-add the
    exact arithmetic would be library calls. AArch64 needs NEON.
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"host\"",
           "Name of a CPU as LLVM spells it, or host">,
    Option<"features", "features", "std::string", "",
           "Features to add or remove, as LLVM writes them: +name,-name">,
    Option<"triple", "triple", "std::string", "",
           "Target triple; that of the host if empty">];
}

def BindParameters : Pass<"ptq-bind-parameters", "::mlir::ModuleOp"> {
  let summary = "Turn external globals into function arguments";
  let description = [{
    | Requires    | no recursion through functions that load globals            |
    |-------------|-------------------------------------------------------------|
    | Establishes | no `ml_program` op; public functions have a C interface; `ptq.entry_points` on the module |
    | Leaves      | function bodies                                             |

    A global whose value is `#ptq.external` or `#ptq.pack_on_load` becomes an extra trailing argument
    of every function that loads it: first those that the function loads
    itself, then those of its callees, each in order. Any other global becomes a constant where it is loaded.

    `ptq.entry_points` records the signature of every public function before
    tensors become buffers, so that a caller can bind files to arguments:

    ```
    ptq.entry_points = {decode = {
      arguments = [tensor<1xi64>, index], results = [tensor<1x512xf32>],
      parameters = [{symbol = "embedding", type = tensor<512x64xbf16>,
                     value = #ptq.external<"model.safetensors", "embedding">} ]}}
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect"];
}

def SelectKernels : Pass<"ptq-select-kernels", "::mlir::ModuleOp"> {
  let summary = "Choose an instruction set for each product";
  let description = [{
    | Requires    | products with weights, on tensors                            |
    |-------------|--------------------------------------------------------------|
    | Establishes | `ptq.packed_matmul`, of weights that `ptq.pack` has packed, where an instruction set of the CPU has a kernel |
    | Leaves      | other products, with a remark that says why: portable kernels take them |

    Products are `ptq.matmul`, and `linalg` products of f32 with transposed
    weights. Weights and scales have to be constants, in the module or, if
    `external` is true, in files, so that they are packed once.

    The instruction sets are those of `cpu` and `features`, else of the module's
    `ptq.target`, else of the host, the best first; `isa` names one whatever the
    CPU has.

    ```mlir
    %y = ptq.matmul ins(%q, %w : tensor<?x64x!a8>, tensor<32x64x!w8>)
           lhs(%s, sums %sum : tensor<?x1xf32>, tensor<?x1xi32>)
           rhs(%ws : tensor<32x1xf32>)
           outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
    ```
    becomes
    ```mlir
    %p = ptq.pack %w, %ws : tensor<32x64x!w8>, tensor<32x1xf32> -> tensor<2176xi8, #packed8>
    %y = ptq.packed_matmul ins(%q, %p : tensor<?x64x!a8>, tensor<2176xi8, #packed8>)
           lhs(%s, sums %sum : tensor<?x1xf32>, tensor<?x1xi32>)
           isa #ptq.isa<avx2>
           outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
    ```
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "",
           "Name of a CPU as LLVM spells it, or host">,
    Option<"features", "features", "std::string", "",
           "Features to add or remove, as LLVM writes them: +name,-name">,
    Option<"isa", "isa", "std::string", "",
           "Instruction set to choose: sse41, avx2, avxvnni, avx512vnni, neon, dotprod, i8mm or sve">,
    Option<"external", "external", "bool", "true",
           "Whether weights in files may be packed when they are loaded">];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::ptq::PTQDialect"];
}

def OutlineKernels : Pass<"ptq-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn products with weights into calls of kernels";
  let description = [{
    | Requires    | `ptq` ops, and `linalg` products with transposed weights, on tensors |
    |-------------|--------------------------------------------------------------|
    | Establishes | calls of private functions on memrefs, one for each distinct shape and format, declared with `ptq.kernel` |
    | Leaves      | formats without a kernel, with a remark: they are decomposed |

    Kernels take weights of `[N, K]` static elements: floats, 8-bit codes, one
    per byte, or 4-bit codes, packed, with constant zero points and any groups;
    activations are f32, or signed symmetric codes with one scale per row. The
    arithmetic is that of `ptq.matmul`, to the bit, for any number of rows and
    of threads.

    Each distinct `ptq.dynamic_quantize` becomes a function too, on tensors: a
    model has one before every linear.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect",
    "::mlir::tensor::TensorDialect"];
}

def EmitKernels : Pass<"ptq-emit-kernels", "::mlir::ModuleOp"> {
  let summary = "Emit the bodies of kernels";
  let description = [{
    | Requires    | functions that `ptq-outline-kernels` has declared            |
    |-------------|--------------------------------------------------------------|
    | Establishes | their bodies: `vector`, `scf` and `omp` ops for `ptq.target`, portable without one |
    | Leaves      | everything else                                              |

    With `emulates`, instructions of instruction sets are spelled out in ops
    that every CPU has, with the same bits: a kernel for any instruction set runs
    on any CPU, to be compared with the reference where there is no such machine.
  }];
  let options = [
    Option<"emulates", "emulates", "bool", "false",
           "Whether kernels compute what instructions of their instruction set do without using them">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::omp::OpenMPDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def Bufferize : Pass<"ptq-bufferize", "::mlir::ModuleOp"> {
  let summary = "Turn tensors into buffers, across functions";
  let description = [{
    | Requires    | tensors, no `ptq` op but `ptq.call_kernel`                   |
    |-------------|--------------------------------------------------------------|
    | Establishes | memrefs; public functions take and return contiguous ones    |
    | Leaves      | memref arguments, and ops on them                            |

    One-Shot Bufferize with function boundaries. Arguments of private functions
    may be slices of larger buffers (a layer of a cache): their innermost
    dimension is contiguous, the others have any stride, so that no slice is
    copied to be passed. Tensor arguments of public functions are never
    written.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect",
                           "::mlir::memref::MemRefDialect"];
}

def LowerLoops : Pass<"ptq-lower-loops", "::mlir::func::FuncOp"> {
  let summary = "Turn linalg on buffers into vector loops";
  let description = [{
    | Requires    | linalg on memrefs                                            |
    |-------------|--------------------------------------------------------------|
    | Establishes | no `linalg` op and no `memref.copy`, which would be a call; loops of 16 lanes, shared by threads where there is enough work |
    | Leaves      | everything else                                              |

    The lanes run along a dimension in which memory is written in order, or in
    which a reduction reads it in order. A reduction in lanes keeps 16 partial
    results, by index modulo 16, and combines them by halves, on every CPU;
    every other reduction goes in ascending order. Bodies that have no form on
    vectors become scalar loops.
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
    "::mlir::omp::OpenMPDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
}

def AccessAsIntegers : Pass<"ptq-access-as-integers"> {
  let summary = "Load and store narrow floats as integers";
  let description = [{
    | Requires    | loads and stores, of scalars or vectors, on memrefs          |
    |-------------|--------------------------------------------------------------|
    | Establishes | none of them on a float of 16 bits or fewer, but on integers of the same width, with an `arith.bitcast` |
    | Leaves      | everything else                                              |

    The x86 backend keeps a scalar bf16 as f32 and converts it back by a call,
    even if all that is done with it is a bitcast.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def ExpandMath : Pass<"ptq-expand-math"> {
  let summary = "Turn mathematical functions into polynomials";
  let description = [{
    | Requires    | scalars or vectors of floats                                 |
    |-------------|--------------------------------------------------------------|
    | Establishes | no `math` op that would be a library call; `arith` conversions of bf16 and f8E8M0FNU as integer ops |
    | Leaves      | f64                                                          |

    `exp`, `sin`, `cos` and `rsqrt` of f32 are exactly specified: the same bits
    on every CPU, in a vector or not. `sin` and `cos` are accurate to 2^20 in
    magnitude. f16 and bf16 are computed in f32.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

def AttachTarget : Pass<"ptq-attach-target", "::mlir::ModuleOp"> {
  let summary = "Give every function the CPU of the module";
  let description = [{
    | Requires    | `llvm.func`, and `ptq.target` on the module                  |
    |-------------|--------------------------------------------------------------|
    | Establishes | `target_cpu` and `target_features` on every defined function |
    | Leaves      | everything else                                              |
  }];
}

def AnnotateLoops : Pass<"ptq-annotate-loops", "::mlir::ModuleOp"> {
  let summary = "Give LLVM the annotations of loops";
  let description = [{
    | Requires    | `llvm` ops                                                   |
    |-------------|--------------------------------------------------------------|
    | Establishes | `llvm.loop_annotation` of an `scf.for` is the `loop_annotation` of the branch that repeats it |
    | Leaves      | everything else                                              |

    The conversion of `scf.for` copies it to the branch, but as an attribute of
    no meaning, which the translation to LLVM IR drops.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def VerifyLLVM : Pass<"ptq-verify-llvm", "::mlir::ModuleOp"> {
  let summary = "Check that only LLVM and OpenMP ops are left";
  let description = [{
    | Requires    | nothing                                                      |
    |-------------|--------------------------------------------------------------|
    | Establishes | an error for every op that is not of the `llvm` or `omp` dialect, for every call of a mathematical library function, and for every intrinsic that would become one |
    | Leaves      | the module as it is                                          |
  }];
}

#endif // PTQ_CODEGEN_PASSES
